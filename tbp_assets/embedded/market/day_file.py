"""The vendor's day file: columns, number formats, compression. Text and bytes only; the numbers come from elsewhere."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from typing import Final

import polars as pl

from tbp_assets.embedded.market.activity import Activity
from tbp_assets.embedded.market.arithmetic import MICRO
from tbp_assets.embedded.market.defects import Row, spoiled
from tbp_assets.embedded.market.hashing import Counts
from tbp_assets.embedded.market.prices import Prices
from tbp_assets.embedded.market.symbols import Symbols

COLUMNS: Final = ("ticker", "volume", "open", "close", "high", "low", "window_start", "transactions")
# A file 2 % larger than at the default 9, in half the time.
_LEVEL: Final = 5


def day_text(symbols: Symbols, prices: Prices, activity: Activity, *, stamp: int) -> pl.DataFrame:
    """Return the day's rows as text, one string column for each of COLUMNS.

    Args:
        stamp: The `window_start` of every row, in ns since 1970 UTC.
    """
    return pl.DataFrame(
        {
            "ticker": symbols.astype("U"),
            "volume": decimals(activity.volume),
            "open": decimals(prices.open),
            "close": decimals(prices.close),
            "high": decimals(prices.high),
            "low": decimals(prices.low),
            "window_start": pl.repeat(str(stamp), len(symbols), eager=True),
            "transactions": pl.Series(activity.transactions).cast(pl.String),
        }
    )


def with_faults(frame: pl.DataFrame, faults: Mapping[int, str]) -> pl.DataFrame:
    """Replace the rows at the given positions by what the vendor got wrong, in the same places."""
    parts: list[pl.DataFrame] = []
    done = 0
    for position, kind in sorted(faults.items()):
        row: Row = frame.row(position, named=True)
        parts += [frame[done:position], pl.DataFrame(spoiled(row, kind), schema=frame.schema)]
        done = position + 1
    return pl.concat([*parts, frame[done:]])


def decimals(micros: Counts) -> pl.Series:
    """Write millionths as the vendor writes numbers: no exponent, no trailing zeros, no dot behind whole numbers."""
    values = pl.DataFrame({"whole": micros // MICRO, "part": micros % MICRO})
    part = pl.col("part").cast(pl.String).str.zfill(6).str.strip_chars_end("0")
    text = pl.concat_str(pl.col("whole").cast(pl.String), pl.lit("."), part).str.strip_chars_end(".")
    return values.select(text.alias("text")).to_series()


def compressed(frame: pl.DataFrame) -> bytes:
    """Return the rows as the vendor's gzip member; header without a name or a time, so equal rows give equal bytes."""
    csv = frame.write_csv(quote_style="never", line_terminator="\n")
    buffer = io.BytesIO()
    # Not gzip.compress: the system byte it writes differs between Python 3.11 and its successors.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=buffer, mtime=0) as file:
        _ = file.write(csv.encode())
    return buffer.getvalue()
