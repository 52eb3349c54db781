"""The columns of a bar as the lake stores it: names, dtypes, whether null is allowed, and what each means.

The one source of the Parquet schema, the pandera schema, the table schema in the UI and the data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl


@dataclass(frozen=True, slots=True)
class BarColumn:
    """A column of a stored bar."""

    name: str
    dtype: pl.DataType
    nullable: bool
    text: str


NEW_YORK: Final = "America/New_York"
STAMP: Final = pl.Datetime("ns", "UTC")

BAR_COLUMNS: Final = (
    BarColumn("trading_date", pl.Date(), False, "Trading date in New York; the partition key."),
    BarColumn("ticker", pl.String(), False, "Ticker as the vendor spells it; case-sensitive (BCPC is not BCpC)."),
    BarColumn("timestamp", STAMP, False, "Start of the bar, UTC (the vendor's window_start, nanoseconds)."),
    BarColumn("open", pl.Float64(), False, "First price, USD, unadjusted."),
    BarColumn("high", pl.Float64(), False, "Highest price, USD, unadjusted."),
    BarColumn("low", pl.Float64(), False, "Lowest price, USD, unadjusted."),
    BarColumn("close", pl.Float64(), False, "Last price, USD, unadjusted."),
    BarColumn("volume", pl.Float64(), False, "Shares traded; fractional since 2026-02-23."),
    BarColumn("transactions", pl.Int64(), True, "Number of trades; null where the vendor gave none."),
    BarColumn("line", pl.UInt32(), False, "Line of the vendor's file, the header being line 1."),
)
BAR_SCHEMA: Final = pl.Schema({column.name: column.dtype for column in BAR_COLUMNS})

PRICES: Final = ("open", "high", "low", "close")
VALUES: Final = (*PRICES, "volume", "transactions")

EXTRA_PREFIX: Final = "vendor_"
LONGEST_LINE: Final = 1_000

QUARANTINE_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "line": pl.UInt32(),
        "ticker": pl.String(),
        "reason": pl.String(),
        "reasons": pl.List(pl.String()),
        "text": pl.String(),
        "source_key": pl.String(),
        "source_sha256": pl.String(),
    }
)
