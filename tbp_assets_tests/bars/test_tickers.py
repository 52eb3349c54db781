"""Tickers are case-sensitive text, sorted by their bytes; of a key that occurs twice no copy is trusted."""

from __future__ import annotations

import random

import pytest

from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.bars.splitting import split
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.bars.judging import judge, judge_minutes, parse
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file, row, stamp

pytestmark = pytest.mark.unit

AWKWARD = ["NA", "NAN", "TRUE", "PRN", "null", "None", "1E5", "007", "-", "BRK.A", "ACHR.WS", "nan", "inf", "#"]
HOUR = 3_600_000_000_000


@pytest.mark.parametrize("ticker", AWKWARD)
def test_a_ticker_that_looks_like_something_else_stays_text(ticker: str) -> None:
    assert judge([row(ticker)]).accepted["ticker"].to_list() == [ticker]


def test_tickers_that_differ_in_case_are_two() -> None:
    result = judge([row("BCpC"), row("BCPC"), row("TpC"), row("TPC")])
    assert result.accepted["ticker"].to_list() == ["BCPC", "BCpC", "TPC", "TpC"]
    assert result.quarantined.height == 0


def test_bars_are_sorted_by_the_bytes_of_their_ticker() -> None:
    tickers = ["a", "Z", "AA", "A", "A.B", "A-B", "Aa", "AB", "0"]
    random.Random(7).shuffle(tickers)
    accepted = judge([row(ticker) for ticker in tickers]).accepted
    assert accepted["ticker"].to_list() == sorted(tickers, key=str.encode)


def test_the_bars_of_a_ticker_are_sorted_by_time() -> None:
    hours = list(range(24))
    random.Random(7).shuffle(hours)
    accepted = judge_minutes([row("A", window_start=stamp(TUESDAY) + hour * HOUR) for hour in hours]).accepted
    assert accepted["timestamp"].is_sorted()
    assert accepted.height == 24


def test_a_nul_in_a_ticker_is_a_bad_row() -> None:
    assert judge([row("A\0B"), row("C")]).rejected == {"ticker_malformed": 1}


def test_an_empty_ticker_is_a_bad_row() -> None:
    assert judge([row(""), row("C")]).rejected == {"ticker_malformed": 1}


def test_a_ticker_column_that_is_not_reached_by_a_short_line_is_a_bad_row() -> None:
    header = ",".join(reversed(HEADER.split(",")))
    result = split(parse_day_file(day_file(["7"], header), US_STOCKS_DAY_AGGS, TUESDAY, LIMITS))
    assert result.quarantined["reasons"][0].to_list()[:2] == ["wrong_field_count", "ticker_malformed"]


@pytest.mark.parametrize("copies", [2, 3, 10])
def test_of_a_duplicated_key_all_copies_are_quarantined(copies: int) -> None:
    result = judge([row("A"), *[row("B", volume=n) for n in range(copies)], row("C")])
    assert result.accepted["ticker"].to_list() == ["A", "C"]
    assert result.rejected == {"duplicate_key": copies}


def test_a_line_repeated_word_for_word_is_a_duplicate_too() -> None:
    assert judge([row("A"), row("A"), row("B")]).rejected == {"duplicate_key": 2}


def test_a_good_copy_of_a_bad_row_is_not_trusted_either() -> None:
    result = judge([row("A", low=-1), row("A"), row("B")])
    assert result.accepted["ticker"].to_list() == ["B"]
    assert result.rejected == {"price_not_positive": 1, "duplicate_key": 1}


def test_two_day_bars_of_a_ticker_are_not_trusted_whatever_their_stamps() -> None:
    result = judge([row("A"), row("A", window_start=stamp(TUESDAY) + 16 * HOUR), row("B")])
    assert (result.accepted["ticker"].to_list(), result.rejected) == (["B"], {"second_bar_of_day": 2})


def test_two_minute_bars_of_a_ticker_are_no_duplicates() -> None:
    assert judge_minutes([row("A"), row("A", window_start=stamp(TUESDAY) + HOUR)]).rejected == {}


def test_a_minute_bar_that_occurs_twice_is_not_trusted() -> None:
    assert judge_minutes([row("A"), row("A", volume=1), row("B")]).rejected == {"duplicate_key": 2}


def test_parsing_judges_nothing() -> None:
    rows = parse(f"{HEADER}\n{row('A', low=-1)}\n{row('A')}\n".encode()).rows
    assert rows["low"].to_list() == [-1.0, 9.5]
