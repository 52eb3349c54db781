"""The real sessions of the New York Stock Exchange, straight from exchange_calendars."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from functools import cache
from typing import Final

from exchange_calendars import get_calendar  # pyright: ignore[reportMissingTypeStubs]

_FROM: Final = "1999-01-04"
_TO: Final = "2027-12-31"


@cache
def _all() -> tuple[tuple[date, ...], frozenset[date]]:
    calendar = get_calendar("XNYS", start=_FROM, end=_TO)
    days = tuple(session.date() for session in calendar.sessions)
    return days, frozenset(session.date() for session in calendar.early_closes)


def sessions(first: date, last: date) -> tuple[date, ...]:
    """Return the sessions from `first` to `last`, both included."""
    days, _ = _all()
    return days[bisect_left(days, first) : bisect_right(days, last)]


def closes_early(day: date) -> bool:
    """Tell whether the session ends at 13:00."""
    return day in _all()[1]


def after(day: date, count: int = 1) -> date:
    """Return the session `count` sessions after the session `day`."""
    days, _ = _all()
    return days[bisect_left(days, day) + count]
