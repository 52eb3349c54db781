"""A naive model of the table and its past: a copy of everything after each load, which the database must equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.sessions import day_bounds, exchange_date
from tbp_assets.bars.universe import Universe
from tbp_assets.storage.database import Database
from tbp_assets.storage.reading import load_bars
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, row
from tbp_assets_tests.storage.days import query

Values = tuple[float, float, float, float, float, int | None]
Version = tuple[Values, int, datetime]
Table = Mapping[tuple[date, str], Version]
BAD = "bad"
# Each is a good bar; those of one name differ from the others in one value.
GOOD: dict[str, dict[str, object]] = {
    "plain": {},
    "other close": {"close": 10.500001},
    "other volume": {"volume": "0.30000000000000004"},
    "no transactions": {"transactions": ""},
}
VALUES: dict[str, Values] = {
    "plain": (10.0, 11.0, 9.5, 10.5, 1000.0, 7),
    "other close": (10.0, 11.0, 9.5, 10.500001, 1000.0, 7),
    "other volume": (10.0, 11.0, 9.5, 10.5, 0.1 + 0.2, 7),
    "no transactions": (10.0, 11.0, 9.5, 10.5, 1000.0, None),
}
COLUMNS = "open, high, low, close, volume, transactions, batch_id, ingested_at"


def file_rows(file: Mapping[str, str], day: date) -> list[str]:
    """Return the lines of a day file that gives each ticker a good bar of a name, or a bad one."""
    return [row(ticker, day, **(GOOD[name] if name != BAD else {"low": ""})) for ticker, name in sorted(file.items())]


@dataclass
class Model:
    """What a person with paper would write down.

    Attributes:
        points: The table after each load.
        revisions: Why each version that is no more had to go, and who replaced it.
    """

    now: dict[tuple[date, str], Version] = field(default_factory=dict[tuple[date, str], Version])
    points: list[tuple[LoadFact, Table]] = field(default_factory=list[tuple[LoadFact, Table]])
    revisions: dict[tuple[date, str, int], tuple[int, datetime, str]] = field(
        default_factory=dict[tuple[date, str, int], tuple[int, datetime, str]]
    )

    def load(self, file: Mapping[str, str], universe: Universe, fact: LoadFact) -> None:
        """Bring a day file in."""
        day, listed = fact.trading_date, {listing.ticker for listing in universe.listings}
        valid_listed = universe.tickers(day)
        for ticker, name in file.items():
            inside = ticker in valid_listed or (universe.everything and ticker not in listed)
            if name != BAD and inside and (day, ticker) not in self.now:
                self.now[day, ticker] = (VALUES[name], fact.batch_id, fact.loaded_at)
        for ticker in [ticker for stored_day, ticker in self.now if stored_day == day]:
            name = file.get(ticker)
            if name is None or name == BAD:
                self._replace(fact, ticker, "dropped" if name is None else "rejected", None)
            elif ticker in listed and ticker not in valid_listed:
                self._replace(fact, ticker, "outside_validity", None)
            elif self.now[day, ticker][0] != VALUES[name]:
                self._replace(fact, ticker, "changed", VALUES[name])
        self.points.append((fact, dict(self.now)))

    def _replace(self, fact: LoadFact, ticker: str, change: str, values: Values | None) -> None:
        _, batch, _ = self.now.pop((fact.trading_date, ticker))
        self.revisions[fact.trading_date, ticker, batch] = (fact.batch_id, fact.loaded_at, change)
        if values:
            self.now[fact.trading_date, ticker] = (values, fact.batch_id, fact.loaded_at)


def table(database: Database, relation: str = "market_data_raw", **values: object) -> Table:
    """Return what a table or a function holds."""
    rows = query(database, f"SELECT timestamp, ticker, {COLUMNS} FROM {relation}", **values)
    found: dict[tuple[date, str], Version] = {
        (exchange_date(row[0]), row[1]): ((row[2], row[3], row[4], row[5], row[6], row[7]), row[8], row[9])
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def frame_of(table: Table) -> pl.DataFrame:
    """Return the bars of a table as `load_bars` must give them."""
    rows = [
        (ticker, day, day_bounds(day)[0], *values, batch, ingested_at)
        for (day, ticker), (values, batch, ingested_at) in sorted(table.items(), key=lambda item: item[0][::-1])
    ]
    names = "ticker, trading_date, timestamp, open, high, low, close, volume, transactions, batch_id, ingested_at"
    types = [pl.String(), pl.Date(), pl.Datetime("ns", "UTC"), *[pl.Float64()] * 5, pl.Int64(), pl.Int64(),
             pl.Datetime("us", "UTC")]  # fmt: skip
    return pl.DataFrame(rows, schema=dict(zip(names.split(", "), types, strict=True)), orient="row")


def everything(database: Database, as_of: int | datetime | None) -> pl.DataFrame:
    """Return all bars of the two days as they stood."""
    return load_bars(database, None, TUESDAY, WEDNESDAY, as_of=as_of)


def revisions(database: Database) -> dict[tuple[date, str, int], tuple[int, datetime, str]]:
    """Return why each version that is no more had to go."""
    sql = "SELECT timestamp, ticker, batch_id, replaced_by, valid_to, change FROM market_data_revisions"
    return {(exchange_date(row[0]), row[1], row[2]): (row[3], row[4], row[5]) for row in query(database, sql)}
