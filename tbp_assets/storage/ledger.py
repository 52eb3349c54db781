"""The load ledger: one row a load, committed together with the rows it speaks of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection

from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.datasets import Dataset
from tbp_assets.storage.database import Database
from tbp_assets.storage.sql import statement


def loads(connection: Connection, dataset: Dataset, data_source: str, first: date, last: date) -> dict[date, LoadFact]:
    """Return the newest load of every day in a range that was ever loaded."""
    values = {"dataset": dataset.name, "data_source": data_source, "first_day": first, "last_day": last}
    rows = connection.execute(statement("select_loads"), values).mappings()
    return {row["trading_date"]: LoadFact(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class Written:
    """Rows that a load changed, and those it found as they should be."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int


def written_by(
    connection: Connection, dataset: Dataset, data_source: str, run_ids: Sequence[str]
) -> dict[date, Written]:
    """Return what some runs wrote, for every day that they loaded."""
    values = {"dataset": dataset.name, "data_source": data_source, "runs": list(run_ids)}
    rows = connection.execute(statement("select_written"), values)
    return {row.trading_date: Written(row.inserted, row.updated, row.deleted, row.unchanged) for row in rows}


def known_data_source(connection: Connection) -> str | None:
    """Return whose bars the newest load brought, or None where nothing was ever loaded."""
    return connection.execute(statement("select_data_source")).scalar()


def loaded_span(connection: Connection, dataset: Dataset, data_source: str) -> list[date]:
    """Return the first and the last trading date ever loaded, or nothing."""
    values = {"dataset": dataset.name, "data_source": data_source}
    first, last = connection.execute(statement("select_span"), values).one()
    return [first, last] if first else []


def record(connection: Connection, dataset: Dataset, data_source: str, load: LoadFact) -> None:
    """Write a ledger row."""
    values = asdict(load) | {"outside": json.dumps(dict(load.outside))}
    connection.execute(statement("insert_ledger"), {**values, "dataset": dataset.name, "data_source": data_source})


def stored_rows(database: Database, dataset: Dataset, data_source: str, first: date, last: date) -> Mapping[date, int]:
    """Count the bars in the database for each trading date of a range; days without bars are absent."""
    bounds = {"range_start": day_bounds(first)[0], "range_end": day_bounds(last)[1]}
    values = bounds | {"timeframe": dataset.timeframe, "data_source": data_source}
    with database.transaction(read_only=True) as connection:
        return {row.trading_date: row.rows for row in connection.execute(statement("count_rows"), values)}
