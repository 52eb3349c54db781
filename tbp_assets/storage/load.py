"""Load one trading day in one transaction: lock, look in the ledger, COPY, write the ledger row, commit.

Where the ledger says the day is empty, bars are copied straight into the table. Otherwise the day is read back, bounded
by its dates, and only what differs is staged and written: loading a day again writes no more than its ledger row, and
its bars keep their batch and time of entry. What a bar was before moves to market_data_revisions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypedDict

import polars as pl
from psycopg2.errors import UniqueViolation
from sqlalchemy import Connection, text

from tbp_assets.bars.facts import LakeFact, LoadFact
from tbp_assets.bars.schema import VALUES
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.bars.universe import SelectedBars, Universe
from tbp_assets.datasets import Dataset
from tbp_assets.errors import DatabaseRefusedError, DatabaseUnavailableError
from tbp_assets.storage.bars_table import KEY, Comparison, compare, rows_between
from tbp_assets.storage.copying import MICROSECONDS, copy_in, encoded
from tbp_assets.storage.database import Database
from tbp_assets.storage.failed_downloads import ResolvedBy, resolve
from tbp_assets.storage.ledger import loads, record
from tbp_assets.storage.revisions import Change
from tbp_assets.storage.sql import statement

SYNTHETIC = "synthetic"
MOST_STATEMENTS = 20
COPIED = ("ticker", "timestamp", *VALUES)


@dataclass(frozen=True, slots=True)
class DayToLoad:
    """A validated day and the part of it that enters the database.

    Attributes:
        lake: The day's fact, of status `validated`.
        accepted: Every accepted bar of the day, inside the universe or not.
        selected: The bars inside the universe and the counts outside.
        quarantined: Reads the tickers of the day's quarantined rows; called only where a stored bar has to go.
    """

    lake: LakeFact
    accepted: pl.DataFrame
    selected: SelectedBars
    universe: Universe
    quarantined: Callable[[], frozenset[str]]


class _Keys(TypedDict):
    timeframe: str
    data_source: str
    range_start: datetime
    range_end: datetime
    batch_id: int
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class _Written:
    inserted: int
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0


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


def _keys(connection: Connection, dataset: Dataset, day: date, data_source: str) -> _Keys:
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


def _write(connection: Connection, day: DayToLoad, keys: _Keys, *, empty: bool) -> _Written:
    if empty and _copied_directly(connection, day.selected.bars.select(COPIED), keys):
        return _Written(day.selected.bars.height)
    stored = rows_between(connection, keys)
    if stored.equals(day.selected.bars.select(COPIED)):
        return _Written(0, unchanged=stored.height)
    bars = _wanted(day, stored)
    found = compare(stored, bars, bars)
    if found.equal:
        return _Written(0, unchanged=bars.height)
    connection.execute(statement("allow_decompression"))
    updated, inserted = _bring_in(connection, bars, found, keys)
    return _Written(inserted, updated, _remove(connection, day, found.foreign, keys), bars.height - inserted - updated)


def _wanted(day: DayToLoad, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the bars of the universe, and those an earlier, wider universe brought: they follow the lake as well."""
    bars = day.selected.bars.select(COPIED)
    outside = day.accepted.join(bars, on=KEY, how="anti")
    kept = day.universe.valid(outside, day.lake.trading_date).join(stored, on="ticker", how="semi")
    return pl.concat([bars, kept.select(COPIED)]).sort(KEY)


def _of_keys(bars: pl.DataFrame, *some: pl.DataFrame) -> pl.DataFrame:
    return bars.join(pl.concat([frame.select(KEY) for frame in some]), on=KEY, how="semi", maintain_order="left")


def _bring_in(connection: Connection, bars: pl.DataFrame, found: Comparison, keys: _Keys) -> tuple[int, int]:
    """Write bars that differ from those stored or are new, and return how many were updated and inserted."""
    wanted = _of_keys(bars, found.absent, found.different)
    if wanted.is_empty():
        return 0, 0
    connection.execute(statement("forbid_nested_loops"))
    connection.execute(statement("create_staging"))
    copy_in(connection, "copy_staging", encoded(wanted.with_columns(pl.col("timestamp").cast(MICROSECONDS))))
    connection.execute(text("ANALYZE staged_bars"))
    updated = sum(_update(connection, {**keys, **bounds}) for bounds in _bounds(found.different["ticker"]))
    inserted = 0 if found.absent.is_empty() else connection.execute(statement("insert_new"), keys).rowcount
    return updated, inserted


def _update(connection: Connection, values: Mapping[str, object]) -> int:
    kept = connection.execute(statement("keep_changed"), values).rowcount
    updated = connection.execute(statement("update_changed"), values).rowcount
    if kept != updated:
        raise DatabaseUnavailableError(
            f"somebody else changed bars meanwhile: {kept:,} were kept, {updated:,} replaced"
        )
    return updated


def _bounds(tickers: pl.Series) -> list[dict[str, str]]:
    """Return first and last ticker of the statements that change bars: one for each ticker, or one for many.

    In a compressed chunk a statement decompresses the rows of every ticker between its bounds.
    """
    ordered = tickers.unique().sort()
    if ordered.len() > MOST_STATEMENTS:
        return [{"first_ticker": ordered[0], "last_ticker": ordered[-1]}]
    return [{"first_ticker": ticker, "last_ticker": ticker} for ticker in ordered]


def _remove(connection: Connection, day: DayToLoad, foreign: pl.DataFrame, keys: _Keys) -> int:
    """Take away what the accepted day no longer holds, each bar with its cause, and return how many."""
    if foreign.is_empty():
        return 0
    gone = foreign.select(KEY).rows()
    tickers, timestamps = foreign["ticker"].to_list(), foreign["timestamp"].dt.cast_time_unit("us").to_list()
    accepted = set(day.accepted.filter(pl.col("ticker").is_in(tickers)).select(KEY).iter_rows())
    quarantined = day.quarantined()

    def cause(ticker: str, timestamp: datetime) -> Change:
        if (ticker, timestamp) in accepted:
            return "outside_validity"
        return "rejected" if ticker in quarantined else "dropped"

    values = {"tickers": tickers, "timestamps": timestamps, "causes": [cause(*key) for key in gone]}
    return sum(
        connection.execute(statement("delete_removed"), {**keys, **values, **bounds}).rowcount
        for bounds in _bounds(foreign["ticker"])
    )


def _copied_directly(connection: Connection, bars: pl.DataFrame, keys: _Keys) -> bool:
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


def _ledger_row(day: DayToLoad, keys: _Keys, written: _Written, run_id: str) -> LoadFact:
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
