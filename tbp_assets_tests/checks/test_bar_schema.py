"""The pandera schema finds every fault in stored bars, and names rule and ticker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from tbp_assets.bars.rules import RULES, STORED_RULES
from tbp_assets.bars.schema import BAR_COLUMNS
from tbp_assets.checks.bar_schema import bar_schema, schema_failures
from tbp_assets_tests.day_files import HEADER, TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import validated

pytestmark = pytest.mark.unit

BARS = validated(good_rows(TUESDAY)).bars
NAN, INF = float("nan"), float("inf")
DAY = "1d"
BREAKS: dict[str, dict[str, Any]] = {
    "ticker_malformed": {"ticker": "MS FT"},
    "timestamp_missing": {"timestamp": None},
    "timestamp_not_nanoseconds": {"timestamp": datetime(1970, 1, 20, 17, tzinfo=UTC)},
    "timestamp_of_another_date": {"timestamp": datetime(2024, 1, 3, 5, tzinfo=UTC)},
    "timestamp_off_minute": {"timestamp": datetime(2024, 1, 2, 5, 0, 1, tzinfo=UTC)},
    "timestamp_not_of_a_day": {"timestamp": BARS["timestamp"][0] + timedelta(hours=1)},
    "price_missing": {"open": NAN},
    "price_not_finite": {"high": INF},
    "price_not_positive": {"low": 0.0},
    "high_below_low": {"high": 9.0, "low": 9.4},
    "high_below_open": {"open": 11.5},
    "high_below_close": {"close": 11.5},
    "low_above_open": {"open": 9.0},
    "low_above_close": {"close": 9.0},
    "volume_not_finite": {"volume": INF},
    "volume_negative": {"volume": -1.0},
    "transactions_negative": {"transactions": -1},
    "duplicate_key": {"ticker": "SPY"},
    "second_bar_of_day": {"ticker": "SPY"},
}


def changed(**values: Any) -> pl.DataFrame:
    """Return good bars with values of MSFT changed."""
    columns = [
        pl.when(pl.col("ticker") == "MSFT")
        .then(pl.lit(value).cast(BARS.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    ]
    return BARS.with_columns(columns)


def faults(bars: pl.DataFrame) -> set[tuple[str, str]]:
    return set(schema_failures(bars, DAY).select("rule", "ticker").rows())


def test_good_bars_have_no_fault() -> None:
    assert schema_failures(BARS, DAY).is_empty()


def test_day_without_bars_has_no_fault() -> None:
    assert schema_failures(BARS.clear(), DAY).is_empty()


def test_every_stored_rule_has_a_case_here() -> None:
    assert set(BREAKS) == {rule.id for rule in STORED_RULES}
    assert {rule.id for rule in RULES} - set(BREAKS) == {
        "line_too_long", "not_utf8", "wrong_field_count", "not_a_number"
    }  # fmt: skip


@pytest.mark.parametrize("rule", BREAKS)
def test_bar_that_breaks_a_rule_is_named_with_the_rules_text(rule: str) -> None:
    found = schema_failures(changed(**BREAKS[rule]), DAY).filter(rule=rule)
    ticker = BREAKS[rule].get("ticker", "MSFT")
    assert set(found["ticker"]) == {ticker}
    assert set(found["problem"]) == {next(each.text for each in STORED_RULES if each.id == rule)}


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("value", [NAN, INF, -INF, None])
def test_number_that_is_none_is_found_in_every_column(column: str, value: float | None) -> None:
    assert not schema_failures(changed(**{column: value}), DAY).is_empty()


@pytest.mark.parametrize("column", [column.name for column in BAR_COLUMNS if not column.nullable])
def test_null_where_none_may_be_is_found(column: str) -> None:
    assert any(rule == "not_nullable" for rule, _ in faults(changed(**{column: None})))


def test_null_transactions_are_good() -> None:
    assert schema_failures(changed(transactions=None), DAY).is_empty()


@pytest.mark.parametrize("column", [column.name for column in BAR_COLUMNS])
def test_column_of_another_type_is_found(column: str) -> None:
    other = pl.Float32 if BARS.schema[column] == pl.Float64 else pl.String
    bars = BARS.with_columns(pl.col(column).cast(pl.Categorical if BARS.schema[column] == pl.String else other))
    assert any("dtype" in rule for rule, _ in faults(bars))


def test_stamps_in_microseconds_are_another_type() -> None:
    bars = BARS.with_columns(pl.col("timestamp").dt.cast_time_unit("us"))
    assert any("dtype" in rule for rule, _ in faults(bars))


@pytest.mark.parametrize("column", [column.name for column in BAR_COLUMNS])
def test_missing_column_is_found(column: str) -> None:
    found = schema_failures(BARS.drop(column), DAY)
    assert found.filter(rule="column_in_dataframe")["problem"].str.contains(column).any()


def test_column_that_nobody_knows_is_found() -> None:
    assert faults(BARS.with_columns(vwap=pl.lit(1.0))) == {("column_in_schema", "")}


def test_columns_that_the_vendor_added_are_good() -> None:
    bars = validated([row("AAPL") + ",x"], header=HEADER + ",otc").bars
    assert "vendor_otc" in bars.columns
    assert schema_failures(bars, DAY).is_empty()


def test_every_faulty_row_is_named() -> None:
    bars = BARS.with_columns(
        close=pl.when(pl.col("ticker").is_in(["AAPL", "ZZZZ"])).then(99.0).otherwise(pl.col("close"))
    )
    assert faults(bars) == {("high_below_close", "AAPL"), ("high_below_close", "ZZZZ")}


def test_lazy_frame_would_miss_a_bad_value_which_is_why_frames_are_collected() -> None:
    bad = changed(close=99.0)
    bar_schema(DAY).validate(bad.lazy(), lazy=True).collect()
    with pytest.raises(pa.errors.SchemaErrors):
        bar_schema(DAY).validate(bad, lazy=True)


def test_columns_say_what_they_mean() -> None:
    described = {name: column.description for name, column in bar_schema(DAY).columns.items()}
    assert {column.name: column.text for column in BAR_COLUMNS}.items() <= described.items()
