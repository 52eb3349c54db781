"""Days that failed: why, how often, and when they are worth another try without a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tbp_assets.errors import Category

TRANSIENT: Final[frozenset[Category]] = frozenset({"network", "rate_limit", "database"})


@dataclass(frozen=True, slots=True)
class Failure:
    """A day that failed and was not repaired yet.

    Attributes:
        error_type: Category of the newest fault.
        attempts: Runs that failed; the retries of a step inside one run count once.
        created_at: First fault.
        last_attempt_at: Newest fault.
    """

    trading_date: date
    error_type: Category
    error_message: str
    attempts: int
    created_at: datetime
    last_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """How a failed day is asked for again: pauses that double up to the longest, and an end.

    A version of the file that was never tried is asked for at once, whatever was tried before.
    """

    first_pause: timedelta
    longest_pause: timedelta
    max_attempts: int

    def next_attempt(self, failure: Failure) -> datetime | None:
        """Return when a day is asked for again, or None where it is left to a person."""
        if failure.attempts >= self.max_attempts:
            return None
        doublings = min(failure.attempts - 1, 32)
        return failure.last_attempt_at + min(self.first_pause * 2**doublings, self.longest_pause)

    def over(self, failure: Failure | None, now: datetime) -> bool:
        """Whether a day may be asked for now."""
        due = self.next_attempt(failure) if failure else now
        return due is not None and due <= now
