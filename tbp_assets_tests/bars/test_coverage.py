"""Coverage: which sessions are to be expected of a ticker, and how many of them have a bar."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from tbp_assets.bars.coverage import COVERAGE_SCHEMA, PRESENT_SCHEMA, coverage_of
from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.bars.universe import Listing
from tbp_assets_tests.bars.covering import FIRST, JANUARY, LAST, NOBODY, counted, coverage, listed, numbers

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2024, 1, 1), date(2024, 1, 31), 21), (date(2020, 1, 1), date(2024, 12, 31), 1258),
        (date(2025, 1, 9), date(2025, 1, 9), 0), (date(2024, 7, 3), date(2024, 7, 4), 1),
        (date(2024, 11, 28), date(2024, 11, 29), 1), (date(2024, 12, 24), date(2024, 12, 25), 1),
        (date(2025, 1, 6), date(2025, 1, 10), 4),
    ],
)  # fmt: skip
def test_a_listed_ticker_is_expected_on_every_session_half_days_included(first: date, last: date, count: int) -> None:
    found = coverage({}, listed(Listing("A")), expected_sessions(first, last))
    assert found.expected == count


def test_a_ticker_with_a_bar_on_every_session_is_covered_whole() -> None:
    found = coverage({"A": JANUARY}, listed(Listing("A")))
    assert found.tickers.schema == COVERAGE_SCHEMA
    assert found.tickers.rows() == [("A", FIRST, LAST, 21, 21, 0, 1.0)]
    assert (found.expected, found.present, found.share) == (21, 21, 1.0)


def test_a_listed_instrument_is_expected_until_today() -> None:
    assert numbers(coverage({"A": JANUARY[:10]}, listed(Listing("A")))) == {"A": (21, 10)}


def test_a_listed_instrument_is_expected_until_its_end() -> None:
    ends = Listing("A", last=JANUARY[14])
    assert numbers(coverage({"A": JANUARY[:10]}, listed(ends))) == {"A": (15, 10)}


def test_an_unlisted_ticker_is_expected_until_it_was_last_seen() -> None:
    assert numbers(coverage({"A": [*JANUARY[:5], JANUARY[9]]})) == {"A": (10, 6)}


def test_a_ticker_is_not_expected_before_it_was_first_seen() -> None:
    bars = {"A": JANUARY[5:], "B": JANUARY[5:]}
    assert numbers(coverage(bars, listed(Listing("A")))) == {"A": (16, 16), "B": (16, 16)}


def test_a_ticker_is_not_expected_before_it_was_listed() -> None:
    later = Listing("A", first=JANUARY[5])
    assert numbers(coverage({"A": JANUARY[8:]}, listed(later))) == {"A": (13, 13)}
    assert numbers(coverage({"A": JANUARY}, listed(later))) == {"A": (16, 16)}


def test_a_listed_instrument_never_seen_has_nothing_of_all_that_is_expected() -> None:
    found = coverage({"B": JANUARY}, listed(Listing("A"), Listing("LATE", first=JANUARY[-1])))
    assert numbers(found) == {"A": (21, 0), "LATE": (1, 0), "B": (21, 21)}
    assert found.tickers.filter(pl.col("ticker") == "A")["first_seen"].to_list() == [None]


@pytest.mark.parametrize(
    "listing", [Listing("A", last=FIRST - timedelta(days=1)), Listing("A", first=LAST + timedelta(days=1))]
)
def test_an_instrument_not_listed_in_the_range_is_not_in_its_coverage(listing: Listing) -> None:
    assert numbers(coverage({}, listed(listing))) == {}


def test_a_ticker_seen_only_outside_the_range_is_not_in_its_coverage() -> None:
    december, february = [date(2023, 12, 1)], [date(2024, 2, 1)]
    seen, _ = counted({"B": december, "A": february})
    assert coverage_of(seen, pl.DataFrame(schema=PRESENT_SCHEMA), JANUARY, NOBODY).tickers.is_empty()


def test_a_ticker_seen_before_and_after_the_range_is_missing_in_it() -> None:
    seen, _ = counted({"A": [date(2023, 12, 1), date(2024, 2, 1)]})
    found = coverage_of(seen, pl.DataFrame(schema=PRESENT_SCHEMA), JANUARY, NOBODY)
    assert numbers(found) == {"A": (21, 0)}


def test_bars_that_nobody_expects_make_no_more_than_the_whole() -> None:
    saturdays = [date(2024, 1, 6), date(2024, 1, 13)]
    found = coverage({"A": sorted([*JANUARY, *saturdays])}, listed(Listing("A", first=JANUARY[3])))
    assert (numbers(found), found.share) == ({"A": (18, 18)}, 1.0)


def test_without_sessions_nothing_is_expected() -> None:
    found = coverage({"A": JANUARY}, listed(Listing("A"), Listing("B")), ())
    assert (found.expected, found.present, found.share) == (0, 0, None)


def test_the_worst_tickers_come_first_and_those_below_the_target_are_named() -> None:
    listings = listed(*map(Listing, ("FULL", "MOST", "FEW", "NONE", "LESS")))
    bars = {"FULL": JANUARY, "MOST": JANUARY[:20], "FEW": JANUARY[:5], "LESS": JANUARY[:5]}
    found = coverage(bars, listings)
    assert found.tickers["ticker"].to_list() == ["NONE", "FEW", "LESS", "MOST", "FULL"]
    assert found.below(20 / 21) == ["NONE", "FEW", "LESS"]
    assert found.below(0.96) == ["NONE", "FEW", "LESS", "MOST"]
    assert (found.expected, found.present, found.share) == (105, 51, 51 / 105)


def test_tickers_that_differ_in_case_are_two() -> None:
    assert numbers(coverage({"BCPC": JANUARY, "BCpC": JANUARY[:2]}, listed(Listing("BCpC")))) == {
        "BCPC": (21, 21), "BCpC": (21, 2)
    }  # fmt: skip
