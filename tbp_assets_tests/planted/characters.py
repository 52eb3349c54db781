"""Who the tickers are: how wild, how dear, how much traded."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of ticker: its share of the market and the ranges its members are drawn from, log-uniformly."""

    name: str
    share: float
    deviation: tuple[float, float]
    price: tuple[float, float]
    dollars: tuple[float, float]
    volume_noise: float
    beta: float


@dataclass(frozen=True, slots=True)
class Character:
    """A ticker: its daily deviation, first price, usual dollars a day, and shares of a trade."""

    sort: Sort
    deviation: float
    price: float
    dollars: float
    trade: float

    @property
    def wild(self) -> bool:
        """Tell whether news moves it as it moves a small company."""
        return self.deviation > 0.028


# A shell is a company whose only asset is cash in trust: a price that hardly leaves ten dollars, and days that repeat.
SHELL: Final = Sort("shell", 0.04, (0.0010, 0.0018), (9.8, 10.4), (5e4, 2e6), 0.9, 0.0)
SORTS: Final = (
    Sort("utility", 0.15, (0.008, 0.012), (25, 180), (2e7, 4e8), 0.22, 0.5),
    Sort("large", 0.21, (0.011, 0.020), (40, 900), (1e8, 5e9), 0.24, 1.0),
    Sort("growth", 0.20, (0.022, 0.036), (12, 500), (1e7, 2e9), 0.32, 1.4),
    Sort("small", 0.20, (0.030, 0.050), (3, 40), (5e5, 3e7), 0.50, 1.2),
    Sort("penny", 0.12, (0.038, 0.050), (1.5, 6), (2e5, 1.5e7), 0.60, 1.0),
    Sort("thin", 0.08, (0.012, 0.025), (8, 60), (4e4, 6e5), 0.75, 0.4),
    SHELL,
)


def character(rng: np.random.Generator) -> Character:
    """Draw a ticker."""
    sort = SORTS[int(rng.choice(len(SORTS), p=[sort.share for sort in SORTS]))]
    drawn = (between(rng, *limits) for limits in (sort.deviation, sort.price, sort.dollars))
    return Character(sort, *drawn, trade=between(rng, 40, 300))


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw log-uniformly."""
    return float(low * (high / low) ** rng.uniform(0, 1))


def names(rng: np.random.Generator, count: int) -> list[str]:
    """Draw different tickers of one to five letters, in alphabetical order."""
    found = set[str]()
    while len(found) < count:
        length = int(rng.choice([1, 2, 3, 4, 5], p=[0.01, 0.06, 0.38, 0.50, 0.05]))
        found.add("".join(rng.choice(list(string.ascii_uppercase), length).tolist()))
    return sorted(found)
