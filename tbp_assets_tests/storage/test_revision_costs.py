"""What it costs to tell what a load changed: as many rows are read as were changed, not their square.

The tables of these tests were never analysed, as those of a day's chunk are while it is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.database import Database
from tbp_assets.storage.revisions import Days
from tbp_assets.storage.sql import source
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, row
from tbp_assets_tests.storage.days import load, validated

pytestmark = pytest.mark.integration

BARS = 400
DAYS = Days(US_STOCKS_DAY_AGGS, "polygon", TUESDAY, WEDNESDAY)


def lines(close: float) -> list[str]:
    """Return the file of a market whose bars all close at a price."""
    return [row(f"T{n:03}", close=close) for n in range(BARS)]


def rows_read(database: Database, name: str, **values: object) -> int:
    """Run a statement and return how many rows its scans looked at, however often each was looked at."""
    sql = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {source(name)}"
    with database.transaction(read_only=True) as connection:
        said = connection.execute(text(sql), {**DAYS.bound, **values}).scalar_one()
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return round(sum(_looked_at(node) for node in _scans(plan)))


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the nodes of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for child in plan.get("Plans", []):
        yield from _scans(child)


def _looked_at(node: dict[str, Any]) -> float:
    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return float(rows * node["Actual Loops"])


def test_values_of_a_restated_market_are_found_without_comparing_each_bar_with_all(project: Project) -> None:
    database = project.database()
    for close in (10.5, 10.75):
        load(database, validated(lines(close)))
    for batch in (2, None):
        assert BARS <= rows_read(database, "select_cells", batch=batch, most=100) <= 3 * BARS


def test_values_of_a_market_restated_twice_are_found_as_well(project: Project) -> None:
    database = project.database()
    for close in (10.5, 10.75, 10.25):
        load(database, validated(lines(close)))
    # Of the first restatement, whose bars have moved to the revisions themselves.
    assert rows_read(database, "select_cells", batch=2, most=100) <= 3 * BARS
