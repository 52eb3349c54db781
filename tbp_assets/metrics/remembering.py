"""Files that are read again only where they changed, so that a scrape costs no more than looking at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from time import time_ns
from typing import Final, Generic, Protocol, TypeVar

from tbp_assets.datasets import Dataset
from tbp_assets.storage.day_facts import Days
from tbp_assets.storage.journal import Journal

Event = TypeVar("Event")
Fact_co = TypeVar("Fact_co", covariant=True)
SETTLED_NS: Final = 2_000_000_000
Month = tuple[int, int]
Version = tuple[int, int, int]
ABSENT: Final[Version] = (0, 0, 0)


def _version(path: Path) -> Version | None:
    """Return what tells one version of a file or directory from another, or None where it cannot be looked at."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return ABSENT
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


class Zone(Days[Fact_co], Protocol[Fact_co]):
    """A landing zone or a lake: where it keeps a day, and what it knows of it."""

    def directory(self, day: date) -> Path:
        """Return the directory of a day's files."""
        ...


class RememberedDays(Generic[Fact_co]):
    """The facts of a zone, of which a month is read again only where a file of it was replaced, added or removed.

    Facts are replaced by renaming, which changes the directory; one that changed just now may change again within the
    same tick of its clock, and is not trusted yet.
    """

    def __init__(self, zone: Zone[Fact_co]) -> None:
        """Remember nothing yet."""
        self._zone = zone
        self._versions: dict[Month, Version] = {}
        self._facts: dict[Month, dict[date, Fact_co | None]] = {}
        self._looked_at: set[Month] = set()

    @property
    def dataset(self) -> Dataset:
        """Whose days."""
        return self._zone.dataset

    @property
    def data_source(self) -> str:
        """Whose data."""
        return self._zone.data_source

    def look(self) -> None:
        """Look at each month once more when it is asked for."""
        self._looked_at.clear()

    def fact(self, day: date) -> Fact_co | None:
        """Return what is known of a day; see the zone."""
        month = (day.year, day.month)
        if month not in self._looked_at:
            self._looked_at.add(month)
            self._forget_unless_as_it_was(month, _version(self._zone.directory(day)))
        facts = self._facts[month]
        if day not in facts:
            facts[day] = self._zone.fact(day)
        return facts[day]

    def _forget_unless_as_it_was(self, month: Month, version: Version | None) -> None:
        if version is not None and self._versions.get(month) == version:
            return
        self._facts[month] = {}
        self._versions.pop(month, None)
        if version is not None and time_ns() - version[1] > SETTLED_NS:
            self._versions[month] = version


@dataclass(slots=True)
class RememberedJournal(Generic[Event]):
    """A journal of which only what was added since is read."""

    journal: Journal[Event]
    _read: int = 0
    _inode: int = 0
    _events: list[Event] = field(default_factory=list["Event"])
    _lock: Lock = field(default_factory=Lock)

    def events(self) -> list[Event]:
        """Return all events, oldest first.

        Raises:
            StorageError: The journal cannot be read.
        """
        with self._lock:
            inode, _, size = _version(self.journal.path) or ABSENT
            if inode != self._inode or size < self._read:
                self._inode, self._read, self._events = inode, 0, []
            added, self._read = self.journal.read(self._read)
            self._events = self._events + added if added else self._events
            return self._events
