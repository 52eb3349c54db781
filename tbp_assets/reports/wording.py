"""How a value of the report is written for a person: grouped, never rounded up to perfect, nothing invisible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

UNSEEN: Final = "\N{REPLACEMENT CHARACTER}"
LONGEST_TEXT: Final = 300
FULL: Final = 100.0


def count(number: int) -> str:
    """Return a whole number, grouped by thousands."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: 1 day, 1,300 days."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def score(value: float) -> str:
    """Return a score of 0 to 100; 100.00 is only said where nothing is missing."""
    text = f"{value:.2f}"
    return "> 99.99" if text == "100.00" and value < FULL else text


def percent(share: float) -> str:
    """Return a share of 0 to 1 as a percentage; 100 % is only said where nothing is missing."""
    text = f"{100 * share:.1f}"
    return "> 99.9 %" if text == "100.0" and share < 1 else f"{text} %"


def measured(value: float) -> str:
    """Return a measured number with at most six digits that mean something."""
    return f"{value:,.6g}"


def moment(value: datetime) -> str:
    """Return a moment to the minute, UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def visible(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return a stranger's text without what is not seen or turns the line around, and not at any length."""
    shown = "".join(letter if letter.isprintable() else UNSEEN for letter in text[:limit])
    return shown if len(text) <= limit else f"{shown} …"
