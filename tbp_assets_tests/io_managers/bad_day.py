"""Builds a day file with every kind of bad row in it: each kind's ticker is the name of the rule it breaks."""

from __future__ import annotations

import gzip
from datetime import date
from typing import Final

from tbp_assets.bars.schema import LONGEST_LINE
from tbp_assets.bars.sessions import weekdays
from tbp_assets_tests.day_files import HEADER, TUESDAY, row, stamp

SECOND: Final = 1_000_000_000
UNREADABLE: Final = "\udcff"  # written as the byte FF, which is no UTF-8
MODIFIED: Final = ("NOVOLUME", "NANVOLUME")
GOOD: Final = tuple(f"G{n:03}" for n in range(600))  # so many that the day is not withheld


def bad_rows(day: date = TUESDAY) -> dict[str, list[str]]:
    """Return lines that are rejected, by the first rule that they break."""
    midnight = stamp(day)
    return {
        "line_too_long": [row("line_too_long", day) + "," + "x" * LONGEST_LINE],
        "not_utf8": [row("not_utf8", day, transactions=UNREADABLE)],
        "wrong_field_count": [row("wrong_field_count", day) + ","],
        "not_a_number": [row("not_a_number", day, close="n/a")],
        "ticker_malformed": [row("", day), row("A B", day), row("x" * 33, day)],
        "timestamp_missing": [row("timestamp_missing", day, window_start="")],
        "timestamp_not_nanoseconds": [row("timestamp_not_nanoseconds", day, window_start=midnight // 1000)],
        "timestamp_of_another_date": [row("timestamp_of_another_date", weekdays(date(2023, 12, 1), day)[-2])],
        "timestamp_off_minute": [row("timestamp_off_minute", day, window_start=midnight + SECOND)],
        "timestamp_not_of_a_day": [row("timestamp_not_of_a_day", day, window_start=midnight + 60 * SECOND)],
        "price_missing": [row("price_missing", day, open=""), row("price_missing_too", day, low="NaN")],
        "price_not_finite": [row("price_not_finite", day, high="inf")],
        "price_not_positive": [row("price_not_positive", day, low=0), row("price_not_positive_too", day, low=-9.5)],
        "high_below_low": [row("high_below_low", day, high=9, low=9.5, open=9.2, close=9.2)],
        "high_below_open": [row("high_below_open", day, open=11.01)],
        "high_below_close": [row("high_below_close", day, close=11.01)],
        "low_above_open": [row("low_above_open", day, open=9.49)],
        "low_above_close": [row("low_above_close", day, close=9.49)],
        "volume_not_finite": [row("volume_not_finite", day, volume="inf")],
        "volume_negative": [row("volume_negative", day, volume=-1)],
        "transactions_negative": [row("transactions_negative", day, transactions=-1)],
        "duplicate_key": [row("duplicate_key", day), row("duplicate_key", day, close=10.25)],
        "second_bar_of_day": [
            row("second_bar_of_day", day, window_start=midnight + hours * 3600 * SECOND) for hours in (0, 16)
        ],
    }


def bad_day(day: date = TUESDAY) -> bytes:
    """Return a day file of many good rows, two whose volume is missing, and every kind of bad row."""
    good = [row(ticker, day) for ticker in ("AAPL", *GOOD)]
    modified = [row(MODIFIED[0], day, volume=""), row(MODIFIED[1], day, volume="NaN")]
    lines = [HEADER, *good, *modified, *(line for lines in bad_rows(day).values() for line in lines), ""]
    return gzip.compress("\n".join(lines).encode(errors="surrogateescape"), mtime=0)
