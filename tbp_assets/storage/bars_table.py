"""Read bars back from market_data_raw and compare them with the lake, row by row and bit for bit."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import Connection

from tbp_assets.bars.schema import BAR_SCHEMA, NEW_YORK, STAMP, VALUES
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.bars.universe import Universe
from tbp_assets.datasets import Dataset
from tbp_assets.storage.database import Database
from tbp_assets.storage.sql import source, statement

KEY = ("ticker", "timestamp")
NO_ROWS = pl.DataFrame(schema={name: BAR_SCHEMA[name] for name in (*KEY, *VALUES)})


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the database differs from the lake for one day.

    Attributes:
        compared: Bars of the lake that must be in the database, and are or are not.
        absent: Bars that are not there.
        foreign: Rows of the database that no accepted bar of the lake explains.
        different: Bars whose values differ.
    """

    compared: int
    absent: pl.DataFrame
    foreign: pl.DataFrame
    different: pl.DataFrame

    @property
    def equal(self) -> bool:
        """Whether database and lake say the same."""
        return self.absent.is_empty() and self.foreign.is_empty() and self.different.is_empty()


def read_days(
    database: Database, dataset: Dataset, data_source: str, first: date, last: date
) -> dict[date, pl.DataFrame]:
    """Return the bars of a range of trading dates, each day by ticker (as bytes) and time.

    Columns: ticker, timestamp (UTC, ns), open, high, low, close, volume, transactions. Days without bars are absent.
    """
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    values = {"timeframe": dataset.timeframe, "data_source": data_source, "range_start": start, "range_end": end}
    with database.transaction(read_only=True) as connection:
        rows = rows_between(connection, values)
    day = pl.col("timestamp").dt.convert_time_zone(NEW_YORK).dt.date().alias("day")
    parts = rows.with_columns(day).partition_by("day", include_key=False, as_dict=True)
    return {found: part for (found,), part in parts.items()}


def rows_between(connection: Connection, values: Mapping[str, object]) -> pl.DataFrame:
    """Return the bars of a span of time in the columns of `read_days`, by ticker (as bytes) and time.

    Args:
        connection: In whose transaction they are read.
        values: timeframe, data_source, range_start and range_end (excluded).
    """
    buffer = io.BytesIO()
    with Database.driver(connection).cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(source("copy_days_out"), values), buffer)
    buffer.seek(0)
    types = {name: BAR_SCHEMA[name] for name in ("ticker", *VALUES)} | {"timestamp": pl.String()}
    stamp = pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us").cast(STAMP)
    return pl.read_csv(buffer, schema_overrides=types, empty_string_is_null=True).with_columns(stamp).sort(KEY)


def read_day(database: Database, dataset: Dataset, data_source: str, day: date) -> pl.DataFrame:
    """Return the bars of one trading date, as `read_days` does."""
    return read_days(database, dataset, data_source, day, day).get(day, NO_ROWS)


def same_bits(some: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether bars are the same, bit for bit, in the same order."""
    equal = some.equals(others)
    return equal and some.select(_minus_zero("volume")).equals(others.select(_minus_zero("volume")))


def _minus_zero(name: str) -> pl.Expr:
    """Whether a value is -0, which equals 0; of a bar's values only the volume can be 0."""
    return (1 / pl.col(name)).fill_null(0.0) == float("-inf")


def silent_tickers(
    database: Database, dataset: Dataset, data_source: str, universe: Universe, days: Sequence[date]
) -> list[str]:
    """Return the listed tickers that have no bar on any of the given days on which they are valid.

    A ticker that is valid on none of the days is expected on none.
    """
    spans = [
        (listing.ticker, day_bounds(valid[0])[0], day_bounds(valid[-1])[1])
        for listing in universe.listings
        if (valid := [day for day in sorted(days) if listing.first <= day <= listing.last])
    ]
    if not spans:
        return []
    tickers, starts, ends = map(list, zip(*spans, strict=True))
    values = {"tickers": tickers, "starts": starts, "ends": ends}
    values |= {"timeframe": dataset.timeframe, "data_source": data_source}
    with database.transaction(read_only=True) as connection:
        return list(connection.execute(statement("select_silent"), values).scalars())


def compare(stored: pl.DataFrame, accepted: pl.DataFrame, selected: pl.DataFrame) -> Comparison:
    """Compare the stored rows of a day with the lake.

    Args:
        stored: Rows of the database (`read_day`).
        accepted: Every accepted bar of the lake's day.
        selected: Those that must be in the database.
    """
    if same_bits(stored, selected.select(NO_ROWS.columns)):
        return Comparison(selected.height, NO_ROWS, NO_ROWS, NO_ROWS)
    pairs = stored.join(accepted, on=KEY, suffix="_lake", maintain_order="left")
    differs = pl.any_horizontal(
        _minus_zero("volume") != _minus_zero("volume_lake"),
        *(pl.col(name).ne_missing(pl.col(f"{name}_lake")) for name in VALUES),
    )
    columns = [*KEY, *(column for name in VALUES for column in (name, f"{name}_lake"))]
    return Comparison(
        compared=selected.height,
        absent=selected.join(stored, on=KEY, how="anti").select(*KEY, *VALUES),
        foreign=stored.join(accepted, on=KEY, how="anti"),
        different=pairs.filter(differs).select(columns),
    )
