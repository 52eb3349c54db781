"""The weekdays on which the New York Stock Exchange holds no session, as exchange_calendars has them (XNYS).

They are kept in closures.txt, which `make docs` writes: the library brings pandas, and half a second that a command
would wait for. The file counts only for the release of the library that it was made with; any other is asked itself.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

LIBRARY: Final = "exchange_calendars"
CALENDAR_START: Final = date(2003, 1, 2)  # a session; the calendar refuses dates before its first
FILE_END: Final = date(2035, 12, 31)
FILE: Final = Path(__file__).with_name("closures.txt")
SATURDAY: Final = 5


def closures(end: date) -> frozenset[date]:
    """Return the closures from `CALENDAR_START` to a day, and perhaps some after it."""
    if end <= FILE_END and (known := _of_the_file(version(LIBRARY))) is not None:
        return known
    return closures_of_library(date(end.year + 1, 1, 1))


@cache
def closures_of_library(end: date) -> frozenset[date]:
    """Return the closures from `CALENDAR_START` to a day, both included, asking the library."""
    from exchange_calendars import get_calendar  # noqa: PLC0415  # half a second of pandas

    calendar = get_calendar("XNYS", start=CALENDAR_START.isoformat(), end=end.isoformat())
    open_days = {stamp.date() for stamp in calendar.sessions}
    days = (CALENDAR_START + timedelta(days=n) for n in range((end - CALENDAR_START).days + 1))
    return frozenset(day for day in days if day.weekday() < SATURDAY and day not in open_days)


def file_text() -> str:
    """Return what closures.txt has to hold: the release of the library, then a day a line."""
    days = sorted(closures_of_library(FILE_END))
    return "\n".join([f"{LIBRARY} {version(LIBRARY)} XNYS {CALENDAR_START} {FILE_END}", *map(str, days), ""])


@cache
def _of_the_file(release: str) -> frozenset[date] | None:
    """Return the days of the file, or None where it was made with another release of the library."""
    first, *days = FILE.read_text(encoding="ascii").splitlines()
    made_with = f"{LIBRARY} {release} XNYS {CALENDAR_START} {FILE_END}"
    return frozenset(map(date.fromisoformat, days)) if first == made_with else None
