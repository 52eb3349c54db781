"""A file that grows by whole lines, written and read by several processes at the same time."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tbp_assets.errors import StorageError


def append_line(path: Path, line: bytes) -> None:
    """Add a line in one write; where a full disk left half a line, that one is ended and stays the only one lost.

    Raises:
        OSError: It does not fit, or may not be written.
    """
    with path.open("a+b", buffering=0) as stream:
        whole = line if _ends_a_line(stream) else b"\n" + line
        if stream.write(whole) != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@dataclass(slots=True)
class GrowingFile:
    """A file of which only what was added since is read; one in its place, or one that shrank, is a new one."""

    path: Path
    inode: int = 0
    read: int = 0

    def more(self) -> tuple[list[bytes], bool]:
        """Return the lines that were not given yet."""
        try:
            with self.path.open("rb") as stream:
                status = os.fstat(stream.fileno())
                new = status.st_ino != self.inode or status.st_size < self.read
                start = stream.seek(0 if new else self.read)
                content = stream.read()
        except FileNotFoundError:
            new, self.inode, self.read = self.inode != 0, 0, 0
            return [], new
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {error.strerror}") from error
        whole = content[: content.rfind(b"\n") + 1]
        self.inode, self.read = status.st_ino, start + len(whole)
        return [line for line in whole.split(b"\n") if line], new


def _ends_a_line(stream: IO[bytes]) -> bool:
    if stream.seek(0, os.SEEK_END) == 0:
        return True
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) == b"\n"
