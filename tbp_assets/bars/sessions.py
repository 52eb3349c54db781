"""Trading dates: their bounds in UTC, and which of them a calendar expects to be sessions.

The calendar only says what to expect; the provider's listing decides what is asked for.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tbp_assets.bars.closures import CALENDAR_START, SATURDAY, closures
from tbp_assets.bars.schema import NEW_YORK

EXCHANGE_ZONE: Final = ZoneInfo(NEW_YORK)


def is_weekday(day: date) -> bool:
    """Whether a date is a partition: Monday to Friday."""
    return day.weekday() < SATURDAY


def weekdays(start: date, end: date) -> list[date]:
    """Return the weekdays from start to end, both included."""
    return [day for n in range((end - start).days + 1) if is_weekday(day := start + timedelta(days=n))]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open span of a trading date in UTC: midnight to midnight in New York."""
    return at_exchange(day, time()), at_exchange(day + timedelta(days=1), time())


def at_exchange(day: date, clock: time) -> datetime:
    """Return a wall-clock time in New York as UTC."""
    return datetime.combine(day, clock, EXCHANGE_ZONE).astimezone(UTC)


def exchange_date(moment: datetime) -> date:
    """Return the date in New York at a moment."""
    return moment.astimezone(EXCHANGE_ZONE).date()


def expected_sessions(start: date, end: date) -> frozenset[date]:
    """Return the New York Stock Exchange sessions from start to end, both included (exchange_calendars, XNYS)."""
    closed = closures(end)
    return frozenset(day for day in weekdays(max(start, CALENDAR_START), end) if day not in closed)
