"""Years of days for benchmarks: a market with faults in a local mirror, a configuration of its tickers, and a home.

The market is the synthetic one with its bad rows. Besides, a few sessions have no file, a few have a damaged one, and
of a few the vendor sends another file later.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
import yaml

from benchmarks.day_files import synthetic
from tbp_assets.bars.sessions import weekdays
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.settings import PROJECT_ROOT

FIRST, TENTH, MIDDLE, LAST = date(2020, 1, 1), date(2020, 1, 14), date(2022, 6, 30), date(2024, 12, 31)
TICKERS: Final = 200
# Every so many sessions: the rarest faults still occur a few times in half of the years.
ABSENT_EVERY, DAMAGED_EVERY, RESTATED_EVERY = 149, 211, 101
LEAST_WHOLE: Final = 1000  # bytes of a file that is not damaged


@dataclass(frozen=True, slots=True)
class Years:
    """What a command is run with.

    Attributes:
        home: TBP_HOME.
        mirror: Directory with the provider's files.
        config: Directory whose instruments.yml lists the tickers.
    """

    home: Path
    mirror: Path
    config: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of the commands."""
        return os.environ | {
            "TBP_HOME": str(self.home), "TBP_FLAT_FILES_URL": self.mirror.as_uri(), "TBP_CONFIG_DIR": str(self.config),
            "TBP_UNIVERSE": "configured", "TBP_LAKE_URL": "", "DB_HOST": "",
        }  # fmt: skip

    def tbp(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `tbp` to its end; its exit code is the caller's to judge."""
        return self.run([str(Path(sys.executable).parent / "tbp"), *words])

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end and return what it printed."""
        return subprocess.run(  # noqa: S603
            command, cwd=PROJECT_ROOT, env=self.environment, capture_output=True, text=True, check=False
        )


def prepared(root: Path) -> Years:
    """Write the mirror and the configuration below a directory; the home is still empty."""
    years = Years(root / "home", root / "mirror", root / "config")
    synthetic(years.mirror, weekdays(FIRST, LAST), tickers=TICKERS)
    for place, day in enumerate(_sessions(years.mirror)):
        path = years.mirror / US_STOCKS_DAY_AGGS.key(day)
        if place % ABSENT_EVERY == ABSENT_EVERY - 1:
            path.unlink()
        elif place % DAMAGED_EVERY == DAMAGED_EVERY - 1:
            path.write_bytes(path.read_bytes()[: LEAST_WHOLE // 2])
    _configure(years)
    return years


def load(years: Years, first: date, last: date) -> None:
    """Load a range with `tbp backfill`, then again, now that the vendor has sent other files of some days."""
    years.home.mkdir(exist_ok=True)
    _backfill(years, first, last)
    _restate(years.mirror, first, last)
    _backfill(years, first, last)


def mend(years: Years, first: date, last: date) -> None:
    """Let the vendor send whole files in place of the damaged ones of a range: then a backfill has nothing to do."""
    damaged = [
        day
        for day in _sessions(years.mirror)
        if first <= day <= last and (years.mirror / US_STOCKS_DAY_AGGS.key(day)).stat().st_size < LEAST_WHOLE
    ]
    synthetic(years.mirror, damaged, tickers=TICKERS)
    _backfill(years, first, last)


def _backfill(years: Years, first: date, last: date) -> None:
    _require(years.tbp("backfill", str(first), str(last), "--jobs", "2"))


def _require(done: subprocess.CompletedProcess[str]) -> None:
    """Raise unless a backfill came to its end; it says 1 where days stay open, as some do here."""
    if done.returncode not in {0, 1} or "fault " in done.stderr:
        raise RuntimeError(done.stdout + done.stderr)


def _sessions(mirror: Path) -> list[date]:
    return sorted(date.fromisoformat(path.name[:10]) for path in mirror.rglob("*.csv.gz"))


def _restate(mirror: Path, first: date, last: date) -> None:
    """Give some days other numbers of trades."""
    for day in _sessions(mirror)[RESTATED_EVERY // 2 :: RESTATED_EVERY]:
        path = mirror / US_STOCKS_DAY_AGGS.key(day)
        if first <= day <= last and path.stat().st_size > LEAST_WHOLE:
            header, *rows = gzip.decompress(path.read_bytes()).decode().splitlines()
            rows[::2] = [_one_trade_more(row) for row in rows[::2]]
            path.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode(), mtime=0))


def _one_trade_more(row: str) -> str:
    *values, transactions = row.split(",")
    return ",".join([*values, str(int(transactions) + 1)]) if transactions.isdigit() else row


def _configure(years: Years) -> None:
    shutil.copytree(PROJECT_ROOT / "config", years.config)
    names = _tickers(years.mirror)
    instruments = [
        {"symbol": name, "name": name, "sector": "any", "asset_class": "stock", "priority": 1} for name in names
    ]
    (years.config / "instruments.yml").write_text(yaml.safe_dump({"instruments": instruments, "groups": {}}))


def _tickers(mirror: Path) -> list[str]:
    day = _sessions(mirror)[len(_sessions(mirror)) // 2]
    return (
        pl.read_csv(mirror / US_STOCKS_DAY_AGGS.key(day), null_values=None)["ticker"]
        .drop_nulls()
        .unique()
        .sort()
        .to_list()
    )
