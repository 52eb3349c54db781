"""Statistics of a whole day: right by hand on small frames, and the same whatever the order of the rows."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbp_assets.bars.day_statistics import COMPARED, Neighbours, levels_of, measure, stored_day
from tbp_assets.bars.schema import BAR_SCHEMA
from tbp_assets.bars.whole_day import STATISTICS, Measured

pytestmark = pytest.mark.unit

MONDAY, TUESDAY = date(2024, 1, 8), date(2024, 1, 9)
SCHEMA = {name: BAR_SCHEMA[name] for name in COMPARED}
COUNT = 40


def day(count: int = COUNT, **columns: Any) -> pl.DataFrame:
    """Return a day of tickers T000 and so on; each column one value, or one for each ticker."""
    values: dict[str, Any] = {
        "ticker": [f"T{n:03}" for n in range(count)],
        "open": 10.0, "high": 12.0, "low": 9.0, "close": [10.0 + n for n in range(count)],
        "volume": [1000.0 + n for n in range(count)], "transactions": [10 + n for n in range(count)],
    } | columns  # fmt: skip
    return pl.DataFrame(values, schema=SCHEMA)


def compared(bars: pl.DataFrame, before: pl.DataFrame, **near: Any) -> Measured:
    """Measure Tuesday's bars beside Monday's."""
    return measure(TUESDAY, bars, Neighbours([stored_day(MONDAY, before)], before, **near))


def statistic(name: str, bars: pl.DataFrame, before: pl.DataFrame | None = None) -> float:
    return compared(bars, day() if before is None else before).values[name]


def closes(factor: float) -> list[float]:
    return [(10.0 + n) * factor for n in range(COUNT)]


def test_levels_of_a_day_by_hand() -> None:
    bars = day(
        4, open=[1.0, 2.0, 3.0, 4.0], high=[1.0, 3.0, 3.0, 5.0], low=[1.0, 2.0, 2.0, 4.0], close=[1.0, 3.0, 2.005, 4.5],
        volume=[0.0, 10.0, 2.5, 100.0], transactions=[None, 20, 1, 0],
    )  # fmt: skip
    ranges = sorted([0.0, math.log(1.5), math.log(1.5), math.log(1.25)])
    assert levels_of(bars) == {
        "rows": 4, "median_volume": 6.25, "turnover": 30 + 5.0125 + 450,
        "median_range": round((ranges[1] + ranges[2]) / 2, 9),
        "whole_cents": 0.75, "flat_bars": 0.25, "no_wicks": 0.5, "fractional_volumes": 0.25, "without_volume": 0.25,
        "without_transactions": 0.5, "volume_below_transactions": 0.25,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "bars", "value"),
    [
        ("equal_closes", day(close=closes(1)), 1.0),
        ("market_move", day(close=closes(1.1)), math.log(1.1)),
        ("typical_move", day(close=closes(1.1)), 0.0),
        ("common_move", day(close=closes(1.02)), 0.0),
        ("price_correlation", day(close=closes(3)), 1.0),
        ("price_correlation", day(close=7.0), 0.0),
        ("far_moves", day(close=[*closes(1)[:-4], *[900.0] * 4]), 0.1),
        ("tickers_shared", day().head(30), 0.75),
        ("tickers_shared", day(80), 0.5),
        ("rows_ratio", day().head(30), 0.75),
        ("active_missing", day().head(30), 0.5),
        ("active_missing", day().tail(20), 0.0),
        ("turnover_new", day(), 0.0),
        ("volume_ratio", day(volume=[2000.0 + 2 * n for n in range(COUNT)]), 2.0),
        ("trade_size_ratio", day(volume=[3000.0 + 3 * n for n in range(COUNT)]), 3.0),
        ("turnover_ratio", day(volume=0.0), 0.0),
        ("volume_agreement", day(), 1.0),
        ("volume_agreement", day(volume=5.0), 0.0),
        ("transactions_agreement", day(transactions=0), 0.0),
        ("transactions_agreement", day(transactions=None), 0.0),
        ("without_transactions", day(transactions=None), 1.0),
        ("without_volume", day(volume=0.0), 1.0),
        ("volume_below_transactions", day(transactions=5000), 1.0),
        ("whole_cents", day(close=[each + 0.001 for each in closes(1)]), -1.0),
        ("flat_bars", day(high=9.0), 1.0),
        ("fractional_volumes", day(volume=0.5), 1.0),
        ("range_ratio", day(high=16.0), math.log(16 / 9) / math.log(12 / 9)),
        ("dear_strangers", day(41, low=[*[9.0] * COUNT, 1e11]), 1.0),
        ("dear_strangers", day(low=1e11), 0.0),
        ("repeated_rows", day(transactions=1), 1.0),
        ("repeated_rows", day(volume=[*[1000.0 + n for n in range(20)], *[1.0] * 20]), 0.5),
    ],
)  # fmt: skip
def test_a_statistic_by_hand(name: str, bars: pl.DataFrame, value: float) -> None:
    assert statistic(name, bars) == pytest.approx(value, abs=1e-8)


def test_a_common_move_is_told_in_typical_moves() -> None:
    """Half of the tickers lie 1 % above the market's move of 10 %, half of them 1 % below."""
    moved = [each * math.exp(0.1 + (0.01 if n % 2 else -0.01)) for n, each in enumerate(closes(1))]
    assert statistic("common_move", day(close=moved)) == pytest.approx(10, abs=1e-6)


def test_opens_farther_away_than_closes_are_seen() -> None:
    moves = [0.02 if n % 2 else -0.02 for n in range(COUNT)]
    closed = [each * math.exp(move) for each, move in zip(closes(1), moves, strict=True)]
    opened = [each * math.exp(2 * move) for each, move in zip(closes(1), moves, strict=True)]
    assert statistic("open_to_close", day(open=opened, close=closed)) == pytest.approx(2, abs=1e-6)


def test_dollars_of_tickers_that_are_gone_and_new() -> None:
    before = day(close=1.0, volume=[*[1.0] * 39, 61.0])
    found = compared(day(close=1.0, volume=1.0).with_columns(pl.col("ticker").replace("T039", "NEW")), before).values
    assert found["turnover_missing"] == pytest.approx(0.61)
    assert found["turnover_new"] == pytest.approx(1 / 40)


def test_of_a_restated_day_it_is_measured_what_is_gone_and_what_is_other() -> None:
    standing = day(close=1.0, volume=1.0)
    new = standing.head(30).with_columns(transactions=pl.lit(None, pl.Int64))
    found = measure(TUESDAY, new, Neighbours(standing=standing)).values
    assert found == {"removed_bars": 0.25, "removed_turnover": 0.25, "changed_bars": 0.75, "changed_turnover": 0.75}
    assert set(measure(TUESDAY, standing, Neighbours(standing=standing)).values.values()) == {0.0}


def test_missing_transactions_that_stay_missing_are_no_change() -> None:
    standing = day(transactions=None)
    assert measure(TUESDAY, standing, Neighbours(standing=standing)).values["changed_bars"] == 0


def test_the_stored_day_that_is_repeated_is_named_also_where_it_is_later() -> None:
    later = day(volume=7.0)
    found = compared(later, day(), after=[stored_day(TUESDAY + timedelta(days=1), later)])
    assert (found.repeats, found.values["repeated_rows"]) == (date(2024, 1, 10), 1.0)


def test_of_many_contents_a_sample_finds_the_day_that_is_repeated() -> None:
    count = 5000
    old = [day(count, volume=[float(n * 10 + back) for n in range(count)]) for back in range(3)]
    before = [stored_day(MONDAY - timedelta(days=3 - back), bars) for back, bars in enumerate(old)]
    found = measure(TUESDAY, old[1], Neighbours(before, old[2]))
    assert (found.repeats, found.values["repeated_rows"]) == (MONDAY - timedelta(days=2), 1.0)


def test_regular_tickers_are_those_of_each_of_the_last_sessions() -> None:
    days = [day().head(30), day(), day()]
    before = [stored_day(MONDAY - timedelta(days=2 - back), bars) for back, bars in enumerate(days)]
    found = measure(TUESDAY, day().head(15), Neighbours(before, days[-1]))
    assert (found.values["regulars_missing"], found.bars["regulars_missing"]) == (0.5, 30)


@pytest.mark.parametrize(
    ("on", "before", "thin"),
    [
        (TUESDAY, None, "no session before it is stored"),
        (TUESDAY, day(19), "the session before it (2024-01-08) has 19 bars"),
        (date(2024, 1, 15), day(), "the newest session stored before it is of 2024-01-08"),
        (date(2024, 1, 12), day(), ""),
    ],
)
def test_a_day_without_a_session_near_it_is_compared_with_none(
    on: date, before: pl.DataFrame | None, thin: str
) -> None:
    stored = [] if before is None else [stored_day(MONDAY, before)]
    found = measure(on, day(), Neighbours(stored, before))
    assert found.thin == thin
    assert ("equal_closes" in found.values) == (not thin)


@pytest.mark.parametrize("before", [None, day()])
def test_a_day_without_bars_is_measured_without_an_error(before: pl.DataFrame | None) -> None:
    stored = [] if before is None else [stored_day(MONDAY, before)]
    found = measure(TUESDAY, day(0), Neighbours(stored, before, standing=before))
    assert found.levels == {"rows": 0.0}
    assert all(math.isfinite(value) for value in found.values.values())


def test_every_statistic_is_one_that_is_judged_and_is_finite() -> None:
    days = [day()] * 3
    before = [stored_day(MONDAY - timedelta(days=2 - back), bars) for back, bars in enumerate(days)]
    moved = day(close=[each + 0.01 * n for n, each in enumerate(closes(1))])
    found = measure(TUESDAY, moved, Neighbours(before, days[-1], standing=day()))
    assert set(found.values) == set(found.bars) == set(STATISTICS)
    assert all(math.isfinite(value) for value in found.values.values())


@given(st.data())
def test_the_order_of_the_rows_changes_no_digit(data: st.DataObject) -> None:
    price, count = st.floats(0.01, 1e5), data.draw(st.integers(20, 40))
    bars, before = (
        day(
            count,
            close=data.draw(st.lists(price, min_size=count, max_size=count)),
            volume=data.draw(st.lists(st.floats(0, 1e9), min_size=count, max_size=count)),
            transactions=data.draw(st.lists(st.none() | st.integers(0, 10**6), min_size=count, max_size=count)),
        )
        for _ in range(2)
    )
    order = data.draw(st.permutations(range(count)))
    assert compared(bars[order], before[order[::-1]]) == compared(bars, before)
    assert compared(bars[order], before, standing=before[order]) == compared(bars, before, standing=before)
