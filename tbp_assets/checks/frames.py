"""Days in frames of a bounded size: looked at together they cost a fraction of one by one, however long the range."""

from collections.abc import Iterable, Iterator
from datetime import date

DAYS_IN_A_FRAME = 5


def in_frames(days: Iterable[date]) -> Iterator[list[date]]:
    """Cut days into frames."""
    ordered = list(days)
    return (ordered[n : n + DAYS_IN_A_FRAME] for n in range(0, len(ordered), DAYS_IN_A_FRAME))
