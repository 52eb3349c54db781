"""Which bars enter the database: a universe of tickers, each with the dates on which the name is that company's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

OUTSIDE_UNIVERSE = "not_in_universe"
OUTSIDE_VALIDITY = "outside_validity"
FEW = 20


def few(tickers: Sequence[str], most: int = FEW) -> str:
    """Return tickers as text for people; of many only the first, and how many more there are."""
    more = f" and {len(tickers) - most:,} more" if len(tickers) > most else ""
    return ", ".join(tickers[:most]) + more


@dataclass(frozen=True, slots=True, order=True)
class Listing:
    """A ticker and the first and last trading date on which it names the instrument."""

    ticker: str
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True, slots=True)
class SelectedBars:
    """The bars of a day that enter the database, how many stay outside, by reason, and which tickers have none.

    Attributes:
        without_bar: Listed tickers valid on the day for which no bar was accepted.
    """

    bars: pl.DataFrame
    outside: Mapping[str, int]
    without_bar: tuple[str, ...] = ()


@dataclass(frozen=True)
class Universe:
    """A named choice of tickers.

    Attributes:
        name: `configured`, a group's name, or `all`.
        listings: Tickers with their validity.
        everything: Tickers without a listing are inside as well.
        partial: Only some tickers of a universe were asked for; such a load does not stand for the day.
    """

    name: str
    listings: tuple[Listing, ...]
    everything: bool = False
    partial: bool = False

    @cached_property
    def hash(self) -> str:
        """Identity of the choice: 12 hexadecimal digits, the same for the same tickers and dates whatever the name."""
        text = f"{self.everything} {sorted(self.listings)}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def tickers(self, day: date) -> list[str]:
        """Return the listed tickers valid on a day."""
        return sorted({listing.ticker for listing in self.listings if listing.first <= day <= listing.last})

    def narrowed(self, tickers: Iterable[str]) -> Universe:
        """Return the part of the universe that holds only the given tickers."""
        wanted = frozenset(tickers)
        known = {listing.ticker for listing in self.listings}
        kept = [listing for listing in self.listings if listing.ticker in wanted]
        added = [Listing(ticker) for ticker in wanted - known] if self.everything else []
        return Universe(f"{self.name}: {','.join(sorted(wanted))}", tuple(sorted(kept + added)), partial=True)

    def valid(self, bars: pl.DataFrame, day: date) -> pl.DataFrame:
        """Return the bars (`BAR_SCHEMA`) whose ticker names its instrument on a day, inside the universe or not."""
        return bars.filter(pl.col("ticker").is_in(self.tickers(day)) | ~self._listed())

    def select(self, bars: pl.DataFrame, day: date) -> SelectedBars:
        """Divide the accepted bars of a day (`BAR_SCHEMA`) into those inside and counts of those outside."""
        valid = pl.col("ticker").is_in(self.tickers(day))
        listed = self._listed()
        inside = (valid | ~listed) if self.everything else valid
        outside = bars.filter(~inside).select(
            pl.when(listed).then(pl.lit(OUTSIDE_VALIDITY)).otherwise(pl.lit(OUTSIDE_UNIVERSE)).alias("reason")
        )
        counts = dict(outside.group_by("reason").len().sort("reason").iter_rows())
        present = set(bars.filter(valid)["ticker"])
        without_bar = tuple(ticker for ticker in self.tickers(day) if ticker not in present)
        return SelectedBars(bars.filter(inside), counts, without_bar)

    def _listed(self) -> pl.Expr:
        return pl.col("ticker").is_in(sorted({listing.ticker for listing in self.listings}))
