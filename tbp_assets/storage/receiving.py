"""A day file while it arrives: held to its largest size, its lines counted without the parser."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from tbp_assets.bars.compression import Limits, decompressed
from tbp_assets.datasets import Dataset
from tbp_assets.errors import FileUnusableError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Bounded(io.RawIOBase):
    """Passes a download on to a stream, and ends it once it is larger than a day file may be."""

    def __init__(self, target: IO[bytes], limits: Limits) -> None:
        self._target, self._limits, self._size = target, limits, 0

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Pass bytes on, as far as a day file may be that large."""
        content = memoryview(data)
        self._size += content.nbytes
        self._limits.check_bytes(self._size, "the file")
        return self._target.write(content)


def count_lines(packed: IO[bytes], dataset: Dataset, limits: Limits) -> int:
    """Return the lines of a packed day file, header included.

    Raises:
        FileUnusableError: It is empty, no whole gzip, larger than allowed, or its first line is no header.
    """
    lines, last, first = 0, b"\n", b""
    for chunk in decompressed(packed, limits):
        first = first or chunk
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    if not first:
        raise FileUnusableError("the file is empty")
    header = first.split(b"\n", 1)[0]
    if dataset.columns[0].encode() not in header:
        raise FileUnusableError(f"the first line is no header of {dataset.name}: {header[:80]!r}")
    return lines + (last != b"\n")
