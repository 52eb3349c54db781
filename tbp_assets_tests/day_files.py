"""Builds day files by hand, in the vendor's format, and the mirrors and facts that hold them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.sessions import day_bounds
from tbp_assets.datasets import US_STOCKS_DAY_AGGS

HEADER = ",".join(US_STOCKS_DAY_AGGS.columns)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2024, 1, n) for n in (2, 3, 4, 5))
NEW_YEAR = date(2024, 1, 1)
LIMITS = Limits(megabytes=128, lines=2_000_000)
REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "flatfiles"


def stamp(day: date) -> int:
    """Return window_start of a day bar: midnight in New York, nanoseconds since 1970."""
    return int(day_bounds(day)[0].timestamp()) * 1_000_000_000


def row(ticker: str = "AAPL", day: date = TUESDAY, **fields: object) -> str:
    """Return a line of a day file; fields replace those of a plain good bar."""
    values: dict[str, object] = {
        "ticker": ticker, "volume": 1000, "open": 10.0, "close": 10.5, "high": 11.0, "low": 9.5,
        "window_start": stamp(day), "transactions": 7,
    }  # fmt: skip
    return ",".join(str((values | fields)[name]) for name in US_STOCKS_DAY_AGGS.columns)


def day_file(rows: Sequence[str], header: str = HEADER) -> bytes:
    """Return the gzip bytes of a day file."""
    return gzip.compress("\n".join([header, *rows, ""]).encode(), mtime=0)


def good_rows(day: date, tickers: Sequence[str] = ("AAPL", "MSFT", "SPY", "ZZZZ")) -> list[str]:
    """Return a good line per ticker."""
    return [row(ticker, day) for ticker in tickers]


def write_mirror(root: Path, files: Mapping[date, bytes]) -> Path:
    """Write day files under the vendor's keys."""
    root.mkdir(parents=True, exist_ok=True)
    for day, content in files.items():
        path = root / US_STOCKS_DAY_AGGS.key(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root
