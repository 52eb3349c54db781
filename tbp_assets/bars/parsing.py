"""From the bytes of a day file to typed rows, losing nothing: every line becomes one row, whatever is in it.

Lines are split here rather than by a CSV reader, so that a quote, a blank line or a ragged one is one bad row with its
line number and never two rows or none. No field of the vendor's files is quoted (seen on every real file).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from tbp_assets.bars.compression import decompressed
from tbp_assets.bars.schema import EXTRA_PREFIX, PRICES, STAMP
from tbp_assets.datasets import Dataset
from tbp_assets.errors import FileUnusableError


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The rows of a day file, not yet judged.

    Attributes:
        rows: One row a line: line, text, ticker, timestamp, open, high, low, close, volume, transactions, trading_date,
            field_count, header_count, not_a_number, and one String column `vendor_<name>` per extra column.
        extra_columns: Columns the vendor added, kept as text under the name `vendor_<name>`.
    """

    rows: pl.DataFrame
    extra_columns: tuple[str, ...]


def parse_day_file(compressed: bytes, dataset: Dataset, day: date) -> ParsedFile:
    """Parse a day file into typed rows without judging them.

    Raises:
        FileUnusableError: No gzip, no UTF-8, no header, a column missing or named twice, or no rows.
    """
    lines = _lines(b"".join(decompressed(compressed)))
    header = lines[0].split(",")
    _check_header(header, dataset)
    if len(lines) == 1:
        raise FileUnusableError("the file has a header and no rows")
    extra = tuple(EXTRA_PREFIX + name for name in header if name not in dataset.columns)
    names = [name if name in dataset.columns else EXTRA_PREFIX + name for name in header]
    rows = _split(pl.Series("text", lines[1:], dtype=pl.String), names)
    return ParsedFile(_typed(rows, day, extra), extra)


def _lines(content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnusableError(f"not UTF-8 text (byte {error.start})") from error
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" and len(lines) > 1 else lines


def _check_header(header: list[str], dataset: Dataset) -> None:
    missing = [name for name in dataset.columns if name not in header]
    if missing:
        raise FileUnusableError(f"the header lacks {', '.join(missing)}; it reads {','.join(header)[:200]!r}")
    if len(set(header)) < len(header):
        raise FileUnusableError(f"the header names a column twice: {','.join(header)[:200]!r}")


def _split(text: pl.Series, header: list[str]) -> pl.DataFrame:
    fields = pl.col("text").str.splitn(",", len(header)).struct.rename_fields(header)
    count = pl.col("text").str.count_matches(",", literal=True) + 1
    lines = pl.DataFrame({"text": text}).with_row_index("line", offset=2)
    return lines.select("line", "text", fields.struct.unnest(), field_count=count).with_columns(
        header_count=pl.lit(len(header), dtype=pl.UInt32)
    )


def _typed(rows: pl.DataFrame, day: date, extra: tuple[str, ...]) -> pl.DataFrame:
    floats, integers = (*PRICES, "volume"), ("transactions", "window_start")
    numbers = {name: pl.col(name).cast(pl.Float64, strict=False) for name in floats}
    numbers |= {name: pl.col(name).cast(pl.Int64, strict=False) for name in integers}
    unread = [number.is_null() & (pl.col(name) != "") for name, number in numbers.items()]
    stamp = numbers.pop("window_start").cast(STAMP)
    return rows.select(
        "line", "text", "ticker", "field_count", "header_count",
        pl.lit(day).alias("trading_date"),
        pl.any_horizontal(unread).fill_null(value=False).alias("not_a_number"),
        stamp.alias("timestamp"),
        *(number.alias(name) for name, number in numbers.items()),
        *extra,
    )  # fmt: skip
