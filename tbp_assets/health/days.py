"""Are the days there: the newest session, those that were asked for, and the configured history?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Final

from tbp_assets.bars.day_state import DayState, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.health.disk import GB, free_bytes
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.settings.urls import BucketPrefix

NEWEST, OPEN, HISTORY = "newest session", "open days", "history"
MOST_COMMANDS: Final = 3
SAMPLE: Final = 250
# Days that are done are left alone by a backfill, so that a few of them need not cut a stretch in two.
MOST_APART: Final = 10


def newest_session(installation: Installation) -> Finding:
    """Look for the newest session whose file is due."""
    facts, expectation, now = installation.facts(), installation.expectation, datetime.now(UTC)
    due = [day for day in facts if day in expectation.sessions and expectation.due(day) <= now]
    if not due:
        return Finding(NEWEST, "ok", "no session is due yet")
    newest, load = due[-1], facts[due[-1]].load
    if load:
        return Finding(NEWEST, "ok", f"{newest}: {load.selected:,} bars, loaded {load.loaded_at:%Y-%m-%d %H:%M} UTC")
    loaded = [day for day in facts if facts[day].load]
    state = day_state(facts[newest], expectation, now)
    seen = f"{newest} is due and {state}; the newest in the database is {loaded[-1] if loaded else 'none'}"
    return Finding(NEWEST, "failed", seen, f"`tbp backfill {newest} {newest}`")


def open_days(installation: Installation) -> Finding:
    """Count the open days among those that were asked for, or that schedule and sensor ask for."""
    states = _open_states(installation)
    window = exchange_date(datetime.now(UTC)) - timedelta(days=installation.settings.pipeline.schedule.look_back_days)
    facts = installation.facts()
    mine = {day: state for day, state in states.items() if day >= window or _asked_for(facts[day])}
    counts = Counter(state.state for state in mine.values())
    failed = sum(1 for day in mine if facts[day].failure)
    words = ", ".join(f"{count:,} {name}" for name, count in counts.most_common()) or "none"
    seen = f"{words}; {failed:,} of them failed" if failed else words
    faults = [day for day, state in mine.items() if state.state not in {"late", "not_entitled", "held"}]
    held = [day for day, state in mine.items() if state.state == "held"]
    if not faults and not held:
        return Finding(OPEN, "ok", seen)
    todo = ["`tbp held` says why, `tbp approve DAY` lets a file in"] if held else []
    if faults:
        todo += ["`tbp failures` says why"] if failed else []
        todo += [_commands(faults, facts)]
    return Finding(OPEN, "failed", f"{seen}: {_few(sorted([*faults, *held]))}", "; ".join(todo))


def history(installation: Installation) -> Finding:
    """Count the days of the configured history that nobody asked for, and estimate the room they need."""
    facts, start = installation.facts(), installation.settings.pipeline.partitions.start_date
    absent = [
        day
        for day, state in _open_states(installation).items()
        if state.state == "missing" and not _asked_for(facts[day])
    ]
    loaded = sum(1 for known in facts.values() if known.load)
    if not absent:
        return Finding(HISTORY, "ok", f"{loaded:,} days loaded since {start}, none was left out")
    seen = f"{loaded:,} days loaded since {start}, {len(absent):,} never asked for; {_need(installation, len(absent))}"
    todo = f"{_commands(absent, facts)}; or let the history begin later (partitions.start_date of pipeline.yml)"
    return Finding(HISTORY, "warning", seen, todo)


def bytes_a_day(installation: Installation) -> int | None:
    """Return the bytes that landing zone and lake hold of a day, on average of the newest; None without any."""
    days = [day for day, known in installation.facts().items() if known.landing and known.lake][-SAMPLE:]
    if not days:
        return None
    zones = installation.landing, installation.lake
    listed = [entry for zone in zones for entry in zone.store.list(f"{zone.root}/")]
    # The files of a day begin with its date.
    sizes = Counter[str]()
    for entry in listed:
        sizes[entry.key.rpartition("/")[2][: len("YYYY-MM-DD")]] += entry.bytes
    return round(fmean(sizes[day.isoformat()] for day in days))


def _need(installation: Installation, days: int) -> str:
    each = bytes_a_day(installation)
    if each is None:
        return "what they need of the disk is known once a day is there"
    place, need = installation.settings.store, each * days
    words = f"they need about {need / GB:,.2f} GB ({each / 1e6:,.2f} MB a day)"
    if isinstance(place, BucketPrefix):
        return f"{words} of {place}"
    free = free_bytes(place)
    enough = "" if free - need > installation.limits.min_free_gb * GB else ", NOT enough"
    return f"{words} of {free / GB:,.1f} GB free{enough}"


def _open_states(installation: Installation) -> dict[date, DayState]:
    expectation, now = installation.expectation, datetime.now(UTC)
    states = {day: day_state(known, expectation, now) for day, known in installation.facts().items()}
    return {day: state for day, state in states.items() if state.open}


def _asked_for(known: DayFacts) -> bool:
    return bool(known.landing or known.lake or known.load or known.failure)


def _few(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} .. {days[-1]}"


def _commands(days: Sequence[date], known: Mapping[date, DayFacts]) -> str:
    """Return the commands that ask for days: one a stretch, the newest few."""
    stretches: list[list[date]] = []
    ranks = {day: rank for rank, day in enumerate(known)}
    for day in days:
        if stretches and ranks[day] - ranks[stretches[-1][-1]] <= MOST_APART:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    left = len(stretches) - MOST_COMMANDS
    more = f" and {left} earlier stretches (`tbp status --from {days[0]}`)" if left > 0 else ""
    return ", ".join(f"`tbp backfill {each[0]} {each[-1]}`" for each in stretches[-MOST_COMMANDS:]) + more
