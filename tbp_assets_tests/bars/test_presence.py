"""The presence of tickers by days, weeks or months, and that it adds up to the coverage."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.coverage import PRESENCE_SCHEMA, Bucket, bucket_of, coverage_of
from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.bars.universe import Listing, Universe
from tbp_assets_tests.bars.covering import FIRST, JANUARY, LAST, NOBODY, counted, coverage, listed, numbers, presence

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sessions", "bucket"), [(0, "day"), (70, "day"), (71, "week"), (350, "week"), (351, "month"), (1258, "month")]
)
def test_the_more_sessions_the_longer_the_stretches(sessions: int, bucket: Bucket) -> None:
    assert bucket_of(sessions) == bucket


def test_a_ticker_that_was_another_companys_before_is_expected_of_both() -> None:
    # It had a row for each company, of which both counted all of its bars, and twice as many cells in the heat map.
    both = listed(Listing("META", last=JANUARY[4]), Listing("META", first=JANUARY[15]))
    bars = {"META": [*JANUARY[:5], *JANUARY[18:]]}
    assert coverage(bars, both).tickers.rows() == [("META", FIRST, LAST, 11, 8, 3, 8 / 11)]
    found = presence(bars, both, JANUARY, "day")
    assert found["expected"].to_list() == [1] * 5 + [0] * 10 + [1] * 6
    assert found["present"].to_list() == [1] * 5 + [0] * 13 + [1] * 3


def test_a_company_gone_before_its_ticker_was_ever_seen_is_expected_on_no_day() -> None:
    both = listed(Listing("META", last=JANUARY[4]), Listing("META", first=JANUARY[15]))
    assert numbers(coverage({"META": JANUARY[15:]}, both)) == {"META": (6, 6)}


@pytest.mark.parametrize(
    ("bucket", "cells"),
    [
        ("week", [(date(2024, 1, 1), date(2024, 1, 5), 4, 4), (date(2024, 1, 8), date(2024, 1, 12), 5, 1),
                  (date(2024, 1, 15), date(2024, 1, 19), 4, 0)]),
        ("month", [(date(2024, 1, 1), date(2024, 1, 19), 13, 5)]),
        ("day", [(day, day, 1, int(n < 5)) for n, day in enumerate(JANUARY[:13])]),
    ],
)  # fmt: skip
def test_presence_is_counted_by_days_weeks_or_months(bucket: Bucket, cells: list[tuple[object, ...]]) -> None:
    found = presence({"A": JANUARY[:5]}, listed(Listing("A")), JANUARY[:13], bucket)
    assert found.schema == PRESENCE_SCHEMA
    assert found.rows() == [("A", *cell) for cell in cells]


def test_presence_begins_and_ends_with_what_is_expected() -> None:
    bars = {"A": JANUARY[10:]}
    found = presence(bars, listed(Listing("A", last=JANUARY[12])), JANUARY, "day")
    assert found["expected"].to_list() == [0] * 10 + [1] * 3 + [0] * 8


def test_bars_that_nobody_expects_are_in_no_stretch() -> None:
    # A heat map would show more than all.
    found = presence({"A": JANUARY}, listed(Listing("A", first=JANUARY[2])), JANUARY[:5], "week")
    assert found.select("expected", "present").rows() == [(2, 2), (1, 1)]


QUARTER = sorted(expected_sessions(date(2024, 1, 1), date(2024, 3, 31)))
some_days = st.sets(st.sampled_from(QUARTER)).map(sorted)
some_bars = st.fixed_dictionaries(dict.fromkeys(("A", "B", "C"), some_days))


@settings(deadline=None)
@given(some_bars, st.sampled_from(["day", "week", "month"]), st.sampled_from([NOBODY, listed(Listing("A"))]))
def test_presence_adds_up_to_the_coverage(bars: dict[str, list[date]], bucket: Bucket, universe: Universe) -> None:
    cells = presence(bars, universe, QUARTER, bucket)
    added = cells.group_by("ticker").agg(pl.col("expected", "present").sum())
    whole = numbers(coverage_of(*counted(bars, bucket), QUARTER, universe))
    assert {ticker: (expected, there) for ticker, expected, there in added.iter_rows()} == whole
    assert {ticker: there for ticker, (_, there) in whole.items()} == {
        ticker: len(days) for ticker, days in bars.items() if days or (ticker == "A" and universe.listings)
    }
