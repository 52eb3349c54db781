"""The lines of a day file: each becomes one row with its number, whatever is in it."""

from __future__ import annotations

import polars as pl
import pytest

from tbp_assets.bars.schema import BAR_SCHEMA, LONGEST_LINE
from tbp_assets.bars.splitting import split
from tbp_assets_tests.bars.judging import judge, parse, reasons
from tbp_assets_tests.day_files import HEADER, TUESDAY, row

pytestmark = pytest.mark.unit


def numbers(content: str) -> list[int]:
    return parse(content.encode()).rows["line"].to_list()


def test_the_first_row_is_line_two() -> None:
    assert numbers(f"{HEADER}\n{row('A')}\n{row('B')}\n") == [2, 3]


def test_a_missing_last_newline_loses_nothing() -> None:
    assert numbers(f"{HEADER}\n{row('A')}\n{row('B')}") == [2, 3]


def test_a_blank_line_is_one_bad_row_with_its_number() -> None:
    result = judge([row("A"), "", row("B")])
    assert result.quarantined.select("line", "reason", "text").rows() == [(3, "wrong_field_count", "")]
    assert result.accepted["line"].to_list() == [2, 4]


def test_blank_lines_at_the_end_are_bad_rows() -> None:
    assert numbers(f"{HEADER}\n{row('A')}\n\n\n") == [2, 3, 4]


def test_windows_line_ends_are_line_ends() -> None:
    windows = parse(f"{HEADER}\r\n{row('A')}\r\n{row('B')}\r\n".encode())
    assert windows.rows.equals(parse(f"{HEADER}\n{row('A')}\n{row('B')}\n".encode()).rows)


def test_a_carriage_return_inside_a_line_is_no_line_end() -> None:
    assert numbers(f"{HEADER}\n{row('A')}\r{row('B')}\n") == [2]


def test_a_line_separator_of_unicode_is_no_line_end() -> None:
    assert numbers("\n".join([HEADER, row("A\u2028B"), row("C\x0bD"), row("E\x85F")])) == [2, 3, 4]


@pytest.mark.parametrize("line", ["AAPL", "AAPL,1000", row().rpartition(",")[0]])
def test_too_few_fields_are_one_bad_row(line: str) -> None:
    assert reasons(line)[0] == "wrong_field_count"


@pytest.mark.parametrize("line", [row() + ",", row() + ",1", row() + "," * 50])
def test_too_many_fields_are_one_bad_row(line: str) -> None:
    assert reasons(line)[0] == "wrong_field_count"


def test_a_quote_does_not_swallow_the_next_line() -> None:
    result = judge([row('"A'), row("B"), row('C"'), row("D")])
    assert result.accepted["ticker"].to_list() == ["B", "D"]
    assert result.quarantined["line"].to_list() == [2, 4]


def test_a_quoted_ticker_is_refused_and_not_taken_for_another_name() -> None:
    result = judge([row('"AAPL"'), row("MSFT")])
    assert result.rejected == {"ticker_malformed": 1}


def test_a_quarantined_row_keeps_its_text() -> None:
    line = row("A", open="ten")
    assert judge([row("B"), line]).quarantined["text"].to_list() == [line]


@pytest.mark.parametrize(
    "name", ["otc", "line", "text", "ticker2", "timestamp", "trading_date", "field_count", "reason", ""]
)
def test_an_extra_column_is_kept_as_text(name: str) -> None:
    result = judge([row("A") + ",007", row("B") + ","], header=f"{HEADER},{name}")
    assert result.accepted.columns == [*BAR_SCHEMA, f"vendor_{name}"]
    assert result.accepted[f"vendor_{name}"].to_list() == ["007", ""]
    assert result.accepted.select(*BAR_SCHEMA).equals(judge([row("A"), row("B")]).accepted)


def test_an_extra_column_in_the_middle_shifts_nothing() -> None:
    header = HEADER.replace("volume,", "volume,otc,")
    line = row("A").replace(",1000,", ",1000,true,")
    accepted = judge([line], header=header).accepted
    assert accepted.select(*BAR_SCHEMA).equals(judge([row("A")]).accepted)
    assert accepted["vendor_otc"].to_list() == ["true"]


def test_extra_columns_are_named_by_the_parser() -> None:
    assert parse(f"{HEADER},x,y\n{row()},1,2\n".encode()).extra_columns == ("vendor_x", "vendor_y")


def test_a_quoted_comma_in_an_extra_last_column_is_a_wrong_field_count() -> None:
    result = judge([row("A") + ',"a,b"', row("B") + ",c"], header=f"{HEADER},note")
    assert result.rejected == {"wrong_field_count": 1}


def test_accepted_bars_have_the_stored_schema() -> None:
    assert judge([row()]).accepted.schema == BAR_SCHEMA


def test_a_bar_is_what_the_line_says() -> None:
    line = row("AAPL", volume=82488674, open=187.15, close=185.64, high=188.44, low=183.885, transactions=1)
    bars = judge([line]).accepted.drop("timestamp")
    assert bars.rows() == [(TUESDAY, "AAPL", 187.15, 188.44, 183.885, 185.64, 82488674.0, 1, 2)]


def test_a_file_of_bad_rows_only_has_no_bars_and_no_fault() -> None:
    result = judge(["x", "y"])
    assert result.accepted.height == 0
    assert result.accepted.schema == BAR_SCHEMA
    assert result.quarantined.select(pl.len()).item() == 2


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x80", b"\xed\xa0\x80", b"\xc0\xaf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_byte_that_is_not_utf_8_costs_its_line_only(bad: bytes, newline: bytes) -> None:
    lines = [HEADER.encode(), row("A").encode(), b"B" + bad, row("C").encode() + bad, row("D").encode()]
    result = split(parse(newline.join([*lines, b""])))
    assert result.accepted["ticker"].to_list() == ["A", "D"]
    assert result.quarantined.select("line", "reason").rows() == [(3, "not_utf8"), (4, "not_utf8")]


def test_a_line_that_is_not_utf_8_shows_where_it_cannot_be_read() -> None:
    assert split(parse(HEADER.encode() + b"\nA\xff,1\n")).quarantined["text"].to_list() == ["A\ufffd,1"]


def test_the_sign_for_unreadable_text_is_itself_utf_8() -> None:
    header = f"{HEADER},note"
    assert judge([row("A") + ",\ufffd"], header=header).accepted["vendor_note"].to_list() == ["\ufffd"]


def test_a_byte_order_mark_in_a_later_line_is_a_bad_ticker() -> None:
    assert judge([row("\ufeffA"), row("B")]).rejected == {"ticker_malformed": 1}


def test_a_line_of_ten_megabytes_costs_itself_and_little_room() -> None:
    result = judge([row("A"), row("B" * 10_000_000), row("C")])
    assert result.accepted["ticker"].to_list() == ["A", "C"]
    (text,) = result.quarantined["text"].to_list()
    assert result.rejected == {"line_too_long": 1}
    assert text == "B" * LONGEST_LINE + f"… ({10_000_000 - 1 + len(row('B')):,} characters)".replace(",", "")
    assert result.quarantined.estimated_size() < 10_000


def test_a_line_may_be_as_long_as_the_rule_says() -> None:
    header, room = f"{HEADER},note", LONGEST_LINE - len(row("A")) - 1
    assert judge([row("A") + "," + "é" * room], header=header).accepted.height == 1
    assert judge([row("A") + "," + "é" * (room + 1), row("B") + ","], header=header).rejected == {"line_too_long": 1}


def test_very_many_blank_lines_are_counted_one_by_one() -> None:
    result = judge([row("A"), *[""] * 100_000, row("B")])
    assert (result.accepted.height, result.rejected) == (2, {"wrong_field_count": 100_000})
