"""Which tickers have bars in the database, and when: what coverage is made of."""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import Connection

from tbp_assets.bars.coverage import PRESENT_SCHEMA, SEEN_SCHEMA, Bucket
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.datasets import Dataset
from tbp_assets.storage.sql import statement


def seen(connection: Connection, dataset: Dataset, data_source: str) -> pl.DataFrame:
    """Return the first and last trading date of every ticker ever loaded (`SEEN_SCHEMA`)."""
    rows = connection.execute(statement("select_seen"), {"timeframe": dataset.timeframe, "data_source": data_source})
    return pl.DataFrame(list(map(tuple, rows)), schema=SEEN_SCHEMA, orient="row")


def present(
    connection: Connection, dataset: Dataset, data_source: str, first: date, last: date, *, bucket: Bucket
) -> pl.DataFrame:
    """Count the day bars of every ticker from a day to another, both included, by stretches (`PRESENT_SCHEMA`)."""
    values = {
        "timeframe": dataset.timeframe,
        "data_source": data_source,
        "range_start": day_bounds(first)[0],
        "range_end": day_bounds(last)[1],
        "bucket": bucket,
    }
    rows = connection.execute(statement("count_present"), values)
    return pl.DataFrame(list(map(tuple, rows)), schema=PRESENT_SCHEMA, orient="row")
