"""Read day files without a line of the market's own code: gzip, csv, text. And where the real ones lie."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from tbp_assets.embedded.market import SyntheticMarket

REAL_DATA: Final = Path(__file__).parents[3].parent / "shared/data"
HEADER: Final = "ticker,volume,open,close,high,low,window_start,transactions"
CONFIGURED: Final = {"AAPL", "MSFT", "NVDA", "JPM", "V", "CVX", "LLY", "UNH", "WMT", "SPY", "QQQ"}
AWKWARD: Final = {"NA", "NAN", "TRUE", "PRN", "BCPC", "BCpC", "BRK.A", "ABC.WS", "ABC.U", "ABCpA", "ZVZZT", "NTEST"}

Row = dict[str, str]


@cache
def rows_of(market: SyntheticMarket, day: date) -> tuple[Row, ...]:
    """Read a day's rows as text; kept, because many tests look at the same day."""
    return read_rows(market.day_file(day))


def read_rows(content: bytes) -> tuple[Row, ...]:
    return tuple(csv.DictReader(io.StringIO(gzip.decompress(content).decode())))


def bars_of(market: SyntheticMarket, day: date) -> dict[str, Row]:
    """Read a day's rows by ticker."""
    return {row["ticker"]: row for row in rows_of(market, day)}


def sound(rows: tuple[Row, ...]) -> pl.DataFrame:
    """Turn the rows that hold numbers, and positive prices, into a frame; `decimals` are those of the close."""
    texts = pl.DataFrame({column: [row[column] for row in rows] for column in HEADER.split(",")})
    numbers = texts.with_columns(
        pl.col("volume", "open", "close", "high", "low", "transactions").cast(pl.Float64, strict=False),
        decimals=pl.col("close").str.extract(r"\.(\d+)$").fill_null("").str.len_chars(),
    )
    prices = pl.col("open", "close", "high", "low")
    good = pl.all_horizontal(prices.is_finite() & (prices > 0)) & (pl.col("volume") >= 0) & (pl.col("ticker") != "")
    return numbers.filter(good & pl.col("transactions").is_not_null())


def sessions(market: SyntheticMarket, first: date, count: int) -> list[date]:
    """List the first `count` sessions from `first` on."""
    found: Iterator[date] = (
        day for day in (first + timedelta(days=step) for step in range(count * 3)) if market.has_file(day)
    )
    return [day for day, _ in zip(found, range(count), strict=False)]
