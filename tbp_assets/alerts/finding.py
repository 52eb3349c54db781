"""Finds what is wrong in a situation, and what no longer is. Pure; what was told before is the ledger's to know.

An identity says when two sightings are one trouble: a day that keeps failing in the same state is told once until it is
repaired, however many runs try it; a run that failed by itself is told by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Final, Literal

from tbp_assets.alerts.pages import check_page, day_page, run_page
from tbp_assets.alerts.situation import CheckResult, FailedRun, Situation
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.sessions import EXCHANGE_ZONE
from tbp_assets.bars.universe import Universe, few
from tbp_assets.settings.alerts import AlertKind
from tbp_assets.storage.alerts import Alert, StandingAlert

CheckSeverity = Literal["warn", "error"]
FEW_TICKERS: Final = 8


def clock(moment: datetime) -> str:
    """Return a moment as the exchange's clock shows it."""
    return f"{moment.astimezone(EXCHANGE_ZONE):%Y-%m-%d %H:%M} New York"


def alerts_of(
    situation: Situation, universe: Universe, *, kinds: Iterable[str], severity: CheckSeverity
) -> list[Alert]:
    """Return what is wrong, each trouble once, by kind and then oldest first.

    Args:
        situation: What is known.
        universe: Tickers whose restatement is told.
        kinds: What is to be told at all.
        severity: The least of a check that is told.
    """
    finders: dict[AlertKind, Callable[[], Iterator[Alert]]] = {
        "missing_day": lambda: _missing(situation),
        "held_day": lambda: _held(situation),
        "run_failure": lambda: _failed(situation),
        "retries_exhausted": lambda: _given_up(situation),
        "check_failure": lambda: _unchecked(situation, severity),
        "restatement": lambda: _restated(situation, universe),
    }
    chosen = set(kinds)
    found = [alert for kind, find in finders.items() if kind in chosen for alert in find()]
    found = [alert for alert in found if alert.kind != "check_failure" or not _told(alert, found)]
    # The newest sighting of a trouble speaks for it, in the place of the oldest.
    return list({alert.identity: alert for alert in found}.values())


def _missing(situation: Situation) -> Iterator[Alert]:
    for day in sorted(situation.watched):
        state, due = situation.states[day], situation.expectation.due(day)
        if state.state == "missing" and situation.now >= due and day not in situation.running:
            what = f"{day}: {state.detail}; due since {clock(due)}"
            yield Alert("missing_day", f"missing {day}", what, situation.now, (day,), day_page(day))


def _held(situation: Situation) -> Iterator[Alert]:
    for day in sorted(situation.states):
        lake = situation.days[day].lake
        if situation.states[day].state == "held" and lake:
            # Each file that is held is told; the same one is told once, however often it is judged.
            identity = f"held {day} {lake.source_sha256[:12]}"
            yield Alert("held_day", identity, f"{day}: {lake.cause}", lake.validated_at, (day,), day_page(day))


def _failed(situation: Situation) -> Iterator[Alert]:
    for run in situation.failed_runs:
        for alert in _of_run(run):
            if not _repaired(situation, alert.days, since=run.ended_at):
                yield alert


def _of_run(run: FailedRun) -> Iterator[Alert]:
    job = "" if run.job.startswith("__") else f" of {run.job}"
    name, page = f"run {run.run_id[:8]}{job}, {clock(run.ended_at)}", run_page(run.run_id)
    for day, state in sorted(run.left_open.items()):
        if state.state not in {"late", "held"}:
            identity = f"failed {day} {state.state}"
            yield Alert("run_failure", identity, f"{day} {state}: {name}", run.ended_at, (day,), page, run.run_id)
    if run.causes:
        what = f"{'; '.join(run.causes)}: {name}{_about(run.days)}"
        yield Alert("run_failure", f"run {run.run_id}", what, run.ended_at, run.days, page, run.run_id)


def _about(days: Sequence[date]) -> str:
    if len(days) > 1:
        return f", trading dates {days[0]} to {days[-1]}"
    return f", trading date {days[0]}" if days else ""


def _given_up(situation: Situation) -> Iterator[Alert]:
    for row in situation.given_up:
        what = (
            f"{row.date}: {row.error_type}, {row.attempts} attempts since {clock(row.created_at)}: {row.error_message}"
        )
        identity = f"attempts of failure {row.id}"
        yield Alert(
            "retries_exhausted", identity, what, row.last_attempt_at, (row.date,), run_page(row.run_id), row.run_id
        )


def _unchecked(situation: Situation, severity: CheckSeverity) -> Iterator[Alert]:
    for found in sorted(situation.checks.values(), key=lambda each: (each.day or date.max, each.key)):
        if not found.passed and severity in {found.severity, "warn"}:
            day = f"{found.day}: " if found.day else ""
            what = f"{day}{found.check} of {found.asset}: {found.description} ({found.severity}, {clock(found.at)})"
            page = check_page(found.asset, found.check)
            days = (found.day,) if found.day else ()
            yield Alert("check_failure", _identity(found), what, found.at, days, page, found.run_id)


def _told(check: Alert, found: Sequence[Alert]) -> bool:
    """Whether another alert says of the day what the check does: that its run left it open, or that it is held."""
    others = [each for each in found if check.days and each.days == check.days]
    return any(
        (each.kind == "run_failure" and each.run_id == check.run_id)
        or (each.kind == "held_day" and each.what.partition(": ")[2] in check.what)
        for each in others
    )


def _identity(found: CheckResult) -> str:
    return f"{found.key} {found.severity}"


def _restated(situation: Situation, universe: Universe) -> Iterator[Alert]:
    for batch_id, group in groupby(situation.restated, key=lambda bars: bars.batch_id):
        causes = list(group)
        load = causes[0]
        listed = None if universe.everything else set(universe.tickers(load.trading_date))
        inside = {each.change: [t for t in each.tickers if listed is None or t in listed] for each in causes}
        said = [f"{change}: {few(tickers, FEW_TICKERS)}" for change, tickers in inside.items() if tickers]
        if said:
            what = f"{load.trading_date}: {'; '.join(said)} (load {batch_id}, {clock(load.loaded_at)})"
            page, days = day_page(load.trading_date), (load.trading_date,)
            yield Alert("restatement", f"load {batch_id}", what, load.loaded_at, days, page, load.run_id)


def ended(standing: Iterable[StandingAlert], situation: Situation) -> list[StandingAlert]:
    """Return what was told and is repaired: its days are closed, its check passes."""
    return [alert for alert in standing if _over(alert, situation)]


def _over(alert: StandingAlert, situation: Situation) -> bool:
    if alert.kind == "check_failure":
        newest = situation.checks.get(alert.identity.rsplit(" ", 1)[0])
        return newest is not None and (newest.passed or _identity(newest) != alert.identity)
    if alert.kind == "run_failure":
        return _repaired(situation, alert.days, since=alert.happened_at)
    return _closed(situation, alert.days)


def _closed(situation: Situation, days: Sequence[date]) -> bool:
    return bool(days) and all(day in situation.states and not situation.states[day].open for day in days)


def _repaired(situation: Situation, days: Sequence[date], *, since: datetime) -> bool:
    """Whether days are closed, and one was worked on since: those of a run that failed may have been closed before."""
    return _closed(situation, days) and any(_touched(situation.days[day]) > since for day in days)


def _touched(facts: DayFacts) -> datetime:
    moments = (
        facts.landing and facts.landing.asked_at,
        facts.lake and facts.lake.validated_at,
        facts.load and facts.load.loaded_at,
        facts.quality and facts.quality.measured_at,
    )
    return max((moment for moment in moments if moment), default=datetime.min.replace(tzinfo=UTC))
