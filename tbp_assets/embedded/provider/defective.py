"""Whole day files gone wrong: bytes of a good one in, bytes of a bad one out.

Bad rows in a good file are `embedded/market/defects.py`. Where a provider really sent it, the function says when.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from tbp_assets.bars.sessions import EXCHANGE_ZONE
from tbp_assets.embedded.provider.answers import PAGE

Row = list[str]
Spoil = Callable[[bytes], bytes]

_OPTIONS_STAMP: Final = "-68400000000000"
_TRAILER: Final = 8
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_BLOCK_BYTES: Final = 1 << 20
_SECOND: Final = 1_000_000_000


def truncated(content: bytes, missing: int = 20) -> bytes:
    """Leave out the last bytes of the gzip stream."""
    return content[:-missing]


def wrong_checksum(content: bytes) -> bytes:
    """Change the CRC alone: every line can be read, and none can be trusted."""
    place = len(content) - _TRAILER
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def corrupt_byte(content: bytes) -> bytes:
    """Change one byte in the middle of the compressed data."""
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def empty(_: bytes) -> bytes:
    """Return no bytes at all."""
    return b""


def gzip_of_nothing(_: bytes) -> bytes:
    """Return a good gzip file of no bytes."""
    return gzip.compress(b"", mtime=0)


def header_only(content: bytes) -> bytes:
    """Leave out every row."""
    return _with_rows(content, lambda rows: rows[:1])


def html_page(_: bytes) -> bytes:
    """Return the page of somebody who stands between us and the provider."""
    return PAGE


def stamped_before_1970(content: bytes) -> bytes:
    """Stamp all rows -68400000000000, as the options day file of 2025-02-10."""
    return _with_column(content, "window_start", lambda _: _OPTIONS_STAMP)


def stamped_next_day(content: bytes, duplicates: int = 28) -> bytes:
    """Stamp all rows with the next day and repeat some, as the stock day file of 2019-08-12."""
    return duplicated_keys(_with_column(content, "window_start", _next_day), duplicates)


def duplicated_keys(content: bytes, duplicates: int = 28) -> bytes:
    """Repeat the first rows below themselves, with one more transaction, so that neither copy can be preferred."""

    def repeat(rows: list[Row]) -> list[Row]:
        place = rows[0].index("transactions")
        first = rows[1 : duplicates + 1]
        twice = [copy for row in first for copy in (row, _having(row, place, f"{int(row[place] or 0) + 1}"))]
        return [rows[0], *twice, *rows[duplicates + 1 :]]

    return _with_rows(content, repeat)


def added_column(content: bytes, name: str = "vwap", value: str = "10.5") -> bytes:
    """Add a column behind the others."""
    return _with_rows(content, lambda rows: [[*rows[0], name], *([*row, value] for row in rows[1:])])


def missing_column(content: bytes, name: str = "close") -> bytes:
    """Leave a column out."""

    def leave_out(rows: list[Row]) -> list[Row]:
        place = rows[0].index(name)
        return [row[:place] + row[place + 1 :] for row in rows]

    return _with_rows(content, leave_out)


def renamed_column(content: bytes, name: str = "window_start", new: str = "timestamp") -> bytes:
    """Call a column by another name."""
    return _with_rows(content, lambda rows: [_having(rows[0], rows[0].index(name), new), *rows[1:]])


def reordered_columns(content: bytes) -> bytes:
    """Put the columns in reverse order: as good a file as before."""
    return _with_rows(content, lambda rows: [row[::-1] for row in rows])


def decimal_volumes(content: bytes) -> bytes:
    """Give every volume a fraction, as all files since 2026-02-23."""
    return _with_column(content, "volume", lambda volume: f"{volume}.153126" if volume.isdigit() else volume)


def blank_lines_at_the_end(content: bytes, lines: int = 2) -> bytes:
    """Add blank lines."""
    return _with_text(content, lambda text: text + b"\n" * lines)


def crlf(content: bytes) -> bytes:
    """End lines as Windows does."""
    return _with_text(content, lambda text: text.replace(b"\n", b"\r\n"))


def nul_bytes(content: bytes, count: int = 4096) -> bytes:
    """Add NUL bytes behind the last line, as a disk that was full leaves them."""
    return _with_text(content, lambda text: text + b"\0" * count)


def invalid_utf8(content: bytes) -> bytes:
    """Write the first ticker in another encoding."""
    return _with_text(content, lambda text: text.replace(b"\n", b"\n\xc3\x28\xff", 1))


def long_line(content: bytes, length: int = 5_000_000) -> bytes:
    """Make the first ticker absurdly long."""
    return _with_text(content, lambda text: text.replace(b"\n", b"\n" + b"A" * length, 1))


def gzip_bomb(content: bytes, inflated: int = 1 << 30) -> bytes:
    """Repeat the first row until the file inflates to at least so many bytes; it stays about a 200th of that.

    The rows' block is compressed once and repeated compressed (RFC 1951: what follows a full flush stands on its own).
    """
    header, row = gzip.decompress(content).splitlines(keepends=True)[:2]
    block = row * max(1, _BLOCK_BYTES // len(row))
    times = max(1, -(-(inflated - len(header)) // len(block)))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = deflate.compress(header) + deflate.flush(zlib.Z_FULL_FLUSH)
    repeated = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(header)
    for _ in range(times):
        checksum = zlib.crc32(block, checksum)
    trailer = struct.pack("<II", checksum, (len(header) + len(block) * times) & 0xFFFFFFFF)
    return b"".join([_GZIP_HEADER, first, repeated * times, deflate.flush(), trailer])


DEFECTS: Final = MappingProxyType[str, Spoil](
    {
        spoil.__name__: spoil
        for spoil in (
            truncated, wrong_checksum, corrupt_byte, empty, gzip_of_nothing, header_only, html_page,
            stamped_before_1970, stamped_next_day, duplicated_keys, added_column, missing_column, renamed_column,
            reordered_columns, decimal_volumes, blank_lines_at_the_end, crlf, nul_bytes, invalid_utf8, long_line,
            gzip_bomb,
        )
    }
)  # fmt: skip


def _with_text(content: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(edit(gzip.decompress(content)))
    return buffer.getvalue()


def _with_rows(content: bytes, edit: Callable[[list[Row]], list[Row]]) -> bytes:
    def edit_text(text: bytes) -> bytes:
        rows = [line.split(",") for line in text.decode().splitlines()]
        return "".join(f"{','.join(row)}\n" for row in edit(rows)).encode()

    return _with_text(content, edit_text)


def _with_column(content: bytes, name: str, edit: Callable[[str], str]) -> bytes:
    def edit_rows(rows: list[Row]) -> list[Row]:
        place = rows[0].index(name)
        return [rows[0], *(_having(row, place, edit(row[place])) for row in rows[1:])]

    return _with_rows(content, edit_rows)


def _having(row: Row, place: int, value: str) -> Row:
    return [*row[:place], value, *row[place + 1 :]]


def _next_day(stamp: str) -> str:
    midnight = datetime.fromtimestamp(int(stamp) // _SECOND, EXCHANGE_ZONE)
    # By the wall clock: the next midnight is 23 or 25 hours away twice a year.
    return str(int((midnight + timedelta(days=1)).astimezone(UTC).timestamp()) * _SECOND)
