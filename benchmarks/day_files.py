"""Day files to load: of the synthetic market at the size of the real one, or real files replicated over dates."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import cycle
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from typing import Final

from tbp_assets.bars.sessions import day_bounds, weekdays
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.embedded.market.mirror import write_mirror
from tbp_assets_tests.day_files import REAL_DATA

TICKERS: Final = 10_450  # about as many as a real file has
FIRST: Final = date(2020, 1, 1)


def sessions(count: int, *, tickers: int = TICKERS) -> list[date]:
    """Return the first sessions from 2020 on."""
    market = SyntheticMarket(tickers=tickers)
    found = [day for day in weekdays(FIRST, date(2026, 12, 31)) if market.has_file(day)]
    return found[:count]


def synthetic(root: Path, days: Sequence[date], tickers: int = TICKERS) -> Path:
    """Write day files of the synthetic market as a mirror; those that are there already stay."""
    count = cpu_count() or 1
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        parts = [(SyntheticMarket(tickers=tickers), root, days[n::count]) for n in range(count)]
        list(pool.map(write_mirror, *zip(*parts, strict=True)))
    return root


def replicated(root: Path, days: Sequence[date]) -> Path | None:
    """Write the real files that are at hand over and over under other dates; None where there are none."""
    originals = sorted(REAL_DATA.rglob("*.csv.gz"))
    for day, original in zip(days, cycle(originals), strict=False):
        path = root / US_STOCKS_DAY_AGGS.key(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_restamped(gzip.decompress(original.read_bytes()), original, day))
    return root if originals else None


def _restamped(content: bytes, original: Path, day: date) -> bytes:
    was, now = (_stamp(each) for each in (date.fromisoformat(original.name[:10]), day))
    return gzip.compress(content.replace(was, now), compresslevel=6, mtime=0)


def _stamp(day: date) -> bytes:
    return str(int(day_bounds(day)[0].timestamp()) * 1_000_000_000).encode()
