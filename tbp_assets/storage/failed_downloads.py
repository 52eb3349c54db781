"""The table failed_downloads: written when a day fails, resolved when it succeeds, asked what may be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from tbp_assets.bars.failures import TRANSIENT, Failure, Patience
from tbp_assets.datasets import Dataset
from tbp_assets.errors import Category
from tbp_assets.storage.database import Database
from tbp_assets.storage.sql import statement

ResolvedBy = Literal["retry", "schedule", "sensor", "person"]
LONGEST_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class DayFault:
    """What went wrong for a day; `ticker` only where a source is asked ticker by ticker."""

    trading_date: date
    error_type: Category
    error_message: str
    ticker: str | None = None


@dataclass(frozen=True, slots=True)
class FailedDownload:
    """A row of failed_downloads."""

    id: int
    data_type: str
    data_source: str
    date: date
    ticker: str | None
    error_type: Category
    error_message: str
    attempts: int
    run_id: str
    created_at: datetime
    last_attempt_at: datetime
    resolved_at: datetime | None
    resolved_by: ResolvedBy | None

    @property
    def failure(self) -> Failure:
        """The row as the rules on repetition see it."""
        return Failure(
            self.date, self.error_type, self.error_message, self.attempts, self.created_at, self.last_attempt_at
        )


@dataclass(frozen=True, slots=True)
class FailureCounts:
    """Failures of one type.

    Attributes:
        recovered: Repaired by a retry, the schedule or the sensor: without a person.
        repaired: Repaired by a person's backfill.
    """

    error_type: Category
    failures: int
    unresolved: int
    recovered: int
    repaired: int


def recovery_rate(counts: Iterable[FailureCounts]) -> float | None:
    """Return the share of transient failures that ended without a person, or None where none has ended.

    Failures that are still being repeated count neither way.
    """
    transient = [count for count in counts if count.error_type in TRANSIENT]
    ended = sum(count.recovered + count.repaired for count in transient)
    return sum(count.recovered for count in transient) / ended if ended else None


@dataclass(frozen=True, slots=True)
class FailedDownloads:
    """The failures of one dataset from one data source."""

    database: Database
    dataset: Dataset
    data_source: str

    def record(self, fault: DayFault, run_id: str) -> None:
        """Record that a day failed; an unresolved failure of the day counts one attempt more, once a run."""
        self.record_batch([fault], run_id)

    def record_batch(self, faults: Sequence[DayFault], run_id: str) -> None:
        """Record that days failed, all or none."""
        if not faults:
            return
        rows = [
            {
                **self._whose(),
                "date": fault.trading_date,
                "ticker": fault.ticker,
                "error_type": fault.error_type,
                "error_message": fault.error_message.replace("\0", "")[:LONGEST_MESSAGE],
                "run_id": run_id,
            }
            for fault in faults
        ]
        with self.database.transaction() as connection:
            connection.execute(statement("record_failure"), rows)

    def all(self, first: date, last: date, *, resolved: bool = True) -> list[FailedDownload]:
        """Return the failures of a range of trading dates, oldest first."""
        values = {**self._whose(), "first_day": first, "last_day": last, "resolved": resolved}
        with self.database.transaction(read_only=True) as connection:
            rows = connection.execute(statement("select_failures"), values).mappings()
            return [FailedDownload(**row) for row in rows]

    def pending_retries(self, patience: Patience, now: datetime) -> list[FailedDownload]:
        """Return the unresolved failures whose pause is over and whose attempts are not used up."""
        found = self.all(date.min, date.max, resolved=False)
        return [row for row in found if patience.over(row.failure, now)]

    def increment_attempts(self, ids: Sequence[int]) -> None:
        """Count one attempt more of unresolved failures, for an attempt that left no other trace."""
        with self.database.transaction() as connection:
            connection.execute(statement("increment_attempts"), {"ids": list(ids)})

    def mark_resolved(self, days: Iterable[date], run_id: str, resolved_by: ResolvedBy) -> None:
        """Mark the failures of days as resolved."""
        with self.database.transaction() as connection:
            for day in days:
                resolve(connection, self.dataset, self.data_source, day, run_id=run_id, resolved_by=resolved_by)

    def summary(self) -> list[FailureCounts]:
        """Return the counts of each type of failure."""
        with self.database.transaction(read_only=True) as connection:
            rows = connection.execute(statement("summarise_failures"), self._whose()).mappings()
            return [FailureCounts(**row) for row in rows]

    def clean_up_resolved(self, age: timedelta) -> int:
        """Forget failures that were resolved longer ago than this, of every dataset; return how many."""
        with self.database.transaction() as connection:
            return connection.execute(statement("clean_up_resolved"), {"age": age}).rowcount

    def _whose(self) -> dict[str, str]:
        return {"data_type": self.dataset.name, "data_source": self.data_source}


def unresolved(
    connection: Connection, dataset: Dataset, data_source: str, first: date, last: date
) -> dict[date, Failure]:
    """Return the unresolved failure of each day of a range that has one."""
    values = {
        "data_type": dataset.name,
        "data_source": data_source,
        "first_day": first,
        "last_day": last,
        "resolved": False,
    }
    rows = connection.execute(statement("select_failures"), values).mappings()
    return {row["date"]: FailedDownload(**row).failure for row in rows}


def resolve(
    connection: Connection, dataset: Dataset, data_source: str, day: date, *, run_id: str, resolved_by: ResolvedBy
) -> None:
    """Mark the failures of a day as resolved, inside the transaction that repaired it."""
    values = {"data_type": dataset.name, "data_source": data_source, "date": day}
    connection.execute(statement("resolve_failure"), {**values, "run_id": run_id, "resolved_by": resolved_by})
