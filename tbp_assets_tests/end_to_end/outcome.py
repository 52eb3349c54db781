"""All that a backfill leaves, to be held against what another way of running it leaves."""

from __future__ import annotations

from datetime import date

from tbp_assets_tests.cli.table import bars, rows
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.end_to_end.test_jobs import QUALITY

LEDGER = """
    SELECT DISTINCT ON (trading_date) trading_date, source_sha256, rules, universe, accepted, selected, inserted,
    updated, deleted, unchanged FROM load_ledger ORDER BY trading_date, batch_id
"""
CHECKS = """
    SELECT DISTINCT ON (asset_key, check_name, partition) asset_key, check_name, partition, execution_status
    FROM {schema}.asset_check_executions
    WHERE partition BETWEEN '{first}' AND '{last}' AND execution_status IN ('SUCCEEDED', 'FAILED')
    ORDER BY asset_key, check_name, partition, id DESC
"""
TABLES = ("market_data_raw", "load_ledger", "data_quality_metrics", "data_quality_flags", "data_quality_days")


def outcome(project: Project, first: date = date.min, last: date = date.max) -> dict[str, object]:
    """Return bars, first ledger row and newest checks of each day, and quality, but for times and run ids.

    Args:
        project: The project that was backfilled.
        first: First day whose checks count: a daemon that runs also fills the cells of holidays near today.
        last: Last such day.
    """
    database, schema = project.database(), project.settings().database.dagster_schema
    found: dict[str, object] = {name: rows(database, sql) for name, sql in {**QUALITY, "ledger": LEDGER}.items()}
    checks = rows(database, CHECKS.format(schema=schema, first=first, last=last))
    return found | {"bars": bars(database), "checks": checks}


def forget(project: Project) -> None:
    """Take everything out of the database, and the history of checks with it."""
    schema = project.settings().database.dagster_schema
    with project.database().transaction() as connection:
        for table in (*TABLES, f"{schema}.asset_check_executions"):
            connection.exec_driver_sql(f"TRUNCATE {table}")
