"""The synthetic market: the one object that others ask for day files, by trading date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from tbp_assets.embedded.market.calendar import is_session
from tbp_assets.errors import FileAbsentError, UsageError

# Below, the named ones fill the market; above, one letter and two run out of symbols.
FEWEST_TICKERS: Final = 40
MOST_TICKERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """An invented US stock market in the vendor's day-file format.

    A day's bytes depend on `seed`, `tickers` and the day alone: any day may be asked for, in any order, by any process.

    Attributes:
        seed: Another seed, another market; the named securities keep their levels, not their prices.
        tickers: About how many tickers trade on a day, 40 to 20,000.
    """

    seed: int = 7
    tickers: int = 10_400

    def __post_init__(self) -> None:
        if not FEWEST_TICKERS <= self.tickers <= MOST_TICKERS:
            message = f"a synthetic market has {FEWEST_TICKERS} to {MOST_TICKERS:,} tickers, not {self.tickers:,}"
            raise UsageError(message)

    def key(self, day: date) -> str:
        """Return the vendor's key of a day's file, whether or not the market has one."""
        return f"us_stocks_sip/day_aggs_v1/{day:%Y}/{day:%m}/{day:%Y-%m-%d}.csv.gz"

    def has_file(self, day: date) -> bool:
        """Tell whether the market has a file: on New York sessions from 2003-09-10 to 2040-12-31."""
        return is_session(day)

    def day_file(self, day: date) -> bytes:
        """Return the day's file, gzip-compressed CSV.

        Raises:
            FileAbsentError: `day` is a weekend, a holiday, or outside the market's years.
        """
        self._require_file(day)
        # Imported by the first day asked for: numpy and polars take half a second that a look at the keys need not.
        from tbp_assets.embedded.market.trading_day import file_of  # noqa: PLC0415

        return file_of(day, seed=self.seed, tickers=self.tickers)

    def planted(self, day: date) -> Mapping[str, int]:
        """Return how many bad rows of each kind the day's file holds, by kind; empty on a clean day.

        Raises:
            FileAbsentError: As in `day_file`.
        """
        self._require_file(day)
        from tbp_assets.embedded.market.trading_day import faults_of  # noqa: PLC0415

        return faults_of(day, seed=self.seed, tickers=self.tickers)

    def _require_file(self, day: date) -> None:
        if not self.has_file(day):
            message = f"the synthetic market has no file for {day}: not a session of New York, or outside its years"
            raise FileAbsentError(message)
