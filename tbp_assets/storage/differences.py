"""What a day that is there lacks, has too much or has otherwise: found by reading it back, and only that is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

import polars as pl
from sqlalchemy import Connection, text

from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.schema import VALUES
from tbp_assets.bars.universe import SelectedBars, Universe
from tbp_assets.errors import DatabaseUnavailableError
from tbp_assets.storage.bars_table import KEY, Comparison, compare, rows_between, same_bits
from tbp_assets.storage.copying import MICROSECONDS, copy_in, encoded
from tbp_assets.storage.revisions import Change
from tbp_assets.storage.sql import statement

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


class Keys(TypedDict):
    """What the statements of a load are bound to."""

    timeframe: str
    data_source: str
    range_start: datetime
    range_end: datetime
    batch_id: int
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """How many bars a load inserted, updated and deleted, and how many it found as they should be."""

    inserted: int
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0


def write_differences(connection: Connection, day: DayToLoad, keys: Keys) -> Written:
    """Make the table hold a day as the lake has it, in the transaction of a connection.

    Raises:
        DatabaseUnavailableError: Somebody else, who does not lock the day, changed it meanwhile.
    """
    stored = rows_between(connection, keys)
    if same_bits(stored, day.selected.bars.select(COPIED)):
        return Written(0, unchanged=stored.height)
    bars = _wanted(day, stored)
    found = compare(stored, bars, bars)
    if found.equal:
        return Written(0, unchanged=bars.height)
    connection.execute(statement("allow_decompression"))
    updated, inserted = _bring_in(connection, bars, found, keys)
    return Written(inserted, updated, _remove(connection, day, found.foreign, keys), bars.height - inserted - updated)


def _wanted(day: DayToLoad, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the bars of the universe, and those an earlier, wider universe brought: they follow the lake as well."""
    bars = day.selected.bars.select(COPIED)
    outside = day.accepted.join(bars, on=KEY, how="anti")
    kept = day.universe.valid(outside, day.lake.trading_date).join(stored, on="ticker", how="semi")
    return pl.concat([bars, kept.select(COPIED)]).sort(KEY)


def _of_keys(bars: pl.DataFrame, *some: pl.DataFrame) -> pl.DataFrame:
    return bars.join(pl.concat([frame.select(KEY) for frame in some]), on=KEY, how="semi", maintain_order="left")


def _bring_in(connection: Connection, bars: pl.DataFrame, found: Comparison, keys: Keys) -> tuple[int, int]:
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


def _remove(connection: Connection, day: DayToLoad, foreign: pl.DataFrame, keys: Keys) -> int:
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
