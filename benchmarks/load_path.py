"""The load path as a library: day files → validated → table, over one connection, the next day parsed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import text

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.facts import LandedFile
from tbp_assets.bars.universe import Universe
from tbp_assets.bars.validation import validate
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.io_managers.ahead import one_ahead
from tbp_assets.storage.bars_table import compare, read_days
from tbp_assets.storage.database import Database
from tbp_assets.storage.files import sha256_of
from tbp_assets.storage.load import DayToLoad, load_day

EVERYTHING = Universe("all", (), everything=True)
LIMITS = Limits(megabytes=128, lines=2_000_000)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a pass over the days did."""

    rows: int
    written: int
    wal_bytes: int


def validated(mirror: Path, days: Sequence[date]) -> Iterator[DayToLoad]:
    """Give the days of a mirror, parsed and divided by the rules."""
    for day in days:
        content, now = (mirror / US_STOCKS_DAY_AGGS.key(day)).read_bytes(), datetime.now(UTC)
        file = LandedFile("file", "benchmark", sha256_of(content), "", len(content), 0, now, now)
        made = validate(
            content, file, US_STOCKS_DAY_AGGS, day, data_source="polygon", max_rejected_share=1, limits=LIMITS
        )
        yield DayToLoad(made.fact, made.bars, EVERYTHING.select(made.bars, day), EVERYTHING, frozenset)


def load(database: Database, mirror: Path, days: Sequence[date]) -> Loaded:
    """Load every day and return how many rows there were and how many were written."""
    rows = written = 0
    started = _wal(database)
    for day in one_ahead(validated(mirror, days)):
        fact = load_day(database, US_STOCKS_DAY_AGGS, day, "benchmark")
        rows, written = rows + fact.selected, written + fact.inserted + fact.updated + fact.deleted
    return Loaded(rows, written, _wal(database) - started)


def verify(database: Database, mirror: Path, days: Sequence[date], universe: Universe = EVERYTHING) -> None:
    """Raise unless the table holds the accepted bars of every day, bit for bit, and no other row.

    Args:
        database: Where the table is.
        mirror: The day files.
        days: All that were loaded.
        universe: Whose bars.
    """
    expected = 0
    for day in validated(mirror, days):
        on = day.lake.trading_date
        wanted = universe.select(day.accepted, on).bars
        stored = read_days(database, US_STOCKS_DAY_AGGS, "polygon", on, on).get(on, wanted.clear())
        found = compare(stored, wanted, wanted)
        if not found.equal:
            raise AssertionError(f"{on}: the table differs from the file: {found}")
        expected += wanted.height
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(text("SELECT count(*) FROM market_data_raw")).scalar_one()
    if rows != expected:
        raise AssertionError(f"{rows:,} rows in the table, {expected:,} in the files")


def with_constants(bars: pl.DataFrame) -> pl.DataFrame:
    """Return bars with every column of the table, as other ways of loading need them."""
    return bars.select(
        "ticker", pl.col("timestamp").cast(pl.Datetime("us", "UTC")), "open", "high", "low", "close", "volume",
        "transactions", pl.lit("1d").alias("timeframe"), pl.lit("polygon").alias("data_source"),
        pl.lit(1, pl.Int64).alias("batch_id"), pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).alias("ingested_at"),
    )  # fmt: skip


def _wal(database: Database) -> int:
    with database.transaction(read_only=True) as connection:
        return int(connection.execute(text("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")).scalar_one())
