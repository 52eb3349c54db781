"""A day's bytes depend on seed, size and day, and on nothing else."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import zlib
from datetime import date
from pathlib import Path

import pytest

from tbp_assets.embedded.market import SyntheticMarket

pytestmark = pytest.mark.unit

DAYS = (date(2003, 9, 10), date(2021, 7, 20), date(2024, 1, 3), date(2026, 2, 23), date(2040, 12, 31))
TEXT_SHA256 = "f08ba80bac4caabc7c75e4ad18af9db01efe496b0e3c02a8840ba77c65fdd5fd"
FILE_SHA256 = "c326fb5772843a41dd0f20f8dcce3557ac9e873f5094ac6f8d6d52520c997cd5"


def test_a_day_is_the_same_whatever_was_asked_before() -> None:
    market = SyntheticMarket(tickers=300)
    forward = [market.day_file(day) for day in DAYS]
    backward = [SyntheticMarket(tickers=300).day_file(day) for day in reversed(DAYS)]
    assert forward == backward[::-1]


def test_another_process_writes_the_same_bytes() -> None:
    script = (
        "import hashlib; from datetime import date; from tbp_assets.embedded.market.trading_day import file_of;"
        "print(hashlib.sha256(file_of(date(2024, 1, 3), seed=7, tickers=300)).hexdigest())"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == hashlib.sha256(SyntheticMarket(tickers=300).day_file(date(2024, 1, 3))).hexdigest()


def test_the_text_of_five_days_is_pinned_for_every_python_and_numpy() -> None:
    digest = hashlib.sha256()
    for day in DAYS:
        digest.update(gzip.decompress(SyntheticMarket(tickers=300).day_file(day)))
    assert digest.hexdigest() == TEXT_SHA256


def test_the_compressed_bytes_of_five_days_are_pinned() -> None:
    if zlib.ZLIB_RUNTIME_VERSION != "1.2.13":
        pytest.skip(f"pinned with zlib 1.2.13; zlib {zlib.ZLIB_RUNTIME_VERSION} may compress the same text otherwise")
    digest = hashlib.sha256()
    for day in DAYS:
        digest.update(SyntheticMarket(tickers=300).day_file(day))
    assert digest.hexdigest() == FILE_SHA256


def test_the_gzip_header_holds_no_time_and_no_name() -> None:
    header = SyntheticMarket(tickers=40).day_file(date(2024, 1, 3))[:10]
    assert header[:4] == b"\x1f\x8b\x08\x00"
    assert header[4:8] == bytes(4)
    assert header[9] == 0xFF


@pytest.mark.parametrize("seed", [-1, 0, 8, 2**70])
def test_another_seed_is_another_market(seed: int) -> None:
    day = date(2024, 1, 3)
    assert SyntheticMarket(seed=seed, tickers=40).day_file(day) != SyntheticMarket(tickers=40).day_file(day)
