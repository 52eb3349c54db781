"""Probable splits are told from jumps: by the price at the open, and by the number of shares that changed hands."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.splits import FORWARD, RATIOS, REVERSE, with_split_factor

pytestmark = pytest.mark.unit

LEAST_MOVE = 0.3
Row = dict[str, float | None]
COLUMNS = {name: pl.Float64() for name in ("open", "volume", "earlier_close", "usual_volume", "overnight")}
cents = st.integers(100, 100_000).map(lambda price: price / 100)


def row(opened: float, before: float, times: float = 1.0, overnight: float | None = 0.01) -> Row:
    """Return a bar that opened at a price after another, with so many times the usual number of shares."""
    return {"open": opened, "volume": 1e6 * times, "earlier_close": before, "usual_volume": 1e6, "overnight": overnight}


def divided(factor: float, before: float = 0.0, **others: float | None) -> Row:
    """Return a bar after a split without any other move: the shares traded follow the ratio."""
    close = before or (1000.0 if factor > 1 else 2.0)
    return row(close / factor, close, factor) | others


def found(*rows: Row, least_move: float = LEAST_MOVE) -> list[str | None]:
    frame = with_split_factor(pl.DataFrame(rows, schema=COLUMNS), least_move)
    return frame["ratio"].to_list()


@pytest.mark.parametrize(("ratio", "factor"), (FORWARD | REVERSE).items())
def test_a_split_is_named_by_its_ratio(ratio: str, factor: float) -> None:
    frame = with_split_factor(pl.DataFrame([divided(factor)], schema=COLUMNS), LEAST_MOVE)
    assert frame.select("ratio", "factor").rows() == [(ratio, factor)]


def test_the_ratios_that_occur_are_known() -> None:
    forward = {"3:2", "2:1", "5:2", "3:1", "4:1", "5:1", "6:1", "7:1", "8:1", "10:1", "15:1", "20:1", "50:1"}
    reverse = {f"1:{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 75, 80, 100)}
    assert forward | reverse <= set(RATIOS["ratio"])


def test_a_ratio_says_new_shares_for_old() -> None:
    for ratio, factor in RATIOS.iter_rows():
        new, old = map(int, ratio.split(":"))
        assert factor == pytest.approx(new / old), ratio


@pytest.mark.parametrize("miss", [-0.01, 0.01])
@pytest.mark.parametrize(("ratio", "factor"), [("2:1", 2.0), ("10:1", 10.0), ("1:10", 0.1), ("1:50", 0.02)])
def test_a_split_is_found_where_the_price_also_moved_a_little(ratio: str, factor: float, miss: float) -> None:
    exact = divided(factor)
    assert found({**exact, "open": (exact["open"] or 0) * (1 + miss)}) == [ratio]


def test_a_reverse_split_that_opens_a_sixth_lower_is_found() -> None:
    # Its ratio is then told as the nearest, which lies below.
    assert found(row(10.0, 1.0, 0.1), row(10 / 1.18, 1.0, 0.12), row(50 / 1.18, 1.0, 0.024)) == ["1:10", "1:8", "1:40"]


@pytest.mark.parametrize(
    ("opened", "times"),
    [(56.0, 1.8), (44.0, 2.3), (70.0, 1.43), (12.0, 8.3), (8.9, 11.2)],
    ids=["above 2:1", "below 2:1", "above 3:2", "above 8:1", "below 12:1"],
)
def test_a_price_too_far_from_any_ratio_is_no_split(opened: float, times: float) -> None:
    assert found(row(opened, 100.0, times, 0.005)) == [None]


@pytest.mark.parametrize("times", [10.0, 30.0, 100.0])
def test_a_fall_to_a_half_with_many_times_the_shares_is_news(times: float) -> None:
    assert found(row(50.0, 100.0, times)) == [None]


def test_a_rise_tenfold_with_many_times_the_shares_is_news() -> None:
    assert found(row(20.0, 2.0, 30.0)) == [None]


def test_what_usually_moves_overnight_makes_a_near_ratio_less_telling() -> None:
    assert found(row(47.0, 100.0, 2.1, 0.01)) == [None]
    assert found(row(47.0, 100.0, 2.1, 0.04)) == ["2:1"]


@pytest.mark.parametrize("unknown", ["usual_volume", "earlier_close"])
def test_without_one_witness_nothing_is_a_split(unknown: str) -> None:
    assert found({**divided(10.0), unknown: None}) == [None]


@pytest.mark.parametrize("known", [None, 0.0])
def test_a_usual_overnight_move_need_not_be_known(known: float | None) -> None:
    assert found(divided(10.0, overnight=known)) == ["10:1"]


@pytest.mark.parametrize("zero", ["volume", "usual_volume"])
def test_where_no_share_changed_hands_nothing_is_a_split(zero: str) -> None:
    assert found({**divided(10.0), zero: 0.0}, {**divided(0.1), zero: 0.0}) == [None, None]


@pytest.mark.parametrize(("before", "ratio"), [(10.0, "2:1"), (9.99, None)])
def test_nobody_divides_a_price_down_to_less_than_five_dollars(before: float, ratio: str | None) -> None:
    assert found(divided(2.0, before)) == [ratio]


@pytest.mark.parametrize(("before", "ratio"), [(0.1, "1:10"), (0.099, None)])
def test_an_open_below_a_dollar_tells_nothing(before: float, ratio: str | None) -> None:
    assert found(divided(0.1, before)) == [ratio]


def test_a_price_that_moves_after_the_open_is_no_split() -> None:
    assert found(row(100.0, 100.0, 2.0), row(101.0, 100.0, 10.0)) == [None, None]


@pytest.mark.parametrize(("least", "ratio"), [(0.49, "2:1"), (0.51, None), (math.inf, None)])
def test_a_split_is_at_least_as_far_away_as_the_limit(least: float, ratio: str | None) -> None:
    assert found(divided(2.0), least_move=least) == [ratio]


def test_without_bars_there_is_no_split() -> None:
    assert found() == []


@settings(deadline=None, max_examples=50)
@given(st.lists(st.builds(row, cents, st.one_of(cents, st.none()), st.floats(0, 100)), max_size=6))
def test_every_row_stays_in_its_place_and_is_judged_alone(rows: list[Row]) -> None:
    bars = pl.DataFrame(rows, schema=COLUMNS)
    judged = with_split_factor(bars, LEAST_MOVE)
    assert judged.select(bars.columns).equals(bars)
    assert judged.columns == [*bars.columns, "ratio", "factor"]
    assert judged["ratio"].to_list() == [found(each)[0] for each in rows]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([divided(2.0), divided(0.1), row(50.0, 100.0, 30.0), row(99.0, 100.0)]), max_size=12))
def test_splits_and_jumps_may_come_in_any_order(rows: list[Row]) -> None:
    names = {50.0: None, 500.0: "2:1", 20.0: "1:10", 99.0: None}
    assert found(*rows) == [names[each["open"] or 0] for each in rows]
