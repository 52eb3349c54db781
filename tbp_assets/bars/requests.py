"""The one answer to "what to ask for": the days a schedule, a sensor or a backfill should request now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from tbp_assets.bars.day_state import DayState, Expectation, day_state
from tbp_assets.bars.facts import DayFacts, Listed


def days_to_request(
    facts: Iterable[DayFacts],
    listing: Mapping[date, Listed],
    *,
    in_progress: Collection[date],
    expectation: Expectation,
    now: datetime,
) -> list[date]:
    """Return the days worth a run, oldest first.

    A day is worth a run when the provider lists a file that is not what is loaded, when the lake has lost a loaded day,
    or when it is a holiday whose absence was never recorded, so that its cells fill. A day that cannot be had is not
    asked for.
    """

    def wanted(day: DayFacts) -> bool:
        state = day_state(day, expectation, now)
        file = listing.get(day.trading_date)
        if file:
            return state.open or day.lake is None or _restated(day, file)
        return _landed_but_open(day, state) or (state.state == "holiday" and day.landing is None)

    return sorted(day.trading_date for day in facts if day.trading_date not in in_progress and wanted(day))


def _restated(day: DayFacts, file: Listed) -> bool:
    return day.landing is None or day.landing.file is None or day.landing.file.etag != file.etag


def _landed_but_open(day: DayFacts, state: DayState) -> bool:
    return state.open and day.landing is not None and day.landing.file is not None
