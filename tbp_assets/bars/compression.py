"""Gzip, piece by piece and with its CRC checked; the only code that line count and parser share."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from gzip import GzipFile

from tbp_assets.errors import FileUnusableError

CHUNK_BYTES = 1 << 20


def decompressed(compressed: bytes) -> Iterator[bytes]:
    """Yield the content of a gzip file in pieces, checking its CRC.

    Raises:
        FileUnusableError: The bytes are not gzip, are cut short or are corrupt.
    """
    try:
        with GzipFile(fileobj=io.BytesIO(compressed)) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk
    except (OSError, EOFError, zlib.error) as error:
        raise FileUnusableError(f"not a whole gzip file ({error})") from error
