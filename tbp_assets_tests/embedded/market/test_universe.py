"""Who trades when: the named, the awkward, the invented, and the two lives of META."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets_tests.embedded.market.reading import AWKWARD, CONFIGURED, bars_of, rows_of

pytestmark = pytest.mark.unit

FULL = SyntheticMarket()
SMALL = SyntheticMarket(tickers=40)
DAY = date(2024, 1, 3)


@pytest.mark.parametrize("market", [FULL, SMALL], ids=["whole market", "smallest market"])
@pytest.mark.parametrize("day", [date(2003, 9, 10), date(2015, 5, 5), DAY, date(2040, 12, 31)], ids=str)
def test_the_known_and_the_awkward_trade_on_every_day(market: SyntheticMarket, day: date) -> None:
    tickers = [row["ticker"] for row in rows_of(market, day)]
    assert {ticker: tickers.count(ticker) for ticker in CONFIGURED | AWKWARD} == dict.fromkeys(CONFIGURED | AWKWARD, 1)


@pytest.mark.parametrize("size", [40, 100, 1_000, 20_000])
def test_about_as_many_tickers_trade_as_asked_for(size: int) -> None:
    market = SyntheticMarket(tickers=size)
    for day in (date(2003, 9, 10), DAY, date(2021, 7, 6), date(2026, 3, 2)):
        tickers = {row["ticker"] for row in rows_of(market, day)}
        assert abs(len(tickers) - size) <= 0.05 * size


def test_no_ticker_is_there_twice_but_the_planted_ones() -> None:
    days = [date(2004, 1, 5) + timedelta(days=364 * year) for year in range(0, 20, 5)]
    for day in filter(FULL.has_file, days):
        tickers = [row["ticker"] for row in rows_of(FULL, day)]
        assert len(tickers) - len(set(tickers)) == FULL.planted(day).get("duplicate_key", 0) // 2


def test_rows_stand_in_the_vendors_order_stem_before_suffix() -> None:
    def key(ticker: str) -> tuple[str, str]:
        stem, suffix = re.fullmatch(r"([A-Z]+)(.*)", ticker).groups()  # pyright: ignore[reportOptionalMemberAccess]
        return stem, suffix.replace(".", "").upper()

    tickers = [row["ticker"] for row in rows_of(FULL, DAY) if row["ticker"]]
    assert all(key(first) <= key(second) for first, second in pairwise(tickers))
    assert tickers != sorted(tickers)
    assert tickers.index("BCpC") < tickers.index("BCPC")


def test_some_390_tickers_bear_lower_case_letters() -> None:
    lower = [row["ticker"] for row in rows_of(FULL, DAY) if row["ticker"] != row["ticker"].upper()]
    assert 370 <= len(lower) <= 410


def test_tickers_come_and_go_mildly() -> None:
    one, next_day, next_year = (set(bars_of(FULL, day)) for day in (DAY, date(2024, 1, 4), date(2025, 1, 3)))
    assert len(one & next_day) / len(one) > 0.97
    assert 0.01 < len(one - next_year) / len(one) < 0.10


def test_facebook_becomes_meta_and_meta_was_somebody_elses_fund() -> None:
    before, after = bars_of(SMALL, date(2022, 6, 8)), bars_of(SMALL, date(2022, 6, 9))
    assert "FB" in before
    assert "META" not in before
    assert "META" in after
    assert "FB" not in after
    assert float(after["META"]["open"]) == pytest.approx(float(before["FB"]["close"]), rel=0.1)


@pytest.mark.parametrize(
    ("day", "there"),
    [
        (date(2021, 6, 29), False),
        (date(2021, 6, 30), True),
        (date(2022, 1, 28), True),
        (date(2022, 1, 31), False),
    ],
    ids=str,
)
def test_the_fund_called_meta_lived_seven_months_at_fifteen_dollars(day: date, *, there: bool) -> None:
    bars = bars_of(SMALL, day)
    assert ("META" in bars) is there
    assert "FB" in bars
    assert not there or 8 < float(bars["META"]["close"]) < 30


@pytest.mark.parametrize(
    ("ticker", "least", "most"),
    [("AAPL", 110, 300), ("META", 200, 550), ("SPY", 350, 600), ("NVDA", 250, 900), ("BRK.A", 400_000, 700_000)],
)
def test_known_prices_are_plausible(ticker: str, least: float, most: float) -> None:
    assert least < float(bars_of(SMALL, DAY)[ticker]["close"]) < most


def test_berkshire_trades_little_and_apple_much() -> None:
    bars = bars_of(SMALL, DAY)
    assert int(bars["BRK.A"]["volume"]) < 50_000
    assert int(bars["AAPL"]["volume"]) > 20_000_000
