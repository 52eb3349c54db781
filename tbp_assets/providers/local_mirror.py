"""Day files in a local directory with the bucket's own keys."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from tbp_assets.bars.facts import Listed
from tbp_assets.errors import ConfigError, FileAbsentError, NotEntitledError, SourceUnavailableError


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
        if not self.root.is_dir():
            raise ConfigError(f"{self.root} is no directory (TBP_FLAT_FILES_URL, s3.yml: url)")
        directory = self.root / prefix.rpartition("/")[0]
        paths = sorted(path for path in directory.rglob("*") if path.is_file())
        keys = [path.relative_to(self.root).as_posix() for path in paths]
        return [self.stat(key) for key in keys if key.startswith(prefix)]

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
        try:
            with (self.root / key).open("rb") as stream:
                shutil.copyfileobj(stream, target)
        except PermissionError:
            raise NotEntitledError(f"{self.location}/{key} may not be read") from None
        except OSError as error:
            raise SourceUnavailableError(f"{self.location}/{key} cannot be read: {error.strerror}") from error
        return answer
