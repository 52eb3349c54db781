"""Day files in a local directory with the bucket's own keys."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from tbp_assets.bars.facts import Listed
from tbp_assets.errors import ConfigError, CredentialsError, FileAbsentError, NotEntitledError, SourceUnavailableError

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalMirror:
    """A directory that mirrors the provider's bucket; size and modification time stand for the ETag."""

    root: Path
    data_source: str = "polygon"

    @property
    def location(self) -> str:
        """file:// URL of the directory."""
        return self.root.as_uri()

    def list(self, prefix: str) -> list[Listed]:
        """Return the files whose key starts with the prefix, sorted by key."""
        self.require_root()
        keys = sorted(path.relative_to(self.root).as_posix() for path in self._files(prefix.rpartition("/")[0]))
        listed: list[Listed] = []
        for key in keys:
            # A link that leads nowhere, or a file that went since: no file, as in any listing.
            with suppress(FileAbsentError):
                listed += [self.stat(key)] if key.startswith(prefix) else []
        return listed

    def folders(self, prefix: str) -> list[str]:
        """Return the folders right below a prefix that ends in /, each whole and ending in /, sorted."""
        self.require_root()
        below = next(os.walk(self.root / prefix, onerror=_raise_unreadable), None)
        return sorted(f"{prefix}{name}/" for name in below[1]) if below else []

    def require_root(self) -> None:
        """Raise ConfigError unless the mirror is a directory."""
        try:
            found = self.root.is_dir()
        except PermissionError:
            raise _closed(self.root) from None
        if not found:
            raise ConfigError(f"{self.root} is no directory (TBP_FLAT_FILES_URL, s3.yml: url)")

    def stat(self, key: str) -> Listed:
        """Return size and modification time of a file."""
        try:
            status = (self.root / key).stat()
        except (FileNotFoundError, NotADirectoryError):
            raise FileAbsentError(f"{self.location}/{key} is not there") from None
        except PermissionError:
            raise NotEntitledError(f"{self.location}/{key} may not be read") from None
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        return Listed(key, f"{status.st_size}-{status.st_mtime_ns}", status.st_size, modified)

    def download(self, key: str, target: BinaryIO) -> Listed:
        """Copy a file's bytes to a stream."""
        answer = self.stat(key)
        target.writelines(self._chunks(key))
        return answer

    def _files(self, below: str) -> Generator[Path]:
        for directory, _, names in os.walk(self.root / below, onerror=_raise_unreadable):
            yield from (Path(directory, name) for name in names)

    def _chunks(self, key: str) -> Generator[bytes]:
        # Only faults of reading are translated here: a full disk where the chunks go to is none of the source's.
        try:
            with (self.root / key).open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk
        except PermissionError:
            raise NotEntitledError(f"{self.location}/{key} may not be read") from None
        except OSError as error:
            raise SourceUnavailableError(f"{self.location}/{key} cannot be read: {error.strerror}") from error


def _raise_unreadable(error: OSError) -> None:
    """Raise what os.walk would leave out: a month that cannot be read is never one without files."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return
    if isinstance(error, PermissionError):
        raise _closed(error.filename) from error
    raise SourceUnavailableError(f"{error.filename} cannot be listed: {error.strerror}") from error


def _closed(directory: object) -> CredentialsError:
    return CredentialsError(
        f"{directory} may not be read: give this user the right to (TBP_FLAT_FILES_URL, s3.yml: url)"
    )
