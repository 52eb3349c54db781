"""A journal: events as lines of JSON, only ever added to, by any number of processes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

from pydantic import ValidationError

from tbp_assets.errors import StorageError
from tbp_assets.storage.files import FileStore, adapter_of

Event = TypeVar("Event")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Journal(Generic[Event]):
    """The journal of one kind of event.

    Args:
        store: Where it lies.
        path: Its file.
        kind: Of its events.
    """

    store: FileStore
    path: Path
    kind: type[Event]

    def add(self, event: Event) -> None:
        """Keep an event.

        Raises:
            StorageError: It cannot be written.
        """
        self.store.append(self.path, adapter_of(self.kind).dump_json(event) + b"\n")

    def read(self, start: int = 0) -> tuple[list[Event], int]:
        """Return the events from a byte on, oldest first, and the byte after the last of them.

        A line that is not whole yet is left for the next reading; one that is no event is left out, with a warning.

        Raises:
            StorageError: It cannot be read.
        """
        try:
            with self.path.open("rb") as stream:
                stream.seek(start)
                content = stream.read()
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {error.strerror}") from error
        whole = content[: content.rfind(b"\n") + 1]
        events = [event for line in whole.split(b"\n") if line and (event := self._event(line))]
        return events, start + len(whole)

    def _event(self, line: bytes) -> Event | None:
        try:
            return cast("Event", adapter_of(self.kind).validate_json(line))
        except ValidationError:
            logger.warning("%s holds a line that is no event, it is not counted: %r", self.path, line[:80])
            return None
