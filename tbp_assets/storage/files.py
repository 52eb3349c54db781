"""Files of our own: written under a temporary name, synced, and given their name only when whole."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TypeVar, cast
from uuid import uuid4

import psutil
from pydantic import TypeAdapter, ValidationError

from tbp_assets.errors import StorageError, StoredFileError

Fact = TypeVar("Fact")
INCOMING = "incoming"

logger = logging.getLogger(__name__)


def sha256_of(content: bytes) -> str:
    """Return the sha256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


class FileStore:
    """A directory in which a file is either whole or not there; journals alone grow, by whole lines.

    Temporary files lie in `incoming/` on the same disk and bear the id of the process that writes them; those of
    processes that died are removed when a store is opened.
    """

    def __init__(self, root: Path) -> None:
        """Name the directory; it is created at the first write."""
        self.root = root

    def sweep(self) -> None:
        """Remove the temporary files of processes that are gone."""
        with _translated(self.root):
            for path in (self.root / INCOMING).glob("*"):
                pid = path.name.split("-")[0]
                if pid.isdecimal() and not psutil.pid_exists(int(pid)):
                    path.unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Generator[IO[bytes]]:
        """Open a temporary file; it disappears at the end unless `commit` gave it a name."""
        with _translated(self.root):
            directory = self.root / INCOMING
            directory.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=directory, prefix=f"{os.getpid()}-")
            os.close(descriptor)
        try:
            with _translated(self.root), Path(name).open("w+b") as stream:
                yield stream
        finally:
            Path(name).unlink(missing_ok=True)

    def commit(self, stream: IO[bytes], path: Path) -> None:
        """Sync a file opened by `writing` and give it its name, replacing what bears the name."""
        with _translated(self.root):
            stream.flush()
            os.fsync(stream.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(stream.name).replace(path)
            _sync_directory(path.parent)

    def write(self, path: Path, content: bytes) -> None:
        """Write a whole file."""
        with self.writing() as stream:
            with _translated(self.root):
                stream.write(content)
            self.commit(stream, path)

    def append(self, path: Path, line: bytes) -> None:
        """Add a line to a journal in one write, so that the lines of several processes never mix.

        Where a full disk left half a line, that one is ended and stays the only one lost.
        """
        with _translated(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+b", buffering=0) as stream:
                if not _ends_a_line(stream):
                    line = b"\n" + line
                if stream.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def write_fact(self, path: Path, fact: object) -> None:
        """Write a fact as JSON."""
        self.write(path, adapter_of(type(fact)).dump_json(fact, indent=1) + b"\n")

    def read_fact(self, path: Path, kind: type[Fact]) -> Fact | None:
        """Read a fact, or None where none was written.

        Raises:
            StoredFileError: The file is there and is not a fact of this kind.
        """
        try:
            return cast("Fact", adapter_of(kind).validate_json(path.read_bytes()))
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise StoredFileError(f"{path} is damaged ({error.error_count()} faults): run the day again") from None
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error}") from error

    def usable_fact(self, path: Path, kind: type[Fact]) -> Fact | None:
        """Read a fact; a damaged one counts as none, with a warning, so that its step writes it again."""
        try:
            return self.read_fact(path, kind)
        except StoredFileError as error:
            _warn_of_damage(path.stat().st_mtime_ns, str(error))
            return None


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


@cache
def adapter_of(kind: type[object]) -> TypeAdapter[object]:
    """Return what reads and writes a kind of fact as JSON."""
    # Made once a kind: 2.4 ms, a hundred times what reading a fact takes.
    return TypeAdapter(kind)


@cache
def _warn_of_damage(modified: int, said: str) -> None:  # noqa: ARG001  # a version of a file is named once
    logger.warning("%s", said)


def _ends_a_line(stream: IO[bytes]) -> bool:
    if stream.seek(0, os.SEEK_END) == 0:
        return True
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) == b"\n"


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(root: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise StorageError(f"{place}: {error.strerror}. Make {root} writable or set TBP_HOME elsewhere") from error
