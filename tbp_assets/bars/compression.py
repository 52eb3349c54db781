"""Gzip, piece by piece, its CRC checked and its content bounded; the only code that line count and parser share."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from typing import IO

from tbp_assets.errors import FileUnusableError

CHUNK_BYTES = 1 << 20
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a day file may be, so that none fills disk or memory.

    Attributes:
        megabytes: Of the file as it is sent, and of its content.
        lines: Of its content.
    """

    megabytes: int
    lines: int

    def check_bytes(self, count: int, what: str) -> None:
        """Raise FileUnusableError where there are more bytes than a day file may have."""
        if count > self.megabytes * MEGABYTE:
            raise FileUnusableError(
                f"{what} is larger than {self.megabytes:,} MB (pipeline.yml: validation.max_file_mb)"
            )

    def check_lines(self, count: int) -> None:
        """Raise FileUnusableError where there are more lines than a day file may have."""
        if count > self.lines:
            raise FileUnusableError(f"more than {self.lines:,} lines (pipeline.yml: validation.max_lines)")


def decompressed(packed: IO[bytes], limits: Limits) -> Iterator[bytes]:
    """Yield the content of a gzip file in pieces, checking its CRC.

    Raises:
        FileUnusableError: The bytes are not gzip, are cut short or are corrupt, or there is too much inside.
    """
    size = lines = 0
    try:
        with GzipFile(fileobj=packed) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                size, lines = size + len(chunk), lines + chunk.count(b"\n")
                limits.check_bytes(size, "the decompressed file")
                limits.check_lines(lines)
                yield chunk
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise FileUnusableError(f"not a whole gzip file ({error})") from error
