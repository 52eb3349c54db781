"""How many flags are usual: a day's number of each flag beside those of the days before it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

DAYS: Final = 20  # measured days before that say what is usual
FEWEST_DAYS: Final = 5  # fewer say nothing
SPREAD: Final = 3.0  # roots of the median: what chance does to a count
ABOVE: Final = 0.5  # of the median, for what busy days do to it
BELOW: Final = 3.0  # a third of the median is too few
COUNTABLE: Final = 30  # a smaller median may well be none on a day


@dataclass(frozen=True, slots=True)
class Usual:
    """The band in which a day's number of a flag is usual; `highest` included."""

    lowest: int
    highest: int

    def holds(self, count: int) -> bool:
        """Whether a number lies inside."""
        return self.lowest <= count <= self.highest


def usual(rule: str, before: Sequence[Mapping[str, int]]) -> Usual | None:
    """Return the band of a flag, or None where the days before are too few to say.

    Args:
        rule: The flag.
        before: How often each flag was raised on each measured day before, oldest first.
    """
    counts = [day.get(rule, 0) for day in before[-DAYS:]]
    if len(counts) < FEWEST_DAYS:
        return None
    middle = median(counts)
    lowest = math.ceil(middle / BELOW) if middle >= COUNTABLE else 0
    return Usual(lowest, math.floor(middle * (1 + ABOVE) + SPREAD * math.sqrt(middle)))
