"""Files that are read again only where they changed, so that a scrape costs no more than looking at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar, cast

from tbp_assets.storage.files import Fact, FileStore
from tbp_assets.storage.journal import Journal

Event = TypeVar("Event")
Version = tuple[int, int, int]


def _version(path: Path) -> Version | None:
    """Return what tells one version of a file from another, or None where it is not there or cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


class RememberingStore(FileStore):
    """A store whose facts are kept in memory; one that was replaced is read again."""

    def __init__(self, root: Path) -> None:
        """Remember nothing yet."""
        super().__init__(root)
        self._known: dict[Path, tuple[Version, object]] = {}

    def read_fact(self, path: Path, kind: type[Fact]) -> Fact | None:
        """Read a fact; see FileStore."""
        # Looked at before it is read: a file that is replaced meanwhile is read again next time.
        version = _version(path)
        known = self._known.get(path)
        if version is None or known is None or known[0] != version:
            fact = super().read_fact(path, kind)
            if version is None:
                return fact
            known = self._known[path] = (version, fact)
        return cast("Fact | None", known[1])


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
            inode, _, size = _version(self.journal.path) or (0, 0, 0)
            if inode != self._inode or size < self._read:
                self._inode, self._read, self._events = inode, 0, []
            added, self._read = self.journal.read(self._read)
            self._events = self._events + added if added else self._events
            return self._events
