"""A journal: events as lines of JSON, only ever added to, by any number of processes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from pydantic import ValidationError

from tbp_assets.storage.files import Files, Followed
from tbp_assets.storage.manifests import adapter_of

Event = TypeVar("Event")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Journal(Generic[Event]):
    """The journal of one kind of event.

    Args:
        files: Where it lies.
        key: Its name there.
        kind: Of its events.
    """

    files: Files
    key: str
    kind: type[Event]

    def add(self, event: Event) -> None:
        """Keep an event.

        Raises:
            StorageError: It cannot be written.
        """
        self.files.append(self.key, adapter_of(self.kind).dump_json(event) + b"\n")

    def events(self) -> list[Event]:
        """Return all events, oldest first.

        Raises:
            StorageError: It cannot be read.
        """
        return FollowedEvents(self).events()


class FollowedEvents(Generic[Event]):
    """The events of a journal that grows: each line is read once. One that is no event is left out, with a warning."""

    def __init__(self, journal: Journal[Event]) -> None:
        """Read nothing yet."""
        self._journal = journal
        self._lines: Followed = journal.files.follow(journal.key)
        self._events: list[Event] = []

    def events(self) -> list[Event]:
        """Return all events so far, oldest first; the list given before where none was added.

        Raises:
            StorageError: The journal cannot be read.
        """
        lines, new = self._lines.more()
        added = [event for line in lines if (event := self._event(line))]
        if added or new:
            self._events = added if new else self._events + added
        return self._events

    def _event(self, line: bytes) -> Event | None:
        try:
            return cast("Event", adapter_of(self._journal.kind).validate_json(line))
        except ValidationError:
            place = self._journal.files.address(self._journal.key)
            logger.warning("%s holds a line that is no event, it is not counted: %r", place, line[:80])
            return None
