"""Coverage: which sessions are to be expected of a ticker, how many have a bar, and by which stretches it is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.coverage import (
    COVERAGE_SCHEMA,
    PRESENCE_SCHEMA,
    PRESENT_SCHEMA,
    SEEN_SCHEMA,
    Bucket,
    Coverage,
    bucket_of,
    coverage_of,
    expected_spans,
    presence_of,
)
from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.bars.universe import Listing, Universe

pytestmark = pytest.mark.unit

JANUARY = sorted(expected_sessions(date(2024, 1, 1), date(2024, 1, 31)))
FIRST, LAST = JANUARY[0], JANUARY[-1]
NOBODY = Universe("nobody", ())


def listed(*listings: Listing) -> Universe:
    return Universe("listed", listings)


def counted(bars: dict[str, Sequence[date]], bucket: Bucket = "month") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the database says of these bars: when each ticker was seen, and how many bars there are."""
    rows = [(ticker, day) for ticker, days in bars.items() for day in days]
    frame = pl.DataFrame(rows, schema={"ticker": pl.String(), "day": pl.Date()}, orient="row")
    seen = frame.group_by("ticker").agg(first_seen=pl.col("day").min(), last_seen=pl.col("day").max())
    start = pl.col("day").dt.truncate({"day": "1d", "week": "1w", "month": "1mo"}[bucket]).alias("start")
    present = frame.group_by("ticker", start).agg(present=pl.len().cast(pl.Int64))
    return seen.select(SEEN_SCHEMA.names()).cast(dict(SEEN_SCHEMA)), present.cast(dict(PRESENT_SCHEMA))  # pyright: ignore[reportArgumentType]


def coverage(
    bars: dict[str, Sequence[date]], universe: Universe = NOBODY, sessions: Collection[date] = JANUARY
) -> Coverage:
    return coverage_of(*counted(bars), sessions, universe)


def numbers(found: Coverage) -> dict[str, tuple[int, int]]:
    """Return the bars expected and there by ticker."""
    return {ticker: (expected, present) for ticker, _, _, expected, present, *_ in found.tickers.iter_rows()}


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


def test_a_ticker_that_was_another_companys_before_is_expected_of_both() -> None:
    # It had a row for each company, of which both counted all of its bars, and twice as many cells in the heat map.
    both = listed(Listing("META", last=JANUARY[4]), Listing("META", first=JANUARY[15]))
    bars = {"META": [*JANUARY[:5], *JANUARY[18:]]}
    assert coverage(bars, both).tickers.rows() == [("META", FIRST, LAST, 11, 8, 3, 8 / 11)]
    found = presence(bars, both, JANUARY, "day")
    assert found["expected"].to_list() == [1] * 5 + [0] * 10 + [1] * 6
    assert found["present"].to_list() == [1] * 5 + [0] * 13 + [1] * 3


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


@pytest.mark.parametrize(
    ("sessions", "bucket"), [(0, "day"), (70, "day"), (71, "week"), (350, "week"), (351, "month"), (1258, "month")]
)
def test_the_more_sessions_the_longer_the_stretches(sessions: int, bucket: Bucket) -> None:
    assert bucket_of(sessions) == bucket


def presence(bars: dict[str, Sequence[date]], universe: Universe, days: list[date], bucket: Bucket) -> pl.DataFrame:
    seen, present = counted(bars, bucket)
    whole = coverage_of(seen, present, days, universe)
    return presence_of(whole, expected_spans(seen, pl.Series(days, dtype=pl.Date), universe), present, days, bucket)


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


days_of_a_quarter = st.sets(st.sampled_from(sorted(expected_sessions(date(2024, 1, 1), date(2024, 3, 31)))))


@settings(deadline=None)
@given(
    st.fixed_dictionaries({ticker: days_of_a_quarter.map(sorted) for ticker in ("A", "B", "C")}),
    st.sampled_from(["day", "week", "month"]),
    st.booleans(),
)
def test_presence_adds_up_to_the_coverage(bars: dict[str, list[date]], bucket: Bucket, is_listed: bool) -> None:
    days = sorted(expected_sessions(date(2024, 1, 1), date(2024, 3, 31)))
    universe = listed(Listing("A"), Listing("B")) if is_listed else NOBODY
    added = presence(dict(bars), universe, days, bucket).group_by("ticker").agg(pl.col("expected", "present").sum())
    whole = numbers(coverage_of(*counted(dict(bars), bucket), days, universe))
    assert {ticker: (expected, there) for ticker, expected, there in added.iter_rows()} == whole
    last = {ticker: days[-1] if is_listed and ticker != "C" else max(dates) for ticker, dates in bars.items() if dates}
    expected = {ticker: sum(min(bars[ticker]) <= day <= end for day in days) for ticker, end in last.items()}
    never = {ticker: len(days) for ticker in ("A", "B") if is_listed and not bars[ticker]}
    assert {ticker: numbers[0] for ticker, numbers in whole.items()} == expected | never
