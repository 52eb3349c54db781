"""Where files of ours are kept, whichever kind of place it is: each is either whole or not there.

`Files` is all that landing zone and lake know of it: `local_files` keeps them in a directory, `s3_files` in a bucket.
Journals alone grow, by whole lines.
What is written for a person, into a directory of theirs, is `write_whole`'s.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple, Protocol
from uuid import uuid4

from tbp_assets.errors import StorageError


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it was read.

    Attributes:
        version: Tells it from whatever is written over it later.
    """

    content: bytes
    version: str


class Entry(NamedTuple):
    """A file as it is listed.

    Attributes:
        version: Tells it from whatever is written over it later.
    """

    key: str
    modified: datetime
    bytes: int
    version: str


class Followed(Protocol):
    """A journal that is read while it grows."""

    def more(self) -> tuple[list[bytes], bool]:
        """Return the whole lines that were not given yet, oldest first, and whether they begin a new journal.

        A line that is being written is given the next time. A new one took the place of what was given before.
        """
        ...


class Files(Protocol):
    """Files by key, such as `lake/polygon/…/2024-01-02.json`.

    Errors of every method: StorageError (a directory that cannot be used), StoreUnavailableError (try later),
    CredentialsError and ConfigError (a bucket that cannot be used).
    """

    @property
    def location(self) -> str:
        """Directory or URL, for people."""
        ...

    def address(self, key: str) -> str:
        """Return where a file lies, for people."""
        ...

    def read(self, key: str) -> Stored | None:
        """Return a file, or None where there is none."""
        ...

    def read_all(self, keys: Sequence[str]) -> list[Stored | None]:
        """Return several small files in their order, as fast as the place allows."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Write a whole file, over what bears the name."""
        ...

    def replace(self, key: str, content: bytes, version: str | None) -> bool:
        """Write a whole file if what bears the name is still of this version; None: if nothing does.

        Returns:
            False where somebody else wrote it meanwhile; then nothing was written.
        """
        ...

    def writing(self) -> AbstractContextManager[IO[bytes]]:
        """Open a temporary file; it disappears at the end unless `commit` gave it a name."""
        ...

    def commit(self, stream: IO[bytes], key: str) -> None:
        """Give a file opened by `writing` its name, replacing what bears the name."""
        ...

    def append(self, key: str, line: bytes) -> None:
        """Add a line to a journal; lines of several processes never mix."""
        ...

    def follow(self, key: str) -> Followed:
        """Return a journal to be read from its start; nothing is read yet."""
        ...

    def list(self, prefix: str) -> Iterator[Entry]:
        """Give every file whose key starts with the prefix."""
        ...

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""
        ...

    def sweep(self) -> None:
        """Remove what processes left behind that died while they wrote."""
        ...


def sha256_of(content: bytes) -> str:
    """Return the sha256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file into a directory that is a person's own: whole or not at all, and nothing else is left there.

    Raises:
        StorageError: It cannot be written; what bore the name is as it was.
    """
    unfinished = path.with_name(f".{path.name}-{uuid4().hex[:12]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
