"""The functions that return the table as it stood: fast, independent of the session, and dropped by a downgrade."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import alembic_config, current_version, migrate
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import count, load, query, validated

pytestmark = pytest.mark.integration

FUNCTIONS = ("market_data_as_of(now())", "market_data_at_batch(1)")
BOTH = {"market_data_raw", "market_data_revisions"}


def restated(project: Project) -> Database:
    """Return a database in which MSFT was restated."""
    database = project.database()
    load(database, validated(good_rows(TUESDAY)))
    load(database, validated([*good_rows(TUESDAY, ["AAPL", "SPY", "ZZZZ"]), row("MSFT", close=10.75)]))
    return database


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan's node and all below it."""
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


def explained(database: Database, sql: str) -> list[dict[str, Any]]:
    """Return the nodes of a statement's plan, sequential scans being forbidden where there is another way."""
    with database.transaction() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = connection.execute(text(f"EXPLAIN (FORMAT JSON) {sql}")).scalar_one()
    return nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_predicates_reach_the_index_of_both_tables(project: Project, function: str) -> None:
    sql = f"SELECT * FROM {function} WHERE ticker = 'MSFT' AND timestamp >= '2024-01-01' AND timestamp < '2024-02-01'"
    scans = [node for node in explained(restated(project), sql) if "Relation Name" in node]
    assert {scan["Relation Name"] for scan in scans} == BOTH
    for scan in scans:
        assert scan["Node Type"] == "Index Scan"
        assert "ticker = 'MSFT'" in scan["Index Cond"]
        assert '"timestamp" >= ' in scan["Index Cond"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_are_inlined(project: Project, function: str) -> None:
    kinds = [node["Node Type"] for node in explained(restated(project), f"SELECT * FROM {function}")]
    assert "Function Scan" not in kinds
    assert "Append" in kinds


@pytest.mark.parametrize("path", ["pg_catalog", "decoy, public"])
def test_functions_read_our_tables_whatever_the_search_path(project: Project, path: str) -> None:
    database, schema = restated(project), project.database().address.schema
    with database.transaction() as connection:
        connection.execute(text("CREATE SCHEMA decoy"))
        connection.execute(text(f"CREATE TABLE decoy.market_data_raw (LIKE {schema}.market_data_raw)"))
        connection.execute(text(f"SET LOCAL search_path = {path}"))
        for function in FUNCTIONS:
            assert connection.execute(text(f"SELECT count(*) FROM {schema}.{function}")).scalar() == 4
        connection.execute(text("DROP SCHEMA decoy CASCADE"))


def test_a_revision_has_the_columns_of_a_bar_and_its_end(project: Project) -> None:
    sql = "SELECT column_name, data_type, collation_name FROM information_schema.columns WHERE table_schema = "
    sql += "current_schema AND table_name = '{}' ORDER BY ordinal_position"
    bars, past = (query(project.database(), sql.format(table)) for table in sorted(BOTH))
    assert past[: len(bars)] == bars
    assert [name for name, _, _ in past[len(bars) :]] == ["replaced_by", "valid_to", "change"]


def test_downgrade_takes_functions_and_revisions_away_and_leaves_the_bars(project: Project) -> None:
    database = restated(project)
    with database.transaction() as connection:
        command.downgrade(alembic_config(connection, database), "0001")
    assert current_version(database) == "0001"
    sql = "SELECT proname FROM pg_proc WHERE pronamespace = CAST(current_schema AS regnamespace)"
    assert query(database, sql) == []
    assert query(database, "SELECT to_regclass('market_data_revisions') IS NULL") == [(True,)]
    migrate(database)
    assert (count(database), count(database, "market_data_revisions")) == (4, 0)
