"""Day states and freshness: is yesterday there, and what is open?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, get_args

from tbp_assets.bars.day_state import DayState, Expectation, State, day_state
from tbp_assets.bars.facts import DayFacts, LoadFact
from tbp_assets.bars.metrics import reasons_of
from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.metrics.look import Look, start_of
from tbp_assets.metrics.samples import Sample, by_label, where_known
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.sql import statement

STATES: Final[tuple[State, ...]] = get_args(State)


@dataclass(frozen=True, slots=True)
class _Days:
    """Every day of a range, oldest first."""

    facts: Mapping[date, DayFacts]
    states: Mapping[date, DayState]
    expectation: Expectation

    @property
    def newest(self) -> LoadFact | None:
        """The newest load of the newest day that is loaded."""
        return next((known.load for known in reversed(list(self.facts.values())) if known.load), None)


def day_samples(look: Look) -> Iterator[Sample]:
    """Give the day states, freshness, and what is in quarantine."""
    days = _days(look)
    counts = Counter(state.state for state in days.states.values())
    yield from by_label("tbp_days", "state", {state: counts[state] for state in STATES})
    waiting = [day for day, state in days.states.items() if state.open and state.state != "late"]
    yield from where_known("tbp_oldest_open_day_timestamp_seconds", start_of(min(waiting)) if waiting else None)
    yield from _freshness(look, days)
    reasons = Counter[str]()
    for known in days.facts.values():
        reasons.update(reasons_of(known.lake) if known.lake else {})
    yield from by_label("tbp_quarantined_rows", "reason", reasons)


def _days(look: Look) -> _Days:
    schedule, yesterday = look.settings.pipeline.schedule, exchange_date(look.now) - timedelta(days=1)
    with look.database.transaction(read_only=True) as connection:
        first_known = connection.execute(statement("select_first_known_day"), look.whose).scalar()
    first = min(yesterday - timedelta(days=schedule.look_back_days), first_known or yesterday)
    first = max(first, look.settings.pipeline.partitions.start_date)
    facts = gather(look.landing, look.lake, look.database, weekdays(first, yesterday))
    expectation = look.expectation(first, max(first, yesterday))
    return _Days(facts, {day: day_state(known, expectation, look.now) for day, known in facts.items()}, expectation)


def _freshness(look: Look, days: _Days) -> Iterator[Sample]:
    newest = days.newest
    if newest:
        yield Sample("tbp_newest_day_timestamp_seconds", start_of(newest.trading_date))
        yield from where_known("tbp_newest_day_delay_seconds", _delay(days.facts[newest.trading_date], newest))
    due = sorted(day for day in days.expectation.sessions if days.expectation.due(day) <= look.now)
    if due:
        load = days.facts[due[-1]].load
        yield Sample("tbp_expected_day_timestamp_seconds", start_of(due[-1]))
        yield Sample("tbp_expected_day_loaded", load is not None)
        yield from where_known("tbp_expected_day_loaded_timestamp_seconds", load and load.loaded_at.timestamp())
    yield Sample("tbp_sessions_behind", sum(newest is None or day > newest.trading_date for day in due))


def _delay(day: DayFacts, load: LoadFact) -> float | None:
    file = day.landing.file if day.landing else None
    if file is None or file.sha256 != load.source_sha256:
        return None
    return (load.loaded_at - file.last_modified).total_seconds()
