"""Load one trading day in one transaction: lock, look in the ledger, COPY, write the ledger row, commit.

Where the ledger says the day is empty, bars are copied straight into the table. Otherwise the day is read back, bounded
by its dates, and only what differs is staged and written: loading a day again writes no more than its ledger row, and
its bars keep their batch and time of entry. What a bar was before moves to market_data_revisions.
"""

from __future__ import annotations

from datetime import UTC, date

import polars as pl
from psycopg2.errors import UniqueViolation
from sqlalchemy import Connection

from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.datasets import Dataset
from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.storage.copying import MICROSECONDS, copy_in, encoded
from tbp_assets.storage.database import Database
from tbp_assets.storage.differences import COPIED, DayToLoad, Keys, Written, write_differences
from tbp_assets.storage.failed_downloads import ResolvedBy, resolve
from tbp_assets.storage.ledger import loads, record
from tbp_assets.storage.sql import statement

SYNTHETIC = "synthetic"


def load_day(
    database: Database, dataset: Dataset, day: DayToLoad, run_id: str, repaired_by: ResolvedBy | None = None
) -> LoadFact:
    """Bring a day into the database and return its ledger row.

    Args:
        database: Where to.
        dataset: Of what.
        day: The day.
        run_id: Of the Dagster run, for the ledger.
        repaired_by: Who resolves the day's failure by this load; None where the day stays open all the same.

    Raises:
        DatabaseRefusedError: Invented bars and a real database, or invented and real bars in one database.
        DatabaseUnavailableError: See `Database.transaction`; nothing of the day was changed.
    """
    lake, data_source = day.lake, day.lake.data_source
    refuse_stand_in(database, data_source, lake.trading_date)
    with database.transaction() as connection:
        connection.execute(statement("lock_day"), {"day_key": f"{dataset.name} {data_source} {lake.trading_date}"})
        refuse_mixture(connection, database, data_source)
        keys = _keys(connection, dataset, lake.trading_date, data_source)
        known = loads(connection, dataset, data_source, lake.trading_date, lake.trading_date)
        written = _write(connection, day, keys, empty=not known)
        load = _ledger_row(day, keys, written, run_id)
        record(connection, dataset, data_source, load)
        if repaired_by:
            resolve(connection, dataset, data_source, lake.trading_date, run_id=run_id, resolved_by=repaired_by)
    return load


def refuse_stand_in(database: Database, data_source: str, day: date) -> None:
    """Raise DatabaseRefusedError where invented data of a day would enter a database that is not the embedded one."""
    if data_source == SYNTHETIC and not database.embedded:
        raise DatabaseRefusedError(f"{day}: synthetic bars only enter the embedded database, not {database.address}")


def refuse_mixture(connection: Connection, database: Database, data_source: str) -> None:
    """Raise DatabaseRefusedError where a database holds invented bars and real ones are to enter, or the reverse."""
    other = connection.execute(statement("foreign_source"), {"data_source": data_source}).scalar()
    if other:
        raise DatabaseRefusedError(
            f"{database.address} holds {other} bars; {data_source} bars stay out: use another TBP_HOME or database"
        )


def _keys(connection: Connection, dataset: Dataset, day: date, data_source: str) -> Keys:
    start, end = day_bounds(day)
    values = {"dataset": dataset.name, "data_source": data_source, "trading_date": day}
    batch_id, loaded_at = connection.execute(statement("open_batch"), values).one()
    return {
        "timeframe": dataset.timeframe,
        "data_source": data_source,
        "range_start": start,
        "range_end": end,
        "batch_id": batch_id,
        "loaded_at": loaded_at,
    }


def _write(connection: Connection, day: DayToLoad, keys: Keys, *, empty: bool) -> Written:
    if empty and _copied_directly(connection, day.selected.bars.select(COPIED), keys):
        return Written(day.selected.bars.height)
    return write_differences(connection, day, keys)


def _copied_directly(connection: Connection, bars: pl.DataFrame, keys: Keys) -> bool:
    rows = bars.with_columns(
        pl.col("timestamp").cast(MICROSECONDS),
        timeframe=pl.lit(keys["timeframe"]),
        data_source=pl.lit(keys["data_source"]),
        batch_id=pl.lit(keys["batch_id"], pl.Int64),
        ingested_at=pl.lit(keys["loaded_at"].astimezone(UTC), MICROSECONDS),
    )
    savepoint = connection.begin_nested()
    try:
        copy_in(connection, "copy_bars", encoded(rows))
    except UniqueViolation:
        # Rows without a ledger row: written by somebody else, so compare instead of copying.
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def _ledger_row(day: DayToLoad, keys: Keys, written: Written, run_id: str) -> LoadFact:
    return LoadFact(
        trading_date=day.lake.trading_date,
        batch_id=keys["batch_id"],
        source_sha256=day.lake.source_sha256,
        rules=day.lake.rules,
        universe=day.universe.name,
        universe_hash=day.universe.hash,
        run_id=run_id,
        accepted=day.lake.accepted,
        selected=day.selected.bars.height,
        outside=day.selected.outside,
        inserted=written.inserted,
        updated=written.updated,
        deleted=written.deleted,
        unchanged=written.unchanged,
        loaded_at=keys["loaded_at"],
        partial=day.universe.partial,
    )
