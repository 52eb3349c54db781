"""Every rule with a line that breaks it and a line that just keeps it."""

from __future__ import annotations

import pytest

from tbp_assets.bars.rules import RULES
from tbp_assets.bars.schema import LONGEST_LINE
from tbp_assets_tests.bars.judging import judge, reasons
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, row, stamp

pytestmark = pytest.mark.unit

MIDNIGHT = stamp(TUESDAY)
SECOND = 1_000_000_000

# Rule, a line that breaks it, and every rule the line breaks in order.
BROKEN: dict[str, tuple[str, list[str]]] = {
    "line_too_long": (row() + "," + "x" * LONGEST_LINE, ["line_too_long", "wrong_field_count", "not_a_number"]),
    "wrong_field_count": (row() + ",", ["wrong_field_count", "not_a_number"]),
    "not_a_number": (row(transactions="7.0"), ["not_a_number"]),
    "ticker_malformed": (row(""), ["ticker_malformed"]),
    "timestamp_missing": (row(window_start=""), ["timestamp_missing"]),
    "timestamp_not_nanoseconds": (
        row(window_start=MIDNIGHT // 1000),
        [
            "timestamp_not_nanoseconds",
            "timestamp_of_another_date",
            "timestamp_off_minute",
            "timestamp_not_of_a_day",
        ],
    ),
    "timestamp_of_another_date": (row(window_start=stamp(WEDNESDAY)), ["timestamp_of_another_date"]),
    "timestamp_off_minute": (
        row(window_start=MIDNIGHT + SECOND),
        ["timestamp_off_minute", "timestamp_not_of_a_day"],
    ),
    "timestamp_not_of_a_day": (row(window_start=MIDNIGHT + 60 * SECOND), ["timestamp_not_of_a_day"]),
    "price_missing": (row(open=""), ["price_missing"]),
    "price_not_finite": (row(high="inf"), ["price_not_finite"]),
    "price_not_positive": (row(low=0), ["price_not_positive"]),
    "high_below_low": (
        row(high=9, low=9.5, open=9.2, close=9.2),
        ["high_below_low", "high_below_open", "high_below_close", "low_above_open", "low_above_close"],
    ),
    "high_below_open": (row(open=11.01), ["high_below_open"]),
    "high_below_close": (row(close=11.01), ["high_below_close"]),
    "low_above_open": (row(open=9.49), ["low_above_open"]),
    "low_above_close": (row(close=9.49), ["low_above_close"]),
    "volume_not_finite": (row(volume="inf"), ["volume_not_finite"]),
    "volume_negative": (row(volume=-1), ["volume_negative"]),
    "transactions_negative": (row(transactions=-1), ["transactions_negative"]),
}

KEPT = {
    "flat bar": row(open=5, high=5, low=5, close=5),
    "open at the high": row(open=11),
    "close at the low": row(close=9.5),
    "smallest price": row(open=0.0005, high=0.0005, low=0.0005, close=0.0005),
    "largest price": row(open=560984.99, high=560984.99, low=560984.99, close=560984.99),
    "nothing traded": row(volume=0, transactions=0),
    "decimal volume": row(volume="33278552.153126"),
    "longest ticker": row("A" * 32),
    "sixteen o'clock": row(window_start=MIDNIGHT + 16 * 3600 * SECOND),
}


def test_every_rule_has_a_line_that_breaks_it() -> None:
    # Two lines or other bytes are needed for three: test_tickers.py, test_parsing_lines.py.
    assert {*BROKEN, "not_utf8", "duplicate_key", "second_bar_of_day"} == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule_id", BROKEN)
def test_a_broken_rule_is_the_reason(rule_id: str) -> None:
    line, expected = BROKEN[rule_id]
    assert reasons(line) == expected


@pytest.mark.parametrize("rule_id", BROKEN)
def test_the_counted_reason_is_the_first_of_all(rule_id: str) -> None:
    result = judge([row("FIRST"), BROKEN[rule_id][0]])
    assert result.quarantined["reason"].to_list() == [rule_id]
    assert result.rejected == {rule_id: 1}


@pytest.mark.parametrize("name", KEPT)
def test_a_line_at_the_edge_of_the_rules_is_accepted(name: str) -> None:
    assert reasons(KEPT[name]) == []


@pytest.mark.parametrize("ticker", ["A B", "A\tB", "ÄÖ", "A\0B", "A" * 33, '"AAPL"', "\u200bAAPL"])
def test_a_ticker_that_is_no_printable_word_is_refused(ticker: str) -> None:
    assert reasons(row(ticker)) == ["ticker_malformed"]


@pytest.mark.parametrize("text", ["1_0", " 10", "10 ", "0x1p3", "ten", "10,5", "--1", "\uff11\uff10"])
def test_a_price_that_is_no_number_is_refused(text: str) -> None:
    assert "not_a_number" in reasons(row(open=text))


@pytest.mark.parametrize("text", ["1.7041716e18", "9223372036854775808", "2024-01-02"])
def test_a_stamp_that_is_no_whole_number_is_refused(text: str) -> None:
    assert reasons(row(window_start=text)) == ["not_a_number", "timestamp_missing"]


@pytest.mark.parametrize("text", ["-9223372036854775808", "9223372036854775807", "-68400000000000", "0"])
def test_a_stamp_at_the_end_of_the_scale_is_refused_as_another_unit(text: str) -> None:
    assert reasons(row(window_start=text))[0] == "timestamp_not_nanoseconds"


def test_reasons_are_counted_by_frequency() -> None:
    result = judge([row("A", low=0), row("B", volume=-1), row("C", volume=-1), row("D")])
    assert list(result.rejected.items()) == [("volume_negative", 2), ("price_not_positive", 1)]
