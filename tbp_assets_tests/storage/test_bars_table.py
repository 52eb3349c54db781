"""The comparison of database and lake misses nothing: a bar too few, a row too many, a bit that differs."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from tbp_assets.bars.schema import VALUES
from tbp_assets.storage.bars_table import KEY, compare
from tbp_assets_tests.day_files import TUESDAY, good_rows, row, stamp
from tbp_assets_tests.storage.days import universe, validated

pytestmark = pytest.mark.unit

LAKE = validated(good_rows(TUESDAY)).bars
STORED = LAKE.select(*KEY, *VALUES)
CHOSEN = universe("AAPL", "MSFT").select(LAKE, TUESDAY).bars


def changed(ticker: str, **values: Any) -> pl.DataFrame:
    """Return the stored rows with values of one ticker changed."""
    columns = [
        pl.when(pl.col("ticker") == ticker).then(pl.lit(value, STORED.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    ]
    return STORED.with_columns(columns)


def test_equal_rows_are_equal_in_any_order() -> None:
    found = compare(STORED.reverse(), LAKE, LAKE)
    assert found.equal
    assert found.compared == 4


def test_empty_days_are_equal() -> None:
    assert compare(STORED.clear(), LAKE.clear(), LAKE.clear()).equal


def test_bar_that_is_not_in_the_database_is_absent() -> None:
    found = compare(STORED.filter(pl.col("ticker") != "MSFT"), LAKE, LAKE)
    assert not found.equal
    assert found.absent["ticker"].to_list() == ["MSFT"]
    assert found.foreign.is_empty()
    assert found.different.is_empty()


def test_bar_outside_the_universe_may_be_absent_or_there() -> None:
    assert compare(STORED.filter(pl.col("ticker").is_in(["AAPL", "MSFT"])), LAKE, CHOSEN).equal
    assert compare(STORED, LAKE, CHOSEN).equal


def test_bar_outside_the_universe_that_is_there_must_be_right() -> None:
    found = compare(changed("ZZZZ", close=10.6), LAKE, CHOSEN)
    assert not found.equal
    assert found.different["ticker"].to_list() == ["ZZZZ"]


def test_row_that_no_accepted_bar_explains_is_foreign() -> None:
    stranger = validated([row("GHOST")]).bars.select(*KEY, *VALUES)
    found = compare(pl.concat([STORED, stranger]), LAKE, CHOSEN)
    assert not found.equal
    assert found.foreign["ticker"].to_list() == ["GHOST"]


def test_row_of_another_time_is_foreign_and_its_bar_absent() -> None:
    later = validated([row("AAPL", window_start=stamp(TUESDAY) + 16 * 3600 * 10**9)]).bars.select(*KEY, *VALUES)
    found = compare(pl.concat([later, STORED.filter(pl.col("ticker") != "AAPL")]), LAKE, LAKE)
    assert found.foreign["ticker"].to_list() == found.absent["ticker"].to_list() == ["AAPL"]


def test_ticker_in_other_letters_is_another_ticker() -> None:
    lower = STORED.with_columns(pl.col("ticker").replace("AAPL", "AAPl"))
    found = compare(lower, LAKE, LAKE)
    assert (found.absent["ticker"].to_list(), found.foreign["ticker"].to_list()) == (["AAPL"], ["AAPl"])


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
def test_one_bit_is_a_difference(name: str) -> None:
    value = LAKE.filter(ticker="SPY")[name].item()
    found = compare(changed("SPY", **{name: math.nextafter(value, math.inf)}), LAKE, LAKE)
    assert not found.equal
    assert found.different.select("ticker", name, f"{name}_lake").rows() == [
        ("SPY", math.nextafter(value, math.inf), value)
    ]


@pytest.mark.parametrize("value", [None, 8, 0])
def test_transactions_that_are_null_or_other_differ(value: int | None) -> None:
    assert compare(changed("SPY", transactions=value), LAKE, LAKE).different.height == 1


def test_nulls_on_both_sides_are_equal() -> None:
    nulls = LAKE.with_columns(transactions=pl.lit(None, pl.Int64))
    assert compare(nulls.select(*KEY, *VALUES), nulls, nulls).equal
