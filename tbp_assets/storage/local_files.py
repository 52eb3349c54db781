"""Files in a directory: written under a temporary name, synced, and given their name only when whole."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psutil

from tbp_assets.errors import StorageError
from tbp_assets.storage.files import Entry, Followed, Stored
from tbp_assets.storage.growing_file import GrowingFile, append_line

INCOMING, LOCK = "incoming", ".lock"


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A directory, created at the first write.

    Temporary files lie in `incoming/` on the same disk and bear the id of the process that writes them. `.lock` is held
    while a file of a known version is replaced: for a look and a rename.
    """

    root: Path

    @property
    def location(self) -> str:
        """The directory."""
        return str(self.root)

    def address(self, key: str) -> str:
        """Return the path of a file."""
        return str(self.root / key)

    def read(self, key: str) -> Stored | None:
        """Return a file, or None where there is none."""
        path = self.root / key
        try:
            with path.open("rb") as stream:
                return Stored(stream.read(), _version(os.fstat(stream.fileno())))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error}") from error

    def read_all(self, keys: Sequence[str]) -> list[Stored | None]:
        """Return several files, one after the other."""
        return [self.read(key) for key in keys]

    def write(self, key: str, content: bytes) -> None:
        """Write a whole file, over what bears the name."""
        with self.writing() as stream:
            with _translated(self.root):
                stream.write(content)
            self.commit(stream, key)

    def replace(self, key: str, content: bytes, version: str | None) -> bool:
        """Write a whole file if what bears the name is still of this version; None: if nothing does."""
        path = self.root / key
        with self.writing() as stream, _translated(self.root):
            stream.write(content)
            _synced(stream, path)
            with self._locked():
                if _version_at(path) != version:
                    return False
                Path(stream.name).replace(path)
            _sync_directory(path.parent)
            return True

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

    def commit(self, stream: IO[bytes], key: str) -> None:
        """Sync a file opened by `writing` and give it its name, replacing what bears the name."""
        path = self.root / key
        with _translated(self.root):
            _synced(stream, path)
            Path(stream.name).replace(path)
            _sync_directory(path.parent)

    def append(self, key: str, line: bytes) -> None:
        """Add a line to a journal in one write, so that the lines of several processes never mix."""
        path = self.root / key
        with _translated(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            append_line(path, line)

    def follow(self, key: str) -> Followed:
        """Return a journal to be read from its start."""
        return GrowingFile(self.root / key)

    def list(self, prefix: str) -> Iterator[Entry]:
        """Give every file whose key starts with the prefix; temporary ones and the lock are none."""
        with _translated(self.root):
            start = len(f"{self.root}/")
            for file in _walk(str(self.root / prefix.rpartition("/")[0])):
                key = file.path[start:]
                if key.startswith(prefix) and key != LOCK and not key.startswith(f"{INCOMING}/"):
                    with suppress(FileNotFoundError):
                        yield _entry(key, file.stat())

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""
        with _translated(self.root):
            (self.root / key).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove the temporary files of processes that are gone."""
        with _translated(self.root):
            for path in (self.root / INCOMING).glob("*"):
                pid = path.name.split("-")[0]
                if pid.isdecimal() and not psutil.pid_exists(int(pid)):
                    path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Generator[None]:
        # A file, since NFS locks no directories; opened anew, so that threads exclude each other, too.
        with (self.root / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _entry(key: str, status: os.stat_result) -> Entry:
    return Entry(key, datetime.fromtimestamp(status.st_mtime, UTC), status.st_size, _version(status))


def _version(status: os.stat_result) -> str:
    # Every version is renamed from a file made beside the one before, so that it has another inode than that.
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _version_at(path: Path) -> str | None:
    try:
        return _version(path.stat())
    except FileNotFoundError:
        return None


def _synced(stream: IO[bytes], path: Path) -> None:
    stream.flush()
    os.fsync(stream.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(directory: str) -> Iterator[os.DirEntry[str]]:
    """Give every file below a directory; one that cannot be read is never one without files, as it is for os.walk."""
    left = [directory]
    while left:
        try:
            with os.scandir(left.pop()) as found:
                entries = list(found)
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                left.append(entry.path)
            else:
                yield entry


@contextmanager
def _translated(root: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise StorageError(f"{place}: {error.strerror}. Make {root} writable or set TBP_HOME elsewhere") from error
