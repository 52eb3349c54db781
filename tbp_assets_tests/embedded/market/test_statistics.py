"""The market has the shape of the real one: the same bounds hold invented days and, where present, real ones."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import date

import polars as pl
import pytest

from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets_tests.embedded.market.reading import HEADER, REAL_DATA, read_rows, sound

pytestmark = pytest.mark.unit

DAYS = [date(2024, 1, day) for day in (2, 3, 4, 5)]
OTHER_DAYS = [date(2003, 9, 10), date(2025, 10, 1)]
SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
# What is measured: the least and the most a day may have.
BOUNDS: dict[str, tuple[float, float]] = {
    "rows": (10_300, 10_600),
    "lower case": (375, 405),
    "file bytes": (190e3, 225e3),
    "text bytes": (600e3, 645e3),
    "silent share": (0.002, 0.009),
    "sub-cent share": (0.0015, 0.0045),
    "close at or under 2 decimals": (0.70, 0.80),
    "close over 4 decimals": (0.001, 0.008),
    "one price": (0.02, 0.07),
    "close is open": (0.04, 0.10),
    "high is open or close": (0.18, 0.36),
    "range, median": (0.014, 0.027),
    "range, 90 %": (0.055, 0.110),
    "move, median": (0.004, 0.011),
    "price 1 %": (0.025, 0.042),
    "price 10 %": (1.1, 1.5),
    "price 25 %": (6.3, 8.3),
    "price 50 %": (19.5, 24),
    "price 75 %": (36, 44),
    "price 90 %": (72, 90),
    "price 99 %": (310, 430),
    "volume 1 %": (1, 40),
    "volume 10 %": (900, 2300),
    "volume 25 %": (6.5e3, 15e3),
    "volume 50 %": (50e3, 120e3),
    "volume 75 %": (380e3, 850e3),
    "volume 90 %": (1.4e6, 3.4e6),
    "volume 99 %": (12e6, 30e6),
    "transactions 1 %": (0, 3),
    "transactions 10 %": (11, 32),
    "transactions 25 %": (60, 150),
    "transactions 50 %": (420, 950),
    "transactions 75 %": (4e3, 7.8e3),
    "transactions 90 %": (13e3, 25e3),
    "transactions 99 %": (62e3, 140e3),
}


def measure(content: bytes) -> Mapping[str, float]:
    rows = read_rows(content)
    bars = sound(rows)
    extent = (pl.col("high") / pl.col("low")).log()
    shares = bars.select(
        ((pl.col("volume") == 0) & (pl.col("transactions") == 0)).mean().alias("silent share"),
        (pl.col("close") < 0.01).mean().alias("sub-cent share"),
        (pl.col("decimals") <= 2).mean().alias("close at or under 2 decimals"),
        (pl.col("decimals") > 4).mean().alias("close over 4 decimals"),
        (pl.col("high") == pl.col("low")).mean().alias("one price"),
        (pl.col("open") == pl.col("close")).mean().alias("close is open"),
        (pl.col("high") == pl.max_horizontal("open", "close")).mean().alias("high is open or close"),
        extent.median().alias("range, median"),
        extent.quantile(0.9).alias("range, 90 %"),
        (pl.col("close") / pl.col("open")).log().abs().median().alias("move, median"),
        *(
            pl.col(column).quantile(share).alias(f"{name} {share * 100:.0f} %")
            for name, column in (("price", "close"), ("volume", "volume"), ("transactions", "transactions"))
            for share in SHARES
        ),
    )
    return {
        "rows": len(rows),
        "lower case": sum(row["ticker"] != row["ticker"].upper() for row in rows),
        "file bytes": len(content),
        "text bytes": len(gzip.decompress(content)),
    } | shares.row(0, named=True)


def outside(measured: Mapping[str, float]) -> dict[str, float]:
    assert measured.keys() == BOUNDS.keys()
    return {name: value for name, value in measured.items() if not BOUNDS[name][0] <= value <= BOUNDS[name][1]}


@pytest.mark.parametrize("day", DAYS + OTHER_DAYS, ids=str)
def test_an_invented_day_lies_within_the_bounds_of_real_ones(day: date) -> None:
    assert outside(measure(SyntheticMarket().day_file(day))) == {}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_bounds_hold_the_real_days(day: date) -> None:
    path = REAL_DATA / "flatfiles" / SyntheticMarket().key(day)
    if not path.is_file():
        pytest.skip(f"no real day file at {path}: the vendor's data is not part of the project")
    assert outside(measure(path.read_bytes())) == {}


def test_the_layout_is_the_vendors() -> None:
    text = gzip.decompress(SyntheticMarket(tickers=40).day_file(DAYS[0])).decode()
    assert text.startswith(f"{HEADER}\n")
    assert text.endswith("\n")
    assert "\r" not in text
    assert '"' not in text
