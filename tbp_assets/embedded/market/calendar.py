"""Which days the market has a file for, and where a day lies in time.

Prices count weekdays, not sessions: a holiday that a later release of the calendar adds or drops takes its file with it
and leaves every other day's bytes as they were.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

# The vendor's own first day of stocks.
FIRST_DAY: Final = date(2003, 9, 10)
# Holidays of later years are computed, not announced: somewhere it has to end.
LAST_DAY: Final = date(2040, 12, 31)
DECIMAL_VOLUME_FROM: Final = date(2026, 2, 23)
WEEKDAYS_A_YEAR: Final = 261

_NEW_YORK: Final = ZoneInfo("America/New_York")
_SATURDAY: Final = 5


def is_session(day: date) -> bool:
    """Tell whether the New York Stock Exchange trades on `day`, within FIRST_DAY to LAST_DAY; outside: no."""
    if day.weekday() >= _SATURDAY or not FIRST_DAY <= day <= LAST_DAY:
        return False
    return day in _sessions()


def weekday_number(day: date) -> int:
    """Count weekdays from FIRST_DAY (number 0) to `day`; a weekend shares the number of its Friday."""
    return _weekdays_since_year_one(day) - _weekdays_since_year_one(FIRST_DAY)


def window_start(day: date) -> int:
    """Return midnight in New York as nanoseconds since 1970 UTC: 05:00 UTC in winter, 04:00 in summer."""
    return int(datetime.combine(day, time(), _NEW_YORK).timestamp()) * 1_000_000_000


def _weekdays_since_year_one(day: date) -> int:
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(weekday, 4)


@cache
def _sessions() -> frozenset[date]:
    # Imported here because it takes most of a second (pandas), and a mirror on disk never asks.
    from exchange_calendars import get_calendar  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    # The range is named because the default ends a year from now and begins twenty years ago, both moving.
    calendar = get_calendar("XNYS", start=FIRST_DAY.isoformat(), end=LAST_DAY.isoformat())
    return frozenset(session.date() for session in calendar.sessions)
