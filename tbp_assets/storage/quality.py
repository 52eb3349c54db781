"""The tables of quality: a day's metrics and flags, written together in one transaction, and what is asked of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, CursorResult

from tbp_assets.bars.facts import LakeFact, QualityFact
from tbp_assets.bars.flags import FLAG_SCHEMA
from tbp_assets.bars.metrics import METRICS_SCHEMA, OTHER_TICKERS
from tbp_assets.datasets import Dataset
from tbp_assets.storage.database import Database
from tbp_assets.storage.load import refuse_mixture, refuse_stand_in
from tbp_assets.storage.sql import source, statement

STORED_SCHEMA: Final = pl.Schema({"date": pl.Date()} | METRICS_SCHEMA | {"quality_score": pl.Float64()})


SUMS_SCHEMA: Final = pl.Schema(
    {
        "total": pl.Int64(),
        "accepted": pl.Int64(),
        "rejected": pl.Int64(),
        "modified": pl.Int64(),
        "score": pl.Float64(),
    }
)


@dataclass(frozen=True, slots=True)
class MeasuredDay:
    """A day's quality on its way into the database.

    Attributes:
        metrics: `METRICS_SCHEMA`.
        flags: `FLAG_SCHEMA`, of the universe, by ticker and rule.
        judged_by: See `QualityFact`.
    """

    lake: LakeFact
    metrics: pl.DataFrame
    flags: pl.DataFrame
    judged_by: str


@dataclass(frozen=True, slots=True)
class QualityWritten:
    """What storing a day did: rows it holds now, and whether anything had to be written."""

    metrics: int
    flags: int
    changed: bool


def store_quality(database: Database, dataset: Dataset, day: MeasuredDay, run_id: str) -> QualityWritten:
    """Bring a day's quality into the database; what is there already, and the same, is left as it is.

    Raises:
        DatabaseRefusedError: Invented data and a real database, or invented and real data in one database.
        DatabaseUnavailableError: See `Database.transaction`; nothing of the day was changed.
    """
    data_source, trading_date = day.lake.data_source, day.lake.trading_date
    refuse_stand_in(database, data_source, trading_date)
    whose = {"dataset": dataset.name, "data_source": data_source, "trading_date": trading_date}
    with database.transaction() as connection:
        connection.execute(statement("lock_day"), {"day_key": f"quality {dataset.name} {data_source} {trading_date}"})
        refuse_mixture(connection, database, data_source)
        known = Quality(connection, dataset, data_source)
        stored = known.metrics(trading_date, trading_date).select(METRICS_SCHEMA.names())
        changed = not (stored.equals(day.metrics) and known.flags(trading_date, trading_date).equals(day.flags))
        if changed:
            _replace(connection, day, whose)
        fact = known.days(trading_date, trading_date).get(trading_date)
        if changed or fact is None or (fact.judged_by, fact.source_sha256) != (day.judged_by, day.lake.source_sha256):
            values = {"source_sha256": day.lake.source_sha256, "judged_by": day.judged_by, "run_id": run_id}
            connection.execute(statement("record_quality_day"), whose | values)
    return QualityWritten(day.metrics.height, day.flags.height, changed)


def _replace(connection: Connection, day: MeasuredDay, whose: Mapping[str, object]) -> None:
    constants = [pl.lit(whose[name]).alias(name) for name in ("trading_date", "dataset", "data_source")]
    connection.execute(statement("delete_quality_metrics"), whose)
    _copy(connection, "copy_quality_metrics", day.metrics.with_columns(constants))
    connection.execute(statement("delete_quality_flags"), whose)
    _copy(connection, "copy_quality_flags", day.flags.with_columns(constants[1:]))


def _copy(connection: Connection, name: str, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False)
    buffer.seek(0)
    with Database.driver(connection).cursor() as cursor:
        cursor.copy_expert(source(name), buffer)


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of the quality of one dataset from one data source, asked over one connection."""

    connection: Connection
    dataset: Dataset
    data_source: str

    def metrics(self, first: date, last: date, ticker: str | None = None) -> pl.DataFrame:
        """Return the metrics of a range of days (`STORED_SCHEMA`), by date and ticker; counts by reason as JSON."""
        rows = self._rows("select_quality_metrics", first, last, ticker=ticker)
        return pl.DataFrame(list(map(tuple, rows)), schema=STORED_SCHEMA, orient="row")

    def by_day(self, first: date, last: date) -> pl.DataFrame:
        """Return what the rows of each day of a range add up to: trading_date, `SUMS_SCHEMA`; by trading date."""
        rows = self._rows("sum_quality_by_day", first, last)
        return pl.DataFrame(list(map(tuple, rows)), schema={"trading_date": pl.Date(), **SUMS_SCHEMA}, orient="row")

    def by_ticker(self, first: date, last: date) -> pl.DataFrame:
        """Return what the rows of each ticker add up to over a range: ticker, `SUMS_SCHEMA`; the worst first."""
        rows = self._rows("sum_quality_by_ticker", first, last)
        return pl.DataFrame(list(map(tuple, rows)), schema={"ticker": pl.String(), **SUMS_SCHEMA}, orient="row")

    def score(self, day: date, ticker: str) -> float | None:
        """Return a ticker's score on a day: null where its file has no row of it, or the day was never measured.

        A ticker without a row of its own shares that of those without a fault.
        """
        of_the_day = self.metrics(day, day)
        for name in (ticker, OTHER_TICKERS):
            found = of_the_day.filter(pl.col("ticker") == name)["quality_score"]
            if found.len():
                return found[0]
        return None

    def flags(self, first: date, last: date, ticker: str | None = None, rule: str | None = None) -> pl.DataFrame:
        """Return the flags of a range of days (`FLAG_SCHEMA`), by date, ticker and rule."""
        rows = self._rows("select_quality_flags", first, last, ticker=ticker, rule=rule)
        return pl.DataFrame(list(map(tuple, rows)), schema=FLAG_SCHEMA, orient="row")

    def flag_counts(self, first: date, last: date) -> dict[date, dict[str, int]]:
        """Return how often each flag was raised on each measured day of a range, oldest first."""
        counts: dict[date, dict[str, int]] = {}
        for row in self._rows("count_quality_flags", first, last):
            of_the_day = counts.setdefault(row.trading_date, {})
            if row.rule is not None:
                of_the_day[row.rule] = row.flags
        return counts

    def days(self, first: date, last: date) -> dict[date, QualityFact]:
        """Return what each measured day of a range was measured from."""
        found = [QualityFact(**row) for row in self._rows("select_quality_days", first, last).mappings()]
        return {fact.trading_date: fact for fact in found}

    def _rows(self, name: str, first: date, last: date, **values: object) -> CursorResult[Any]:
        whose = {"dataset": self.dataset.name, "data_source": self.data_source, "first_day": first, "last_day": last}
        return self.connection.execute(statement(name), {**whose, **values})
