"""Day files with something wrong, as providers have sent them, and what is to be said of each."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from tbp_assets_tests.day_files import HEADER, day_file, good_rows, row, stamp


@dataclass(frozen=True, slots=True)
class Bad:
    """A bad file.

    Attributes:
        content: Its bytes; None where the provider has no file.
        state: State of the day afterwards.
        cause: Words that must be said of it.
    """

    content: bytes | None
    state: str
    cause: str


@cache
def bomb() -> bytes:
    """Return a file of half a megabyte that holds 130 MB."""
    return gzip.compress(HEADER.encode() + bytes(130_000_000), 1)


def bad_files(day: date) -> dict[str, Bad]:
    """Return a file of each kind for a day."""
    whole = day_file(good_rows(day))
    without_close = [",".join(line.split(",")[:3] + line.split(",")[4:]) for line in (HEADER, *good_rows(day))]
    of_tomorrow = [row(ticker, day, window_start=stamp(day + timedelta(days=1))) for ticker in ("AAPL", "MSFT")]
    in_tens_of_ns = [row(ticker, day, window_start=stamp(day) // 100) for ticker in ("AAPL", "MSFT")]
    return {
        "no file": Bad(None, "missing", "lists no file"),
        "truncated gzip": Bad(whole[:-20], "rejected", "not a whole gzip file"),
        "damaged gzip": Bad(whole[:40] + b"\0\0" + whole[42:], "rejected", "not a whole gzip file"),
        "no bytes": Bad(b"", "rejected", "the file is empty"),
        "no lines": Bad(gzip.compress(b"", mtime=0), "rejected", "the file is empty"),
        "no rows": Bad(day_file([]), "rejected", "a header and no rows"),
        "a web page": Bad(b"<html>403</html>", "rejected", "not a whole gzip file"),
        "another layout": Bad(gzip.compress(b"[/b],x\n1,2\n", mtime=0), "rejected", "the first line is no header"),
        "a bomb": Bad(bomb(), "rejected", "is larger than 128 MB"),
        "header of bytes": Bad(gzip.compress(f"{HEADER},".encode() + b"\xff\n1"), "rejected", "no printable text"),
        "bytes for lines": Bad(gzip.compress(f"{HEADER}\n".encode() + b"\xff\0\n" * 9), "rejected", "not_utf8"),
        "NUL for tickers": Bad(day_file([row("A\0B", day)]), "rejected", "ticker_malformed"),
        "one endless line": Bad(day_file(["x" * 5_000_000]), "rejected", "line_too_long"),
        "two bars a ticker": Bad(
            day_file([row("AAPL", day), row("AAPL", day, window_start=stamp(day) + 3_600_000_000_000)]),
            "rejected",
            "second_bar_of_day",
        ),
        "column missing": Bad(day_file(without_close[1:], without_close[0]), "rejected", "the header lacks close"),
        "stamps of tomorrow": Bad(day_file(of_tomorrow), "rejected", "timestamp_of_another_date"),
        "17-digit stamps": Bad(day_file(in_tens_of_ns), "rejected", "timestamp_not_nanoseconds"),
    }
