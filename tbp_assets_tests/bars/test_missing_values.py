"""The NaN strategy: a missing price rejects, a missing volume becomes 0 and is counted, transactions stay null."""

from __future__ import annotations

import pytest

from tbp_assets_tests.bars.judging import judge, reasons, validated
from tbp_assets_tests.day_files import TUESDAY, row

pytestmark = pytest.mark.unit

EMPTY_OR_NAN = ["", "nan", "NaN", "-NAN"]


@pytest.mark.parametrize("price", ["open", "high", "low", "close"])
@pytest.mark.parametrize("text", EMPTY_OR_NAN)
def test_a_missing_price_rejects_the_row(price: str, text: str) -> None:
    assert reasons(row("AAPL", TUESDAY, **{price: text})) == ["price_missing"]


@pytest.mark.parametrize("text", EMPTY_OR_NAN)
def test_a_missing_volume_becomes_zero_and_is_counted(text: str) -> None:
    result = judge([row("A", volume=text), row("B")])
    assert result.accepted["volume"].to_list() == [0.0, 1000.0]
    assert result.modified == {"volume_missing": 1}


def test_a_volume_of_zero_is_not_counted_as_modified() -> None:
    assert judge([row(volume=0)]).modified == {}


def test_the_missing_volume_of_a_rejected_row_is_not_counted() -> None:
    assert judge([row("A", volume="", low=0), row("B")]).modified == {}


def test_missing_transactions_stay_null() -> None:
    result = judge([row("A", transactions=""), row("B", transactions=0)])
    assert result.accepted["transactions"].to_list() == [None, 0]
    assert result.modified == {}


@pytest.mark.parametrize("text", ["nan", "null", "NA"])
def test_transactions_that_are_words_are_refused(text: str) -> None:
    assert reasons(row(transactions=text)) == ["not_a_number"]


@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "1e400"])
@pytest.mark.parametrize("price", ["open", "high", "low", "close"])
def test_an_infinite_price_is_refused(price: str, text: str) -> None:
    assert "price_not_finite" in reasons(row("AAPL", TUESDAY, **{price: text}))


@pytest.mark.parametrize("text", ["inf", "-inf", "1e400"])
def test_an_infinite_volume_is_refused(text: str) -> None:
    assert "volume_not_finite" in reasons(row(volume=text))


def test_modified_rows_are_in_the_fact_of_the_day() -> None:
    day = validated([row("A", volume=""), row("B", volume="nan"), row("C")])
    assert day.fact.modified == {"volume_missing": 2}
    assert day.fact.accepted == 3
