"""What loads changed and took away: per load, and value by value. The UI's metadata and `tbp restatements` show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection

from tbp_assets.bars.sessions import day_bounds
from tbp_assets.datasets import Dataset
from tbp_assets.storage.sql import statement

Change = Literal["changed", "dropped", "rejected", "outside_validity"]
CHANGES: tuple[Change, ...] = ("changed", "dropped", "rejected", "outside_validity")


@dataclass(frozen=True, slots=True)
class Days:
    """The bars looked at: trading dates, both included, and perhaps one ticker."""

    dataset: Dataset
    data_source: str
    first: date
    last: date
    ticker: str | None = None

    @property
    def bound(self) -> dict[str, object]:
        """Values of the statements' parameters."""
        return {
            "dataset": self.dataset.name,
            "timeframe": self.dataset.timeframe,
            "data_source": self.data_source,
            "first_day": self.first,
            "last_day": self.last,
            "range_start": day_bounds(self.first)[0],
            "range_end": day_bounds(self.last)[1],
            "ticker": self.ticker,
        }


@dataclass(frozen=True, slots=True)
class Restatement:
    """A load that changed a day: what was there before it came from another file, other rules or another validity.

    Attributes:
        earlier_sha256: File of the day's load before; the same as `source_sha256` where rules or validity changed.
        added: Bars it brought that the load before had not; a universe widened in the same load counts as well.
    """

    trading_date: date
    batch_id: int
    loaded_at: datetime
    earlier_sha256: str
    source_sha256: str
    changed: int
    dropped: int
    rejected: int
    outside_validity: int
    added: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that is no more.

    Attributes:
        new: What it became; None where the bar was taken away, or the new value is null.
        valid_from: When the load that wrote it took place.
        batch_id: The load that replaced it.
    """

    trading_date: date
    ticker: str
    column: str
    old: float | int | None
    new: float | int | None
    change: Change
    valid_from: datetime
    valid_to: datetime
    batch_id: int


@dataclass(frozen=True, slots=True)
class RestatedBars:
    """The bars of a day that one load changed or took away, for one cause."""

    batch_id: int
    trading_date: date
    loaded_at: datetime
    run_id: str
    change: Change
    tickers: Sequence[str]


def restatements(connection: Connection, days: Days, *, most: int) -> list[Restatement]:
    """Return the loads of a range of days that changed something, newest first."""
    rows = connection.execute(statement("select_restatements"), {**days.bound, "most": most}).mappings()
    return [Restatement(**row) for row in rows]


def cells(connection: Connection, days: Days, *, most: int, batch_id: int | None = None) -> tuple[list[Cell], int]:
    """Return values that were changed or taken away, newest load first, and how many there are in all."""
    values = {**days.bound, "batch": batch_id, "most": most}
    rows = connection.execute(statement("select_cells"), values).all()
    return [_whole(Cell(*row[:-1])) for row in rows], rows[0].total if rows else 0


def counts(connection: Connection, batch_id: int) -> dict[Change, int]:
    """Return how many bars a load changed or took away, by cause; no entry for none."""
    rows = connection.execute(statement("count_changes"), {"batch_id": batch_id})
    found: dict[str, int] = {row.change: row.bars for row in rows}
    return {change: found[change] for change in CHANGES if change in found}


def restated_since(connection: Connection, dataset: Dataset, data_source: str, since: datetime) -> list[RestatedBars]:
    """Return what loads changed, dropped or had rejected since a moment, oldest first."""
    values = {"dataset": dataset.name, "data_source": data_source, "since": since}
    rows = connection.execute(statement("select_restated"), values).mappings()
    return [RestatedBars(**row) for row in rows]


def _whole(cell: Cell) -> Cell:
    # All values of a column of SQL have one type; numbers of trades are whole.
    if cell.column != "transactions":
        return cell
    return replace(
        cell, old=None if cell.old is None else int(cell.old), new=None if cell.new is None else int(cell.new)
    )
