"""A database of every earlier release, with what that release loaded, comes to this one and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from alembic import command

from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import alembic_config, current_version, known_versions, migrate, newest_version
from tbp_assets.storage.reading import load_bars
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import load, query, validated

pytestmark = pytest.mark.integration

EARLIER = known_versions()[1:]
# As the first releases wrote them, values that need every digit of a double included.
LEDGER = """
INSERT INTO load_ledger (dataset, data_source, trading_date, source_sha256, rules, universe, universe_hash, run_id,
    accepted, selected, outside, inserted, updated, deleted, unchanged, loaded_at, partial)
VALUES ('us_stocks_day_aggs', 'polygon', '2024-01-02', 'aa', 'r1', 'all', 'u1', 'run-1', 2, 2, '{"x": 1}', 2, 0, 0, 0,
    '2024-01-03 16:00:00.123456+00', false)
"""
BARS = """
INSERT INTO market_data_raw (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions,
    batch_id, ingested_at)
VALUES ('AAPL', '2024-01-02 05:00+00', '1d', 'polygon', 0.1, 0.30000000000000004, 0.1, 0.2, 33278552.153126, NULL, 1,
        '2024-01-03 16:00:00.123456+00'),
       ('BCpC', '2024-01-02 05:00+00', '1d', 'polygon', 560984.99, 560985.01, 560984.98, 560985, 1, 7, 1,
        '2024-01-03 16:00:00.123456+00')
"""
# What a revision added, and what its release then wrote there.
ADDED = {
    "0002": """
        INSERT INTO market_data_revisions
        SELECT ticker, timestamp, timeframe, data_source, open, high, low, close / 3, volume, transactions, 0,
            ingested_at, 1, ingested_at, 'changed' FROM market_data_raw WHERE ticker = 'AAPL'
    """,
    "0003": """
        INSERT INTO failed_downloads (data_type, data_source, date, error_type, error_message, run_id)
        VALUES ('us_stocks_day_aggs', 'polygon', '2024-01-05', 'network', 'it broke off', 'run-2')
    """,
    "0004": """
        INSERT INTO data_quality_metrics (ticker, date, data_type, data_source, total_rows, accepted_rows,
            rejected_rows, modified_rows, rejection_reasons, flags)
        VALUES ('AAPL', '2024-01-02', 'us_stocks_day_aggs', 'polygon', 3, 2, 1, 0, '{"price_missing": 1}', '{}');
        INSERT INTO data_quality_flags
        VALUES ('AAPL', '2024-01-02', 'us_stocks_day_aggs', 'polygon', 'price_spike', 0.1, 0.3, 'high above');
        INSERT INTO data_quality_days (date, data_type, data_source, source_sha256, judged_by, run_id)
        VALUES ('2024-01-02', 'us_stocks_day_aggs', 'polygon', 'aa', 'j1', 'run-1')
    """,
    "0006": """
        INSERT INTO alerts_sent (data_type, data_source, channel, kind, identity, days, what, happened_at)
        VALUES ('us_stocks_day_aggs', 'polygon', 'email', 'missing_day', 'missing 2024-01-05', '{2024-01-05}',
            'no file', '2024-01-06 18:00+00');
        INSERT INTO alert_channels (data_type, data_source, channel, caught_up_at)
        VALUES ('us_stocks_day_aggs', 'polygon', 'email', '2024-01-06 18:00+00')
    """,
}


def at_revision(project: Project, revision: str) -> Database:
    """Return the test's database as a release at that revision left it."""
    database = DatabaseResource.from_settings(project.settings()).connect()
    database.ensure_schema(database.address.schema)
    with database.transaction() as connection:
        command.upgrade(alembic_config(connection, database), revision)
    reached = [each for each in ADDED if each <= revision]
    for statement in (LEDGER, BARS, *(ADDED[each] for each in reached)):
        query(database, statement)
    return database


def contents(database: Database, columns: Mapping[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of some columns of each table."""
    return {
        table: query(database, f"SELECT {', '.join(names)} FROM {table} ORDER BY {table}::text")
        for table, names in columns.items()
    }


def columns_of(database: Database) -> dict[str, list[str]]:
    """Return the columns of each of our tables."""
    sql = (
        "SELECT table_name, array_agg(quote_ident(column_name) ORDER BY ordinal_position) "
        "FROM information_schema.columns "
        "WHERE table_schema = :schema AND table_name <> 'tbp_schema_version' GROUP BY 1"
    )
    return {table: list(names) for table, names in query(database, sql, schema=database.address.schema)}


def test_every_earlier_release_is_tried() -> None:
    assert EARLIER[-1] == "0001"
    assert len(EARLIER) >= 4


@pytest.mark.parametrize("revision", EARLIER)
def test_what_was_loaded_is_there_bit_for_bit_afterwards(project: Project, revision: str) -> None:
    database = at_revision(project, revision)
    assert current_version(database) == revision
    columns = columns_of(database)
    before = contents(database, columns)
    assert all(before.values())
    assert migrate(database) == (revision, newest_version())
    assert contents(database, columns) == before
    database.engine.dispose()


@pytest.mark.parametrize("revision", EARLIER)
def test_a_day_loads_afterwards_and_a_restated_one_keeps_what_was_there(project: Project, revision: str) -> None:
    database = at_revision(project, revision)
    migrate(database)
    fact = load(database, validated(good_rows(WEDNESDAY), WEDNESDAY))
    assert (fact.inserted, fact.batch_id) == (4, 2)
    restated = load(database, validated([row("AAPL"), row("BCpC")]))
    assert (restated.inserted, restated.updated, restated.deleted) == (0, 2, 0)
    old = load_bars(database, None, TUESDAY, TUESDAY, as_of=1)
    assert old["high"].to_list() == [0.30000000000000004, 560985.01]
    assert old["volume"].to_list() == [33278552.153126, 1.0]
    database.engine.dispose()
