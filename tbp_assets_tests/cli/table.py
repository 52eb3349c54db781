"""Reads back what a backfill left in the database."""

from __future__ import annotations

from typing import Any

from tbp_assets.storage.database import Database

KEY = "ticker, timeframe, data_source, timestamp"
VALUES = "open, high, low, close, volume, transactions"


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with database.transaction(read_only=True) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def bars(database: Database) -> list[tuple[Any, ...]]:
    """Return every bar, without batch and time of entry, which differ from run to run."""
    return rows(database, f"SELECT {KEY}, {VALUES} FROM market_data_raw ORDER BY {KEY}")


def versions(database: Database) -> list[tuple[Any, ...]]:
    """Return every bar's key with the transaction and the time that wrote it: the same only if nothing was written."""
    written = "xmin::text, ctid::text, ingested_at, batch_id"
    return rows(database, f"SELECT {KEY}, {written} FROM market_data_raw ORDER BY {KEY}")


def tickers(database: Database) -> list[str]:
    """Return the tickers that have a bar."""
    return [row[0] for row in rows(database, "SELECT DISTINCT ticker FROM market_data_raw ORDER BY ticker")]


def loads(database: Database) -> int:
    """Return the number of ledger rows."""
    return rows(database, "SELECT count(*) FROM load_ledger")[0][0]


def run(database: Database, sql: str) -> None:
    """Run a statement and commit."""
    with database.transaction() as connection:
        connection.exec_driver_sql(sql)
