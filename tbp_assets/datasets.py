"""The registry of vendor datasets: one frozen entry each, naming key layout, columns, timeframe and target table.

Source of the layout: the provider's flat-file documentation; one gzip CSV a trading day holds every ticker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

# Whose days there are: the provider's, and those of the invented market; the two never mix.
DATA_SOURCES: Final = ("polygon", "synthetic")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A family of day files with one layout.

    Attributes:
        name: Key of the dataset in facts and in the load ledger.
        prefix: Folder of the bucket that holds `YYYY/MM/YYYY-MM-DD.csv.gz`.
        timeframe: Length of a bar as stored in the `timeframe` column.
        columns: Header fields every file must have, in any order.
        table: Table the bars are loaded into.
    """

    name: str
    prefix: str
    timeframe: str
    columns: tuple[str, ...]
    table: str

    def key(self, day: date) -> str:
        """Return the object key of a trading date's file."""
        return f"{self.prefix}/{day:%Y/%m/%Y-%m-%d}.csv.gz"

    def month_prefix(self, day: date) -> str:
        """Return the key prefix that one LIST request reads a whole month of days with."""
        return f"{self.prefix}/{day:%Y/%m}/"

    def day_of(self, key: str) -> date | None:
        """Return the trading date of a key, or None where the key is not a day file of this dataset."""
        match = re.fullmatch(rf"{re.escape(self.prefix)}/\d{{4}}/\d{{2}}/(\d{{4}}-\d{{2}}-\d{{2}})\.csv\.gz", key)
        try:
            day = date.fromisoformat(match[1]) if match else None
        except ValueError:
            return None
        return day if day and self.key(day) == key else None


US_STOCKS_DAY_AGGS = Dataset(
    name="us_stocks_day_aggs",
    prefix="us_stocks_sip/day_aggs_v1",
    timeframe="1d",
    columns=("ticker", "volume", "open", "close", "high", "low", "window_start", "transactions"),
    table="market_data_raw",
)
