"""Day files with something wrong, as providers have sent them, and what is to be said of each."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date, timedelta

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
        "column missing": Bad(day_file(without_close[1:], without_close[0]), "rejected", "the header lacks close"),
        "stamps of tomorrow": Bad(day_file(of_tomorrow), "rejected", "timestamp_of_another_date"),
        "17-digit stamps": Bad(day_file(in_tens_of_ns), "rejected", "timestamp_not_nanoseconds"),
    }
