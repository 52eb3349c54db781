"""Compression of the hypertable's older chunks, where TimescaleDB is: the policy that database.yml asks for.

A chunk is compressed by ticker and time, without segments: a month has too few bars of a ticker for one each. What is
loaded into a compressed chunk later stays there uncompressed until the policy's job comes by again.
https://docs.tigerdata.com/use-timescale/latest/compression/
"""

from __future__ import annotations

from typing import Final

from psycopg2.sql import SQL, Identifier
from sqlalchemy import Connection, text

from tbp_assets.storage.database import Database

HYPERTABLES_KNOWN: Final = "SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL"
HYPERTABLE: Final = """
SELECT compression_enabled, extension.extnamespace::regnamespace::text AS functions
FROM timescaledb_information.hypertables, pg_extension AS extension
WHERE hypertable_schema = current_schema() AND hypertable_name = 'market_data_raw' AND extension.extname = 'timescaledb'
"""
ENABLE: Final = """
ALTER TABLE market_data_raw SET
    (timescaledb.compress, timescaledb.compress_segmentby = '', timescaledb.compress_orderby = 'ticker, timestamp')
"""
REMOVE_POLICY: Final = "SELECT {functions}.remove_compression_policy('market_data_raw', if_exists => true)"
ADD_POLICY: Final = "SELECT {functions}.add_compression_policy('market_data_raw', CAST(%s AS interval))"


def follow_policy(connection: Connection, compress_after_days: int) -> None:
    """Make the hypertable's policy compress chunks that are older than some days; 0 for none.

    Chunks that are compressed already stay so. A plain table is left as it is.
    """
    if not connection.execute(text(HYPERTABLES_KNOWN)).scalar_one():
        return
    hypertable = connection.execute(text(HYPERTABLE)).one_or_none()
    if hypertable is None:
        return
    if compress_after_days and not hypertable.compression_enabled:
        connection.execute(text(ENABLE))
    with Database.driver(connection).cursor() as cursor:
        functions = Identifier(hypertable.functions)
        cursor.execute(SQL(REMOVE_POLICY).format(functions=functions))
        if compress_after_days:
            cursor.execute(SQL(ADD_POLICY).format(functions=functions), (f"{compress_after_days} days",))
