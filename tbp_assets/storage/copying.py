"""COPY in PostgreSQL's binary format: the server reads numbers and times as they are, instead of parsing text.

Rows are encoded by pgpq from Arrow. https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
"""

from __future__ import annotations

import io
from typing import Any, Final, cast

import polars as pl
from pgpq import ArrowToPostgresBinaryEncoder
from sqlalchemy import Connection

from tbp_assets.storage.database import Database
from tbp_assets.storage.sql import source

MICROSECONDS: Final = pl.Datetime("us", "UTC")  # what timestamptz holds


def encoded(frame: pl.DataFrame) -> bytes:
    """Return rows as COPY ... (FORMAT binary) reads them.

    Args:
        frame: String for text, Int64 for bigint, Float64 for double precision, `MICROSECONDS` for timestamptz.
    """
    table = cast("Any", frame.to_arrow(compat_level=pl.CompatLevel.oldest()))  # pyarrow has no types
    encoder = cast("Any", ArrowToPostgresBinaryEncoder(table.schema))
    parts = [encoder.write_header(), *map(encoder.write_batch, table.to_batches()), encoder.finish()]
    return b"".join(parts)


def copy_in(connection: Connection, name: str, rows: bytes) -> None:
    """Run the COPY statement of a name with rows from `encoded`, in the transaction of a connection."""
    with Database.driver(connection).cursor() as cursor:
        cursor.copy_expert(source(name), io.BytesIO(rows))
