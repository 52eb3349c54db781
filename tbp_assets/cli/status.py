"""`tbp status`: the state of every trading date in a range, from facts alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tbp_assets.bars.day_state import DayState, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.rules import judged_otherwise
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.cli.backfill_plan import days_of
from tbp_assets.cli.failures import summary_line
from tbp_assets.cli.output import out, print_json, span, table
from tbp_assets.cli.session import Session
from tbp_assets.storage.failed_downloads import FailedDownloads

SHOWN_WHOLE = 45


@dataclass(frozen=True, slots=True)
class _Outdated:
    """Days that are closed and call for another run all the same: by universe, by rules, by what quality rests on."""

    universe: list[date]
    rules: list[date]
    quality: list[date]


def status(first: date | None, last: date | None, *, as_json: bool = False) -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    chosen = first is not None
    first, last = _range(session, first, last)
    days = days_of(session, first, last)
    facts = session.facts(first, last)
    expectation, now = session.expectation(days), datetime.now(UTC)
    states = {day: day_state(facts[day], expectation, now) for day in days}
    elsewhere = [
        day for day in days if (load := facts[day].load) and load.universe_hash != session.settings.universe.hash
    ]
    judged = [day for day in days if judged_otherwise(facts[day])]
    measured = session.measuring.outdated(list(facts.values()))
    if as_json:
        print_json(_as_json(session, facts, states, _Outdated(elsewhere, judged, measured)))
    else:
        _show(session, facts, states, chosen=chosen)
        _show_outdated(session, _Outdated(elsewhere, judged, measured))
    return 0


def _range(session: Session, first: date | None, last: date | None) -> tuple[date, date]:
    newest = exchange_date(datetime.now(UTC)) - timedelta(days=1)
    start = session.settings.pipeline.partitions.start_date
    last = last or newest
    if first is None:
        known = session.known_days()
        window = last - timedelta(days=session.settings.pipeline.schedule.look_back_days)
        first = max(min([window, *known]), start)
    return first, last


def _row(facts: DayFacts, state: DayState) -> list[object]:
    lake, load = facts.lake, facts.load
    file = facts.landing.file if facts.landing else None
    return [
        facts.trading_date,
        state.state,
        file.lines if file else None,
        lake.accepted if lake else None,
        lake.quarantined if lake else None,
        load.selected if load else None,
        load.universe if load else "",
        state.detail,
    ]


def _show(
    session: Session,
    facts: dict[date, DayFacts],
    states: dict[date, DayState],
    *,
    chosen: bool,
) -> None:
    out.print(session.route)
    shown = _worth_showing(session, facts, chosen=chosen)
    columns = ["trading date", "state", "lines", "accepted", "quarantined", "loaded", "universe", ""]
    out.print(table(columns, [_row(facts[day], states[day]) for day in shown]))
    if len(shown) < len(states):
        out.print(f"({len(states) - len(shown)} more days are counted below; --from and --to choose, --json lists all)")
    counts = Counter(state.state for state in states.values())
    out.print(", ".join(f"{count:,} {state}" for state, count in counts.most_common()))
    open_days = [day for day, state in states.items() if state.open]
    if open_days:
        out.print(f"open: {span(open_days, among=[day for day in states if states[day].state != 'holiday'])}")
    failed = FailedDownloads(session.database, session.dataset, session.data_source).summary()
    if failed:
        out.print(f"{summary_line(failed)}. `tbp failures` lists them")


def _show_outdated(session: Session, outdated: _Outdated) -> None:
    elsewhere, judged, measured = outdated.universe, outdated.rules, outdated.quality
    if elsewhere:
        out.print(
            f"loaded under another universe than {session.settings.universe.name!r}: {span(elsewhere)}. "
            f"`tbp backfill {elsewhere[0]} {elsewhere[-1]}` loads them again from the lake"
        )
    if judged:
        out.print(
            f"judged by other rules than today's: {span(judged)}. "
            f"`tbp backfill {judged[0]} {judged[-1]}` judges them again from the landed files"
        )
    if measured:
        out.print(
            f"quality not measured, or before earlier days or settings changed: {span(measured)}. "
            f"`tbp backfill {measured[0]} {measured[-1]}` measures them again"
        )


def _worth_showing(session: Session, facts: dict[date, DayFacts], *, chosen: bool) -> list[date]:
    """Return the newest days of a chosen range, else those of which anything is known and those of the last days."""
    days = list(facts)
    recent = days[-1] - timedelta(days=session.settings.pipeline.schedule.look_back_days)
    known = [day for day in days if chosen or day > recent or facts[day] != DayFacts(day)]
    return known[-SHOWN_WHOLE:]


def _as_json(
    session: Session,
    facts: dict[date, DayFacts],
    states: dict[date, DayState],
    outdated: _Outdated,
) -> dict[str, Any]:
    names = ["trading_date", "state", "lines", "accepted", "quarantined", "loaded", "universe", "detail"]
    return {
        "route": session.route,
        "days": [dict(zip(names, _row(facts[day], states[day]), strict=True)) for day in states],
        "counts": Counter(state.state for state in states.values()),
        "open": [day for day, state in states.items() if state.open],
        "loaded_under_another_universe": outdated.universe,
        "judged_by_other_rules": outdated.rules,
        "quality_outdated": outdated.quality,
    }
