"""What the vendor is made to get wrong is there, is declared, is rare, and never strikes a known ticker."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date

import pytest

from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets_tests.embedded.market.reading import AWKWARD, CONFIGURED, Row, rows_of, sessions

pytestmark = pytest.mark.unit

FULL = SyntheticMarket()
KINDS = {
    "missing_open",
    "nan_text",
    "infinite_price",
    "negative_price",
    "zero_price",
    "high_below_low",
    "high_below_close",
    "low_above_open",
    "empty_ticker",
    "text_price",
    "duplicate_key",
    "missing_volume",
    "missing_transactions",
    "negative_volume",
}


def _empty_or_foreign(row: Row) -> str:
    empty = {"ticker": "empty_ticker", "open": "missing_open", "volume": "missing_volume"}
    empty |= {"transactions": "missing_transactions"}
    for column, kind in empty.items():
        if row[column] == "":
            return kind
    if any(row[column].lower() == "nan" for column in ("open", "close", "high", "low")):
        return "nan_text"
    return "text_price" if row["close"][0].isalpha() else ""


def _numeric(row: Row) -> str:
    opened, close, high, low = (float(row[column]) for column in ("open", "close", "high", "low"))
    prices = (opened, close, high, low)
    found = {
        "infinite_price": any(map(math.isinf, prices)),
        "negative_price": min(prices) < 0,
        "zero_price": min(prices) == 0,
        "negative_volume": float(row["volume"]) < 0,
        "high_below_low": high < low,
        "high_below_close": high < close and high >= opened,
        "low_above_open": low > opened and low <= close,
    }
    return next((kind for kind, there in found.items() if there), "")


def found_in(rows: tuple[Row, ...]) -> Counter[str]:
    """Count the bad rows of each kind, knowing only what the kinds mean."""
    tickers = Counter(row["ticker"] for row in rows)
    kinds = ("duplicate_key" if tickers[row["ticker"]] > 1 else _empty_or_foreign(row) or _numeric(row) for row in rows)
    return Counter(kind for kind in kinds if kind)


@pytest.mark.parametrize("first", [date(2024, 1, 2), date(2026, 2, 12)], ids=str)
def test_what_is_declared_is_what_a_stranger_finds(first: date) -> None:
    for day in sessions(FULL, first, 5):
        assert found_in(rows_of(FULL, day)) == Counter(FULL.planted(day))


@pytest.mark.parametrize("size", [40, 150, 600])
def test_a_small_market_declares_its_faults_too(size: int) -> None:
    market = SyntheticMarket(tickers=size)
    for day in sessions(market, date(2024, 1, 2), 16):
        assert found_in(rows_of(market, day)) == Counter(market.planted(day))


def test_every_kind_comes_within_twenty_sessions() -> None:
    days = sessions(FULL, date(2022, 3, 1), 40)
    for start in range(0, 40, 20):
        assert {kind for day in days[start : start + 20] for kind in FULL.planted(day)} == KINDS


def test_a_small_market_sees_many_kinds_in_a_month() -> None:
    market = SyntheticMarket(tickers=100)
    kinds = {kind for day in sessions(market, date(2024, 1, 2), 21) for kind in market.planted(day)}
    assert len(kinds) >= 8


def test_most_days_have_ten_to_twenty_bad_rows_and_some_have_none() -> None:
    counts = [sum(FULL.planted(day).values()) for day in sessions(FULL, date(2023, 1, 3), 60)]
    assert 0.75 < sum(10 <= count <= 20 for count in counts) / len(counts) < 1
    assert all(count == 0 or 10 <= count <= 20 for count in counts)


@pytest.mark.parametrize("size", [40, 60, 200, 400, 10_400])
def test_bad_rows_stay_far_below_the_share_that_withholds_a_day(size: int) -> None:
    market = SyntheticMarket(tickers=size)
    for day in sessions(market, date(2024, 3, 1), 20):
        assert sum(market.planted(day).values()) <= 0.026 * size


def test_known_tickers_are_never_struck() -> None:
    known = CONFIGURED | AWKWARD | {"META", "FB"}
    market = SyntheticMarket(tickers=60)
    for day in sessions(market, date(2021, 6, 1), 40):
        rows = tuple(row for row in rows_of(market, day) if row["ticker"] in known)
        assert len(rows) == len({row["ticker"] for row in rows})
        assert len(rows) >= len(CONFIGURED | AWKWARD)
        assert found_in(rows) == Counter()


def test_both_copies_of_a_key_differ_so_that_neither_can_be_preferred() -> None:
    day = next(day for day in sessions(FULL, date(2024, 1, 2), 10) if FULL.planted(day).get("duplicate_key"))
    tickers = Counter(row["ticker"] for row in rows_of(FULL, day))
    first, second = (row for row in rows_of(FULL, day) if tickers[row["ticker"]] > 1)
    assert first != second
    assert first["window_start"] == second["window_start"]
