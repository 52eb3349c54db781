"""The securities that are always there under their known names: what they are called, when, and about what they cost.

Levels are round figures of January 2024 from general knowledge, stated after every split listed here. Invented
securities belong in `symbols` and `universe`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Named:
    """One ticker of one security; a security that changed its ticker is listed once for each, under one `path`."""

    symbol: str
    price: float
    volume: float
    trades: float
    swing: float = 0.013
    growth: float = 0.0
    first: date = date.min
    last: date = date.max
    path: str = ""

    def trades_on(self, day: date) -> bool:
        """Tell whether the security bears this ticker on `day`."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Split:
    """`ratio` new shares for each old one, from the open of `day` on."""

    symbol: str
    day: date
    ratio: int


_META_NAMED: Final = date(2022, 6, 9)
_FB_LAST: Final = date(2022, 6, 8)

# symbol, price, shares a day, trades a day, daily swing (standard deviation of the log), doublings a year
CONFIGURED: Final = (
    Named("AAPL", 186.0, 58e6, 700e3, 0.014, 0.33),
    Named("MSFT", 372.0, 25e6, 420e3, 0.013, 0.35),
    Named("NVDA", 48.0, 430e6, 700e3, 0.022, 0.75),
    Named("META", 347.0, 18e6, 290e3, 0.018, 0.21, first=_META_NAMED, path="meta-platforms"),
    Named("FB", 347.0, 18e6, 290e3, 0.018, 0.21, last=_FB_LAST, path="meta-platforms"),
    Named("JPM", 171.0, 9.5e6, 130e3, 0.012, 0.18),
    Named("V", 260.0, 5.5e6, 90e3, 0.011, 0.22),
    Named("CVX", 149.0, 8.5e6, 120e3, 0.012, 0.07),
    Named("LLY", 600.0, 3e6, 90e3, 0.015, 0.35),
    Named("UNH", 535.0, 3.2e6, 80e3, 0.011, 0.28),
    Named("WMT", 53.0, 21e6, 100e3, 0.010, 0.18),
    Named("SPY", 472.0, 88e6, 620e3, 0.009, 0.15),
    Named("QQQ", 402.0, 51e6, 480e3, 0.011, 0.24),
)
# Tickers that break software: read as null or true, folded into one another, cut at the dot, taken for a test's own.
AWKWARD: Final = (
    Named("META", 15.0, 250e3, 2_500, 0.015, first=date(2021, 6, 30), last=date(2022, 1, 28), path="metaverse-etf"),
    Named("NA", 1.8, 6e3, 90, 0.03),
    Named("NAN", 11.0, 50e3, 350, 0.006),
    Named("TRUE", 3.4, 200e3, 1_900, 0.025),
    Named("PRN", 116.0, 8e3, 150, 0.012),
    Named("BCPC", 147.0, 160e3, 4_000, 0.014),
    Named("BCpC", 23.8, 35e3, 330, 0.005),
    Named("BRK.A", 545_000.0, 9e3, 8_500, 0.009, 0.18),
    Named("ABC.WS", 0.35, 40e3, 120, 0.04),
    Named("ABC.U", 10.6, 4e3, 25, 0.004),
    Named("ABCpA", 21.5, 15e3, 140, 0.006),
    Named("ZVZZT", 12.0, 120e3, 700, 0.03),
    Named("NTEST", 25.0, 12e3, 200, 0.01),
)
NAMED: Final = CONFIGURED + AWKWARD
SPLITS: Final = (
    Split("AAPL", date(2020, 8, 31), 4),
    Split("NVDA", date(2021, 7, 20), 4),
    Split("WMT", date(2024, 2, 26), 3),
    Split("NVDA", date(2024, 6, 10), 10),
)


def splits_ahead(symbol: str, day: date) -> int:
    """Return how many of today's shares one share of `day` has become: the product of the ratios still to come."""
    shares = 1
    for split in SPLITS:
        if split.symbol == symbol and split.day > day:
            shares *= split.ratio
    return shares
