"""Bars as a frame: as they are, or as they stood after a load or at a moment. `tbp_assets.load_bars` is the way in."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import polars as pl
from psycopg2.sql import SQL
from sqlalchemy import Connection

from tbp_assets.bars.schema import BAR_SCHEMA, NEW_YORK, STAMP, VALUES
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import UsageError
from tbp_assets.storage.database import Database
from tbp_assets.storage.sql import source, statement

AsOf = int | date | datetime | str | None

MOMENT: Final = pl.Datetime("us", "UTC")
COPIED_SCHEMA: Final = pl.Schema(
    {name: BAR_SCHEMA[name] for name in ("ticker", *VALUES)}
    | {"timestamp": pl.Int64(), "batch_id": pl.Int64(), "ingested_at": pl.Int64()}
)
LOADED_SCHEMA: Final = pl.Schema(
    {name: BAR_SCHEMA[name] for name in ("ticker", "trading_date", "timestamp", *VALUES)}
    | {"batch_id": pl.Int64(), "ingested_at": MOMENT}
)
CLOCKS_APART: Final = timedelta(minutes=5)  # between this machine and the database
TIMEFRAMES: Final = (US_STOCKS_DAY_AGGS.timeframe,)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A request, checked.

    Attributes:
        tickers: None for all.
        as_of: A batch, a moment, or None for now.
    """

    tickers: list[str] | None
    start: date
    end: date
    as_of: int | datetime | None
    timeframe: str


def load_bars(
    database: Database,
    symbols: str | Sequence[str] | None,
    start: date | str,
    end: date | str,
    *,
    as_of: AsOf = None,
    timeframe: str = "1d",
    data_source: str | None = None,
) -> pl.DataFrame:
    """Return bars (`LOADED_SCHEMA`) sorted by ticker, as bytes, and timestamp. See `tbp_assets.load_bars`."""
    wanted = _checked(symbols, start, end, as_of, timeframe)
    with database.transaction(read_only=True) as connection:
        values = {"timeframe": timeframe, "data_source": _source(connection, database, wanted, data_source)}
        bars = _copied(connection, wanted, values)
        if absent := set(wanted.tickers or []) - set(bars["ticker"].unique()):
            refuse_unknown(connection, database, absent, values)
    return bars


def _checked(
    symbols: str | Sequence[str] | None, start: date | str, end: date | str, as_of: AsOf, timeframe: str
) -> _Wanted:
    tickers = [symbols] if isinstance(symbols, str) else symbols if symbols is None else sorted(set(symbols))
    if tickers is not None and not all(tickers or [""]):
        raise UsageError("no symbols are given: None stands for all, a symbol is not empty")
    first, last = _trading_date("start", start), _trading_date("end", end)
    if first > last:
        raise UsageError(f"start {first} is after end {last}")
    if timeframe not in TIMEFRAMES:
        raise UsageError(f"there are no bars of timeframe {timeframe!r}, only {', '.join(TIMEFRAMES)}")
    return _Wanted(tickers, first, last, _point(as_of), timeframe)


def _trading_date(name: str, value: date | str) -> date:
    if isinstance(value, datetime):
        raise UsageError(f"{name} is a trading date, not a moment: {value}")
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{name} {value!r} is no date: write YYYY-MM-DD") from None


def _point(as_of: AsOf) -> int | datetime | None:
    if isinstance(as_of, str):
        as_of = _parsed(as_of)
    if isinstance(as_of, datetime):
        if as_of.utcoffset() is None:
            raise UsageError(f"as_of {as_of} has no UTC offset: write e.g. {as_of.isoformat()}+00:00")
        return _past(as_of)
    if isinstance(as_of, date):
        return _past(datetime.combine(as_of, time(), UTC))
    if as_of is not None and (isinstance(as_of, bool) or as_of < 1):
        raise UsageError(f"as_of {as_of} is no batch: they are numbered from 1")
    return as_of


def _past(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + CLOCKS_APART:
        raise UsageError(f"as_of {moment} lies in the future: what will be loaded until then is not known")
    return moment


def _parsed(text: str) -> date | datetime:
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    raise UsageError(
        f"as_of {text!r} is no moment: write YYYY-MM-DD (its start in UTC), YYYY-MM-DDTHH:MM:SS+00:00, or a batch id "
        "as a number"
    )


def _source(connection: Connection, database: Database, wanted: _Wanted, asked: str | None) -> str:
    """Return whose bars are read: the source asked for, else the only one there is."""
    newest: dict[str, int] = {
        row.data_source: row.newest_batch for row in connection.execute(statement("select_sources"))
    }
    if not newest:
        raise UsageError(f"{database.address} holds no bars yet: run `tbp backfill`")
    if asked is None and len(newest) > 1:
        raise UsageError(f"{database.address} holds bars of {', '.join(newest)}: say which with data_source")
    if asked is not None and asked not in newest:
        raise UsageError(f"{database.address} holds no {asked} bars, only {', '.join(newest)}")
    if isinstance(wanted.as_of, int) and wanted.as_of > max(newest.values()):
        raise UsageError(
            f"there is no batch {wanted.as_of} yet, the newest of {database.address} is {max(newest.values())}"
        )
    return asked or next(iter(newest))


def _copied(connection: Connection, wanted: _Wanted, values: dict[str, str]) -> pl.DataFrame:
    query = SQL(source("copy_bars_out")).format(bars=_relation(wanted.as_of))
    bound = values | {
        "tickers": wanted.tickers,
        "as_of": wanted.as_of,
        "range_start": day_bounds(wanted.start)[0],
        "range_end": day_bounds(wanted.end)[1],
    }
    buffer = io.BytesIO()
    with Database.driver(connection).cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(query, bound), buffer)
    buffer.seek(0)
    rows = pl.read_csv(buffer, schema_overrides=COPIED_SCHEMA)
    stamp = (pl.col("timestamp") * 1000).cast(STAMP)
    return rows.with_columns(
        stamp.alias("timestamp"),
        stamp.dt.convert_time_zone(NEW_YORK).dt.date().alias("trading_date"),
        pl.col("ingested_at").cast(MOMENT),
    ).select(LOADED_SCHEMA.names())


def _relation(as_of: int | datetime | None) -> SQL:
    if as_of is None:
        return SQL("market_data_raw")
    return SQL("market_data_at_batch(%(as_of)s)" if isinstance(as_of, int) else "market_data_as_of(%(as_of)s)")


def refuse_unknown(connection: Connection, database: Database, tickers: set[str], values: Mapping[str, str]) -> None:
    """Raise UsageError for tickers of which the database never held a bar of a timeframe and a data source."""
    asked = {**values, "tickers": sorted(tickers)}
    unknown = list(connection.execute(statement("select_unknown_tickers"), asked).scalars())
    if unknown:
        raise UsageError(
            f"{database.address} never held a {values['timeframe']} bar of {', '.join(unknown)} from "
            f"{values['data_source']}: tickers are case-sensitive; config/instruments.yml says which are loaded"
        )
