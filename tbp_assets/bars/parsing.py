"""From the bytes of a day file to typed rows, losing nothing: every line becomes one row, whatever is in it.

Lines are split here rather than by a CSV reader, so that a quote, a blank line or a ragged one is one bad row with its
line number and never two rows or none. No field of the vendor's files is quoted (seen on every real file).

What a damaged file can cost is bounded: its size and lines by `Limits`, a line by `LONGEST_LINE`, the header by
`MOST_COLUMNS`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from tbp_assets.bars.compression import Limits, decompressed
from tbp_assets.bars.schema import EXTRA_PREFIX, LONGEST_LINE, PRICES, STAMP
from tbp_assets.datasets import Dataset
from tbp_assets.errors import FileUnusableError

MOST_COLUMNS: Final = 64


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The rows of a day file, not yet judged.

    Attributes:
        rows: One row a line: line, text, ticker, timestamp, open, high, low, close, volume, transactions, trading_date,
            cut, utf8, field_count, header_count, not_a_number, and one String column `vendor_<name>` per extra column.
            A line longer than `LONGEST_LINE` is `cut`: its text ends in an ellipsis and the length it had.
        extra_columns: Columns the vendor added, kept as text under the name `vendor_<name>`.
        timeframe: Length of a bar, by which rules are chosen.
    """

    rows: pl.DataFrame
    extra_columns: tuple[str, ...]
    timeframe: str


def parse_day_file(compressed: bytes, dataset: Dataset, day: date, limits: Limits) -> ParsedFile:
    """Parse a day file into typed rows without judging them.

    Raises:
        FileUnusableError: No gzip, too large, no header, a column missing or named twice, or no rows.
    """
    lines = _lines(*_decoded(b"".join(decompressed(io.BytesIO(compressed), limits))))
    header = _header(lines, dataset)
    if lines.height == 1:
        raise FileUnusableError("the file has a header and no rows")
    extra = tuple(EXTRA_PREFIX + name for name in header if name not in dataset.columns)
    names = [name if name in dataset.columns else EXTRA_PREFIX + name for name in header]
    rows = _typed(_split(lines[1:], names), day, extra)
    return ParsedFile(rows, extra, dataset.timeframe)


def _lines(text: str, damaged: list[int]) -> pl.DataFrame:
    """Return the lines of a file: line (from 1), text, cut, utf8; no text is longer than a line may be."""
    whole = pl.Series("text", [text.replace("\r\n", "\n").removesuffix("\n")], pl.String).str.split("\n").explode()
    length = pl.col("text").str.len_chars()
    lines = (
        pl.DataFrame({"text": whole})
        .with_row_index("line", offset=1)
        .with_columns(cut=length > LONGEST_LINE, utf8=~pl.col("line").is_in(damaged))
    )
    if not lines["cut"].any():
        return lines
    beginning = pl.concat_str(
        pl.col("text").str.head(LONGEST_LINE), pl.lit("… ("), length.cast(pl.String), pl.lit(" characters)")
    )
    return lines.with_columns(text=pl.when("cut").then(beginning).otherwise("text"))


def _decoded(content: bytes) -> tuple[str, list[int]]:
    """Return the text, and the numbers of the lines that are no UTF-8; there U+FFFD stands for what cannot be read."""
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        damaged = [n for n, line in enumerate(content.split(b"\n"), start=1) if not _is_utf8(line)]
        return content.decode("utf-8-sig", "replace"), damaged


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _header(lines: pl.DataFrame, dataset: Dataset) -> list[str]:
    _, text, cut, utf8 = lines.row(0)
    header = text.split(",")
    if cut or len(header) > MOST_COLUMNS:
        raise FileUnusableError(f"the header is longer than one of a day file; it begins {text[:200]!r}")
    if not utf8 or not text.isprintable():
        raise FileUnusableError(f"the header is no printable text: {text[:200]!r}")
    missing = [name for name in dataset.columns if name not in header]
    if missing:
        raise FileUnusableError(f"the header lacks {', '.join(missing)}; it reads {','.join(header)[:200]!r}")
    if len(set(header)) < len(header):
        raise FileUnusableError(f"the header names a column twice: {','.join(header)[:200]!r}")
    return header


def _split(lines: pl.DataFrame, header: list[str]) -> pl.DataFrame:
    fields = pl.col("text").str.splitn(",", len(header)).struct.rename_fields(header)
    count = pl.col("text").str.count_matches(",", literal=True) + 1
    return lines.select(pl.all(), fields.struct.unnest(), field_count=count).with_columns(
        header_count=pl.lit(len(header), dtype=pl.UInt32)
    )


def _typed(rows: pl.DataFrame, day: date, extra: tuple[str, ...]) -> pl.DataFrame:
    floats, integers = (*PRICES, "volume"), ("transactions", "window_start")
    numbers = {name: pl.col(name).cast(pl.Float64, strict=False) for name in floats}
    numbers |= {name: pl.col(name).cast(pl.Int64, strict=False) for name in integers}
    unread = [number.is_null() & (pl.col(name) != "") for name, number in numbers.items()]
    stamp = numbers.pop("window_start").cast(STAMP)
    return rows.select(
        "line", "text", "cut", "utf8", "ticker", "field_count", "header_count",
        pl.lit(day).alias("trading_date"),
        pl.any_horizontal(unread).fill_null(value=False).alias("not_a_number"),
        stamp.alias("timestamp"),
        *(number.alias(name) for name, number in numbers.items()),
        *extra,
    )  # fmt: skip
