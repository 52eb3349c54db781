"""A day's metrics add up to its books, whatever its rows are; and who has a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tbp_assets.bars.flags import FLAG_SCHEMA
from tbp_assets.bars.metrics import FILE_REFUSED, METRICS_SCHEMA, NO_TICKER, OTHER_TICKERS, Totals, measure, totals_of
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets_tests.bars.day_facts import lake_fact
from tbp_assets_tests.bars.judging import validated
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, row

pytestmark = pytest.mark.unit

ALL_ROWS = 0.99  # a share of rejected rows at which a day is kept
TICKERS = ["AAPL", "MSFT", "NA", "NAN", "TRUE", "null", "BCPC", "BCpC", "1", "", "A B", "T" * 33]
BROKEN = [{}, {"volume": ""}, {"volume": "nan"}, {"low": 0}, {"high": 1}, {"close": ""}, {"transactions": "x"}]
some_rows = st.lists(
    st.tuples(st.sampled_from(TICKERS), st.sampled_from(BROKEN)).map(lambda drawn: row(drawn[0], TUESDAY, **drawn[1])),
    min_size=1,
)
NO_FLAGS = pl.DataFrame(schema=FLAG_SCHEMA)


def metrics(day: ValidatedDay, named: Sequence[str] = (), flags: pl.DataFrame = NO_FLAGS) -> pl.DataFrame:
    return measure(day.fact, day.bars, day.quarantine, flags, named)


def flag(ticker: str, rule: str) -> tuple[object, ...]:
    return (TUESDAY, ticker, rule, 1.0, 1.0, "")


def flags_of(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FLAG_SCHEMA, orient="row")


def sums(measured: pl.DataFrame) -> Totals:
    return Totals(*measured.select(pl.col("^.*_rows$").sum()).row(0))


def reasons(measured: pl.DataFrame) -> dict[str, int]:
    """Return the rejection reasons over all tickers."""
    added: dict[str, int] = {}
    for text in measured["rejection_reasons"]:
        for reason, count in json.loads(text).items():
            added[reason] = added.get(reason, 0) + count
    return added


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some_rows, st.sampled_from([0.0, 0.05, ALL_ROWS]), st.sets(st.sampled_from(TICKERS[:9])))
def test_the_rows_of_a_day_add_up_to_its_books(rows: list[str], share: float, named: set[str]) -> None:
    day = validated(rows, max_rejected_share=share)
    measured = metrics(day, sorted(named))
    assert measured.schema == METRICS_SCHEMA
    assert sums(measured) == totals_of(day.fact)
    assert reasons(measured) == dict(day.fact.rejected)
    assert totals_of(day.fact).total == len(rows)
    assert named <= set(measured["ticker"])
    assert measured["ticker"].to_list() == sorted(set(measured["ticker"]), key=str.encode)
    assert measured.filter(pl.col("total_rows") != pl.col("accepted_rows") + pl.col("rejected_rows")).is_empty()


def test_a_named_ticker_has_a_row_even_with_nothing_in_the_file() -> None:
    measured = metrics(validated([row("AAPL"), row("ZZZZ")]), ["MSFT", "AAPL"])
    assert measured.rows() == [
        (OTHER_TICKERS, 1, 1, 0, 0, "{}", "{}"), ("AAPL", 1, 1, 0, 0, "{}", "{}"), ("MSFT", 0, 0, 0, 0, "{}", "{}")
    ]  # fmt: skip


def test_a_faulty_ticker_has_a_row_of_its_own_and_the_rest_share_one() -> None:
    day = validated([row("A"), row("B"), row("BAD", low=0), row("MOD", volume="")], max_rejected_share=ALL_ROWS)
    assert metrics(day).rows() == [
        (OTHER_TICKERS, 2, 2, 0, 0, "{}", "{}"), ("BAD", 1, 0, 1, 0, '{"price_not_positive": 1}', "{}"),
        ("MOD", 1, 1, 0, 1, "{}", "{}"),
    ]  # fmt: skip


def test_a_ticker_whose_rows_were_rejected_for_two_reasons_names_both() -> None:
    tomorrow = row("A", WEDNESDAY)
    measured = metrics(validated([row("A"), tomorrow], max_rejected_share=ALL_ROWS))
    both = '{"second_bar_of_day": 1, "timestamp_of_another_date": 1}'
    assert measured.rows() == [("A", 2, 0, 2, 0, both, "{}")]


@pytest.mark.parametrize("ticker", ["NA", "NAN", "TRUE", "null", "nan", "1", "BRK.A", "BCpC"])
def test_a_ticker_that_looks_like_something_else_is_counted_under_its_name(ticker: str) -> None:
    day = validated([row(ticker, low=0), row("A")], max_rejected_share=ALL_ROWS)
    assert metrics(day, ["A"])["ticker"].to_list() == sorted(["A", ticker])


@pytest.mark.parametrize("ticker", ["", "A B", "T" * 33, "É"])
def test_a_malformed_ticker_is_counted_under_no_ticker(ticker: str) -> None:
    day = validated([row(ticker), row("A")], max_rejected_share=ALL_ROWS)
    assert metrics(day).rows() == [
        (NO_TICKER, 1, 0, 1, 0, '{"ticker_malformed": 1}', "{}"), (OTHER_TICKERS, 1, 1, 0, 0, "{}", "{}")
    ]  # fmt: skip


def test_a_line_cut_short_is_counted_under_the_ticker_it_still_names() -> None:
    day = validated(["AAPL,1,2", row("A")], max_rejected_share=ALL_ROWS)
    assert metrics(day).filter(pl.col("ticker") == "AAPL").row(0)[:4] == ("AAPL", 1, 0, 1)


def test_all_rows_of_a_withheld_day_are_rejected_under_their_tickers() -> None:
    measured = metrics(validated([row("A"), row("B", volume=""), row("C", low=0)]))
    withheld, bad = '{"day_withheld": 1}', '{"price_not_positive": 1}'
    assert measured.select("ticker", "rejected_rows", "rejection_reasons").rows() == [
        ("A", 1, withheld), ("B", 1, withheld), ("C", 1, bad)
    ]  # fmt: skip


@pytest.mark.parametrize(("rows", "rejected"), [(3, 3), (0, 0)])
def test_all_lines_of_a_refused_file_are_rejected_under_no_ticker(rows: int, rejected: int) -> None:
    day = validated([row("A")] * rows, header="no,header")
    assert day.fact.status == "refused"
    expected = [(NO_TICKER, rejected, 0, rejected, 0, f'{{"{FILE_REFUSED}": {rejected}}}', "{}")]
    assert metrics(day).rows() == (expected if rows else [])
    assert sums(metrics(day)) == totals_of(day.fact) == Totals(rejected, 0, rejected, 0)


def test_a_refused_file_without_a_line_has_no_rows() -> None:
    fact = replace(lake_fact(TUESDAY, "refused"), lines=0, accepted=0)
    assert totals_of(fact) == Totals(0, 0, 0, 0)
    assert totals_of(fact).score is None


@pytest.mark.parametrize(("accepted", "score"), [(200, 100.0), (199, 99.5), (0, 0.0)])
def test_the_score_is_the_share_of_accepted_rows(accepted: int, score: float) -> None:
    assert Totals(200, accepted, 200 - accepted, 0).score == score


def test_flags_are_counted_under_their_ticker_or_under_the_others() -> None:
    flags = flags_of(flag("A", "gap"), flag("B", "gap"), flag("C", "gap"), flag("GONE", "vanished"))
    measured = metrics(validated([row("A"), row("B"), row("C")]), ["A"], flags)
    assert measured.select("ticker", "flags", "total_rows").rows() == [
        (OTHER_TICKERS, '{"gap": 2, "vanished": 1}', 2), ("A", '{"gap": 1}', 1)
    ]  # fmt: skip


def test_a_flag_of_a_ticker_that_has_no_bar_is_counted_all_the_same() -> None:
    measured = metrics(validated([row("A")]), ["A"], flags_of(flag("GONE", "vanished")))
    assert measured.rows() == [(OTHER_TICKERS, 0, 0, 0, 0, "{}", '{"vanished": 1}'), ("A", 1, 1, 0, 0, "{}", "{}")]


@settings(deadline=None)
@given(st.dictionaries(st.text("ab_z", min_size=1, max_size=4), st.integers(1, 3), max_size=8))
def test_keys_are_in_the_order_of_postgresql(counts: dict[str, int]) -> None:
    flags = flags_of(*(flag("A", rule) for rule, count in counts.items() for _ in range(count)))
    text = metrics(validated([row("A")]), ["A"], flags)["flags"][0]
    ordered = sorted(counts, key=lambda key: (len(key.encode()), key.encode()))
    assert text == "{" + ", ".join(f'"{key}": {counts[key]}' for key in ordered) + "}"
