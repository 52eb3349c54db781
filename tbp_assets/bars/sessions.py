"""Trading dates: their bounds in UTC, and which of them a calendar expects to be sessions.

The calendar only says what to expect; the provider's listing decides what is asked for.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tbp_assets.bars.schema import NEW_YORK

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

EXCHANGE_ZONE: Final = ZoneInfo(NEW_YORK)
CALENDAR_START: Final = date(2003, 1, 2)  # a session; the calendar refuses dates before its first
SATURDAY: Final = 5


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


@cache
def _calendar(end: date) -> ExchangeCalendar:
    import exchange_calendars  # noqa: PLC0415  # 0.6 s of pandas, only needed where a file is absent

    return exchange_calendars.get_calendar("XNYS", start=CALENDAR_START.isoformat(), end=end.isoformat())


def expected_sessions(start: date, end: date) -> frozenset[date]:
    """Return the New York Stock Exchange sessions from start to end, both included (exchange_calendars, XNYS)."""
    # One calendar, which takes a seventh of a second to make, serves all years of a backfill. It ends after the decade's
    # last day, since it refuses dates behind its last session: a year may end on a weekend.
    calendar = _calendar(date(end.year // 10 * 10 + 10, 1, 15))
    first = max(start, CALENDAR_START)
    return frozenset(stamp.date() for stamp in calendar.sessions_in_range(first.isoformat(), end.isoformat()))
