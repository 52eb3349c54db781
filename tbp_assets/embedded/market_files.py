"""The invented market as a source of day files, made when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO

from tbp_assets.bars.facts import Listed
from tbp_assets.bars.sessions import weekdays
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.errors import FileAbsentError

PUBLISHED_AT = time(16, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SyntheticFiles:
    """Day files of a synthetic market; each is published at 16:00 UTC of the day after."""

    market: SyntheticMarket
    data_source: str = "synthetic"

    @property
    def location(self) -> str:
        """URL with seed and size."""
        return f"synthetic://market?seed={self.market.seed}&tickers={self.market.tickers}"

    def list(self, prefix: str) -> list[Listed]:
        """Return the published files of the month that the prefix names."""
        year, month = prefix.rstrip("/").split("/")[-2:]
        first = date(int(year), int(month), 1)
        days = weekdays(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        return [self._listed(day) for day in days if self._published(day)]

    def stat(self, key: str) -> Listed:
        """Return what the listing says of one file."""
        return self._listed(self._day(key))

    def download(self, key: str, target: BinaryIO) -> Listed:
        """Make a day's file and write it to a stream."""
        day = self._day(key)
        target.write(self.market.day_file(day))
        return self._listed(day)

    def _day(self, key: str) -> date:
        day = US_STOCKS_DAY_AGGS.day_of(key)
        if day is None or not self._published(day):
            raise FileAbsentError(f"{self.location}: no file {key}")
        return day

    def _published(self, day: date) -> bool:
        return self.market.has_file(day) and datetime.now(UTC) >= _published_at(day)

    def _listed(self, day: date) -> Listed:
        key = self.market.key(day)
        return Listed(key, f"{self.market.seed}-{self.market.tickers}-{day}", None, _published_at(day))


def _published_at(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), PUBLISHED_AT)
