"""Manifests: what a step remembers of a day, as JSON; each is replaced whole, and only by who saw what it replaces."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from tbp_assets.errors import StoredFileError, StoreUnavailableError
from tbp_assets.storage.files import Files, Stored

Fact = TypeVar("Fact")
ATTEMPTS: Final = 20

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manifests(Generic[Fact]):
    """Facts of one kind, one a file."""

    files: Files
    kind: type[Fact]

    def read(self, key: str) -> Fact | None:
        """Read a fact, or None where none was written.

        Raises:
            StoredFileError: The file is there and is not a fact of this kind.
        """
        found = self.files.read(key)
        return self._parsed(key, found) if found else None

    def usable(self, key: str) -> Fact | None:
        """Read a fact; a damaged one counts as none, with a warning, so that its step writes it again."""
        return self._usable(key, self.files.read(key))

    def all_usable(self, keys: Sequence[str]) -> list[Fact | None]:
        """Read several facts, as `usable` does each."""
        return [self._usable(key, found) for key, found in zip(keys, self.files.read_all(keys), strict=True)]

    def update(self, key: str, change: Callable[[Fact | None], Fact]) -> tuple[Fact | None, Fact]:
        """Replace a fact by what a function makes of it; where somebody else was faster, of theirs.

        Args:
            key: The file.
            change: Makes the new fact of the one that is there, or of None; may be called several times.

        Returns:
            The fact that was replaced, and the new one.

        Raises:
            StoreUnavailableError: Others write it all the time.
        """
        for _ in range(ATTEMPTS):
            found = self.files.read(key)
            known = self._usable(key, found)
            fact = change(known)
            content = adapter_of(self.kind).dump_json(fact, indent=1) + b"\n"
            if self.files.replace(key, content, found.version if found else None):
                return known, fact
        raise StoreUnavailableError(f"{self.files.address(key)}: others replaced it {ATTEMPTS} times; run it again")

    def _usable(self, key: str, found: Stored | None) -> Fact | None:
        try:
            return self._parsed(key, found) if found else None
        except StoredFileError as error:
            _warn_of_damage(found.version if found else "", str(error))
            return None

    def _parsed(self, key: str, found: Stored) -> Fact:
        try:
            return cast("Fact", adapter_of(self.kind).validate_json(found.content))
        except ValidationError as error:
            faults = error.error_count()
            raise StoredFileError(
                f"{self.files.address(key)} is damaged ({faults} faults): run the day again"
            ) from None


@cache
def adapter_of(kind: type[object]) -> TypeAdapter[object]:
    """Return what reads and writes a kind of value as JSON."""
    # Made once a kind: 2.4 ms, a hundred times what reading a fact takes.
    return TypeAdapter(kind)


@cache
def _warn_of_damage(version: str, said: str) -> None:  # noqa: ARG001  # a version of a file is named once
    logger.warning("%s", said)
