"""The protocol every source of day files speaks, and what all implementations share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import BinaryIO, Protocol

from tbp_assets.bars.facts import Listed
from tbp_assets.datasets import Dataset
from tbp_assets.providers.local_mirror import LocalMirror

DataSource = str


class FlatFiles(Protocol):
    """A bucket of day files.

    Errors of every method: SourceUnavailableError (try later), CredentialsError, NotEntitledError (403 on an object),
    FileAbsentError.
    """

    @property
    def data_source(self) -> DataSource:
        """Whose data this is: `polygon` or `synthetic`; stored with every bar."""
        ...

    @property
    def location(self) -> str:
        """URL for people, without secrets."""
        ...

    def list(self, prefix: str) -> list[Listed]:
        """Return every object whose key starts with the prefix, sorted by key."""
        ...

    def stat(self, key: str) -> Listed:
        """Return size, ETag and last modification of one object."""
        ...

    def download(self, key: str, target: BinaryIO) -> Listed:
        """Write an object's bytes to a stream and return what the provider said of them."""
        ...


class Folders(FlatFiles, Protocol):
    """A bucket that can be looked around in: what kinds of day files are there at all, and of which years."""

    def folders(self, prefix: str) -> list[str]:
        """Return the folders right below a prefix that ends in /, each whole and ending in /, sorted."""
        ...


class MonthListings:
    """Day files by trading date, read with one LIST a month and remembered for a while.

    Args:
        files: The source.
        max_age: Seconds for which a month's listing is used again.
    """

    def __init__(self, files: FlatFiles, max_age: float) -> None:
        """Start with nothing listed."""
        self.files = files
        self.max_age = max_age
        self._months: dict[str, tuple[float, dict[date, Listed]]] = {}

    @property
    def versions_tell_content(self) -> bool:
        """Whether files of one version have the same bytes: not in a mirror, which knows size and time alone."""
        return not isinstance(self.files, LocalMirror)

    def days(self, dataset: Dataset, wanted: list[date], *, fresh: bool = False) -> Mapping[date, Listed]:
        """Return the listed files among the wanted days; `fresh`: listed now, whatever is remembered."""
        if fresh:
            self._months.clear()
        months = [self._month(dataset, prefix) for prefix in dict.fromkeys(map(dataset.month_prefix, wanted))]
        listed = {day: file for month in months for day, file in month.items()}
        return {day: listed[day] for day in wanted if day in listed}

    def _month(self, dataset: Dataset, prefix: str) -> dict[date, Listed]:
        read_at, month = self._months.get(prefix, (float("-inf"), {}))
        if time.monotonic() - read_at > self.max_age:
            month = {day: file for file in self.files.list(prefix) if (day := dataset.day_of(file.key))}
            self._months[prefix] = (time.monotonic(), month)
        return month
