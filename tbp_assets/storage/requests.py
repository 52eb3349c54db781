"""Downloads as they are timed, and where the journal of them lies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from time import perf_counter
from typing import BinaryIO, Final

from tbp_assets.bars.events import Request
from tbp_assets.bars.facts import LandedFile, LandingFact, LandingStatus, Listed
from tbp_assets.datasets import Dataset
from tbp_assets.errors import Category
from tbp_assets.storage.files import Files
from tbp_assets.storage.journal import Journal

FAULTS: Final[dict[LandingStatus, Category]] = {
    "absent": "not_published",
    "forbidden": "not_entitled",
    "unusable": "parsing",
    "unreachable": "network",
}
Download = Callable[[BinaryIO], Listed]


def requests_journal(files: Files, data_source: str, dataset: Dataset) -> Journal[Request]:
    """Return the journal of a landing zone: every download that was asked of the provider."""
    return Journal(files, f"landing/{data_source}/{dataset.prefix}/requests.jsonl", Request)


def fault_of(answer: LandingFact) -> Category | None:
    """Return why an answer brought no whole day file, or None where it did."""
    return answer.error or FAULTS.get(answer.status)


class Timed:
    """A download that remembers when it was asked for, and how long it took."""

    def __init__(self, download: Download) -> None:
        """Take a download that was not asked for yet."""
        self._download = download
        self._asked_at: datetime | None = None
        self._seconds = 0.0

    def __call__(self, target: BinaryIO) -> Listed:
        """Ask for it."""
        self._asked_at, started = datetime.now(UTC), perf_counter()
        try:
            return self._download(target)
        finally:
            self._seconds = perf_counter() - started

    def request(
        self, day: date, source: str, error: Category | None, landed: LandedFile | None = None
    ) -> Request | None:
        """Return the event, or None where nothing was asked of anybody.

        Args:
            day: Trading date.
            source: URL of the object.
            error: Why it brought no whole day file.
            landed: The newest file of the day, which is what it brought unless it failed.
        """
        if self._asked_at is None:
            return None
        brought = landed if error is None else None
        size, sha256 = (brought.bytes, brought.sha256) if brought else (0, "")
        return Request(day, self._asked_at, source.partition("://")[0], self._seconds, error, size, sha256)
