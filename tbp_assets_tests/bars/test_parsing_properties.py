"""What holds for any file at all: no traceback, no row lost or invented, no digit changed."""

from __future__ import annotations

import gzip
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tbp_assets.bars.accounting import lake_balance
from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.bars.schema import BAR_SCHEMA
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import FileUnusableError
from tbp_assets_tests.bars.judging import judge, parse, validated_content
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, row

pytestmark = pytest.mark.unit

quick = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIELDS = ["volume", "open", "close", "high", "low", "window_start", "transactions"]
numbers = st.sampled_from(["", "0", "-1", "1e9", "nan", "-inf", "1704171600000000000", "9223372036854775808", "0.0005"])
lines = st.one_of(
    st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=60),
    st.lists(numbers | st.text('AB,"\r\0 é', max_size=4), max_size=10).map(",".join),
    st.sampled_from(["A", "B", "C"]).map(row),
    st.dictionaries(st.sampled_from(FIELDS), numbers, max_size=3).map(lambda fields: row("A", TUESDAY, **fields)),
)


def line_count(content: bytes) -> int:
    """Count lines as the landing zone does: without the parser."""
    return content.count(b"\n") + (not content.endswith(b"\n"))


@quick
@given(st.binary(max_size=300))
def test_bytes_that_are_no_gzip_are_refused_without_a_traceback(content: bytes) -> None:
    with pytest.raises(FileUnusableError):
        parse_day_file(content, US_STOCKS_DAY_AGGS, TUESDAY, LIMITS)


@quick
@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=0, max_value=255))
def test_a_damaged_byte_is_refused_or_changes_nothing(place: int, value: int) -> None:
    content = f"{HEADER}\n{row('A')}\n{row('B')}\n".encode()
    packed = bytearray(gzip.compress(content, mtime=0))
    packed[place % len(packed)] = value
    try:
        rows = parse_day_file(bytes(packed), US_STOCKS_DAY_AGGS, TUESDAY, LIMITS).rows
    except FileUnusableError:
        return
    assert rows["text"].to_list() == [row("A"), row("B")]


@quick
@given(st.one_of(st.just(b""), st.just(HEADER.encode() + b"\n"), st.just(HEADER.encode())), st.binary(max_size=300))
def test_any_content_is_refused_or_gives_a_row_a_line(start: bytes, content: bytes) -> None:
    whole = start + content
    try:
        rows = parse(whole).rows
    except FileUnusableError:
        return
    assert rows.height == line_count(whole) - 1
    assert rows["line"].to_list() == list(range(2, rows.height + 2))


@quick
@given(st.lists(lines, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_books_of_any_day_balance(texts: list[str], newline: str, ends: bool) -> None:
    content = newline.join([HEADER, *texts]) + (newline if ends else "")
    raw = content.encode()
    day = validated_content(gzip.compress(raw), line_count(raw), max_rejected_share=0.5)
    if day.fact.status == "refused":
        assert day.fact.cause.endswith("the file has a header and no rows")
        return
    assert lake_balance(day.fact).holds
    assert (day.bars.height, day.quarantine.height) == (day.fact.accepted, day.fact.quarantined)
    seen = sorted([*day.bars["line"], *day.quarantine["line"]])
    assert seen == list(range(2, line_count(raw) + 1))


@quick
@given(st.lists(lines, min_size=1, max_size=12))
def test_an_accepted_bar_has_no_missing_value_but_transactions(texts: list[str]) -> None:
    accepted = judge(texts).accepted
    assert accepted.schema == BAR_SCHEMA
    assert accepted.drop("transactions").null_count().row(0) == (0,) * 9
    assert accepted["ticker"].is_sorted()


@quick
@given(st.lists(st.decimals(min_value="0.000001", max_value="999999999", places=6), min_size=1, max_size=50))
def test_a_price_of_six_decimals_survives_exactly(prices: list[Decimal]) -> None:
    texts = [f"{price:f}" for price in prices]
    accepted = judge([row(f"T{n}", open=p, high=p, low=p, close=p, volume=p) for n, p in enumerate(texts)]).accepted
    kept = dict(accepted.select("ticker", "open").iter_rows())
    for column in ("high", "low", "close", "volume"):
        assert kept == dict(accepted.select("ticker", column).iter_rows())
    assert [Decimal(repr(kept[f"T{n}"])) for n in range(len(prices))] == prices


@quick
@given(st.lists(st.floats(min_value=1e-300, allow_infinity=False), min_size=1, max_size=50))
def test_any_float_survives_its_own_text(values: list[float]) -> None:
    rows = parse("\n".join([HEADER, *(row(volume=repr(value)) for value in values)]).encode()).rows
    assert rows["volume"].to_list() == values


@quick
@given(st.lists(st.integers(min_value=0, max_value=2**63 - 1), min_size=1, max_size=20))
def test_any_count_of_transactions_survives(counts: list[int]) -> None:
    rows = parse("\n".join([HEADER, *(row(transactions=count) for count in counts)]).encode()).rows
    assert rows["transactions"].to_list() == counts
