"""The pandera schema of stored bars, made from the columns and rules of `bars/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.errors import SchemaError, SchemaErrors

from tbp_assets.bars.rules import STORED_RULES, rules_of
from tbp_assets.bars.schema import BAR_COLUMNS, EXTRA_PREFIX

FAILURE_SCHEMA = pl.Schema({"rule": pl.String(), "ticker": pl.String(), "problem": pl.String()})


@cache
def bar_schema(timeframe: str) -> pa.DataFrameSchema:
    """Return the schema: dtypes, nullability, descriptions, and every rule that a stored bar can be held to.

    Args:
        timeframe: Length of the bars, by which rules are chosen.
    """
    checks = [
        pa.Check(_holds(rule.holds), name=rule.id, description=rule.text) for rule in rules_of(timeframe) if rule.stored
    ]
    return pa.DataFrameSchema(_columns(), checks=checks, strict=True, name="bars")


@cache
def _in_one_pass(timeframe: str) -> pa.DataFrameSchema:
    """Return a schema that fails where `bar_schema` does, for less than half its time; it does not say which rule."""
    every = pl.all_horizontal(rule.holds.fill_null(value=True) for rule in rules_of(timeframe) if rule.stored)
    return pa.DataFrameSchema(_columns(), checks=pa.Check(_holds(every)), strict=True, name="bars")


def _columns() -> dict[str, pa.Column]:
    columns = {
        column.name: pa.Column(column.dtype, nullable=column.nullable, description=column.text, required=True)
        for column in BAR_COLUMNS
    }
    return columns | {f"^{EXTRA_PREFIX}.*$": pa.Column(pl.String, nullable=True, regex=True, required=False)}


def _holds(condition: pl.Expr) -> Callable[[PolarsData], pl.LazyFrame]:
    return lambda data: data.lazyframe.select(condition.fill_null(value=True))


def schema_failures(bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    """Return what is wrong with stored bars: rule, ticker, problem; no rows where nothing is.

    Args:
        bars: A collected frame; on a LazyFrame pandera would look at dtypes only.
        timeframe: Length of the bars.
    """
    try:
        _in_one_pass(timeframe).validate(bars)
    except SchemaError:
        pass
    else:
        return pl.DataFrame(schema=FAILURE_SCHEMA)
    try:
        bar_schema(timeframe).validate(bars, lazy=True)
    except SchemaErrors as errors:
        return _explained(errors, bars)
    raise AssertionError("the rules together and the rules one by one disagree")


def _explained(errors: SchemaErrors, bars: pl.DataFrame) -> pl.DataFrame:
    cases = cast("pl.DataFrame", errors.failure_cases)
    rows = cases.select("check", "column", "index", "failure_case").unique(
        ["check", "column", "index"], maintain_order=True
    )
    tickers = bars["ticker"].to_list() if "ticker" in bars.columns else []
    texts = {rule.id: rule.text for rule in STORED_RULES}

    def ticker(index: int | None) -> str:
        return str(tickers[index]) if index is not None and index < len(tickers) else ""

    explained = [
        (check, ticker(index), texts.get(check, f"{column}: {case}")) for check, column, index, case in rows.iter_rows()
    ]
    return pl.DataFrame(explained, schema=FAILURE_SCHEMA, orient="row")
