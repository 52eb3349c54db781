"""Prices go on from day to day, split when they must, and enclose one another; volume changes its unit once."""

from __future__ import annotations

import math
import re
from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets_tests.embedded.market.reading import bars_of, rows_of, sessions, sound

pytestmark = pytest.mark.unit

FULL = SyntheticMarket()
SMALL = SyntheticMarket(tickers=40)


def _moves(before: date, after: date) -> pl.DataFrame:
    old, new = (sound(rows_of(FULL, day)).unique("ticker", keep="none") for day in (before, after))
    both = new.join(old, on="ticker", suffix="_before")
    return both.select(
        "ticker",
        gap=(pl.col("open") / pl.col("close_before")).log().abs(),
        move=pl.col("close") / pl.col("close_before") - 1,
    )


@pytest.mark.parametrize("first", [date(2003, 9, 10), date(2012, 8, 1), date(2024, 1, 2)], ids=str)
def test_a_day_opens_near_the_close_before_and_no_move_looks_like_a_split(first: date) -> None:
    for before, after in pairwise(sessions(FULL, first, 4)):
        moves = _moves(before, after)
        gaps = moves["gap"].median()
        assert isinstance(gaps, float)
        assert 0.001 < gaps < 0.02
        assert moves.filter(pl.col("move").abs() > 0.6)["ticker"].to_list() == []


@pytest.mark.parametrize(
    ("ticker", "before", "after", "ratio"),
    [
        ("AAPL", date(2020, 8, 28), date(2020, 8, 31), 4),
        ("NVDA", date(2021, 7, 19), date(2021, 7, 20), 4),
        ("WMT", date(2024, 2, 23), date(2024, 2, 26), 3),
        ("NVDA", date(2024, 6, 7), date(2024, 6, 10), 10),
    ],
)
def test_a_split_divides_the_price_and_multiplies_the_volume(
    ticker: str, before: date, after: date, ratio: int
) -> None:
    old, new = bars_of(SMALL, before)[ticker], bars_of(SMALL, after)[ticker]
    assert float(old["close"]) / float(new["open"]) == pytest.approx(ratio, rel=0.1)
    assert math.log(int(new["volume"]) / int(old["volume"]) / ratio) == pytest.approx(0, abs=1.2)


def test_a_price_does_not_run_away_in_thirty_years() -> None:
    years = [sessions(SMALL, date(year, 5, 2), 1)[0] for year in range(2004, 2041)]
    closes = [float(bars_of(SMALL, day)["BCPC"]["close"]) for day in years]
    assert 147 / 4 < min(closes) < max(closes) < 147 * 4
    assert max(closes) / min(closes) > 1.2


def test_high_and_low_enclose_open_and_close_but_where_planted() -> None:
    for day in sessions(FULL, date(2024, 1, 2), 4):
        bars = sound(rows_of(FULL, day))
        wrong = bars.filter(
            (pl.col("high") < pl.max_horizontal("open", "close")) | (pl.col("low") > pl.min_horizontal("open", "close"))
        )
        planted = FULL.planted(day)
        kinds = ("high_below_low", "high_below_close", "low_above_open")
        assert wrong.height == sum(planted.get(kind, 0) for kind in kinds)


def test_numbers_are_written_plainly_with_at_most_six_decimals() -> None:
    plain = re.compile(r"(0|[1-9]\d*)(\.\d{0,5}[1-9])?")
    day = next(day for day in sessions(FULL, date(2024, 1, 2), 9) if not FULL.planted(day))
    for row in rows_of(FULL, day):
        for column in ("volume", "open", "close", "high", "low", "transactions"):
            assert plain.fullmatch(row[column]), row


def test_volume_is_whole_until_the_vendor_changed_its_unit() -> None:
    rows = rows_of(FULL, date(2026, 2, 20))
    assert not any("." in row["volume"] for row in rows)


def test_volume_of_nine_names_in_ten_is_fractional_from_then_on() -> None:
    rows = rows_of(FULL, date(2026, 2, 23))
    fractional = [row["volume"] for row in rows if "." in row["volume"]]
    assert 0.87 < len(fractional) / len(rows) < 0.93
    assert sum(len(volume.partition(".")[2]) == 6 for volume in fractional) / len(fractional) > 0.85


def test_rows_without_a_trade_have_one_price() -> None:
    silent = [row for row in rows_of(FULL, date(2024, 1, 3)) if row["transactions"] == "0"]
    assert silent
    for row in silent:
        assert row["volume"] == "0"
        assert len({row[column] for column in ("open", "close", "high", "low")}) == 1
