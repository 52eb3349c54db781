"""The same loads on a server with TimescaleDB, where one is given: TBP_TEST_TIMESCALE_URL=postgresql://user:pw@host/db."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.bars_table import compare, read_day
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.ledger import stored_rows
from tbp_assets.storage.migrations import migrate, newest_version, require_current
from tbp_assets_tests.day_files import FRIDAY, TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import ALL, count, load, query, stored, universe, validated

URL = os.environ.get("TBP_TEST_TIMESCALE_URL", "")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not URL, reason="TBP_TEST_TIMESCALE_URL names no server with TimescaleDB"),
]

MARKS = "xmin::text, ingested_at, batch_id"


@contextmanager
def migrated(chunk_days: int = 30) -> Generator[Database]:
    """Give a schema of its own on the server, and drop it afterwards."""
    url = make_url(URL)
    address = DatabaseAddress(
        host=url.host or "127.0.0.1", port=url.port or 5432, name=url.database or "", user=url.username or "",
        password=SecretStr(url.password or ""), schema=f"bars_{uuid4().hex[:12]}",
    )  # fmt: skip
    database = Database(
        address,
        embedded=False,
        pool_size=4,
        connect_timeout_seconds=5,
        statement_timeout_seconds=60,
        chunk_days=chunk_days,
    )
    try:
        migrate(database)
        yield database
    finally:
        query(database, f"DROP SCHEMA IF EXISTS {address.schema} CASCADE")
        database.engine.dispose()


def dimensions(database: Database) -> list[tuple[object, ...]]:
    sql = """
        SELECT column_name, time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_schema = :schema AND hypertable_name = 'market_data_raw'
    """
    return query(database, sql, schema=database.address.schema)


def chunks(database: Database) -> int:
    sql = "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_schema = :schema"
    return query(database, sql, schema=database.address.schema)[0][0]


def test_the_table_is_a_hypertable_of_thirty_day_chunks() -> None:
    with migrated() as database:
        require_current(database)
        assert dimensions(database) == [("timestamp", timedelta(days=30))]


def test_chunk_days_sets_the_length_of_a_chunk() -> None:
    with migrated(chunk_days=7) as database:
        assert dimensions(database) == [("timestamp", timedelta(days=7))]
        for day in (TUESDAY, date(2024, 1, 16), date(2024, 2, 6)):
            load(database, validated(good_rows(day), day))
        assert chunks(database) == 3


def test_two_schemas_of_one_database_are_both_hypertables() -> None:
    with migrated() as first, migrated() as second:
        assert len(dimensions(first)) == len(dimensions(second)) == 1


def test_second_migration_changes_nothing() -> None:
    with migrated() as database:
        load(database, validated(good_rows(TUESDAY)))
        assert migrate(database) == (newest_version(), newest_version())
        assert count(database) == 4


def test_rerun_of_a_day_changes_no_row() -> None:
    with migrated() as database:
        load(database, validated(good_rows(TUESDAY)))
        before = stored(database, MARKS)
        fact = load(database, validated(good_rows(TUESDAY)))
        assert (fact.inserted, fact.updated, fact.deleted, fact.unchanged) == (0, 0, 0, 4)
        assert stored(database, MARKS) == before


def test_restated_day_changes_adds_and_deletes() -> None:
    with migrated() as database:
        load(database, validated(good_rows(TUESDAY)))
        restated = validated([row("AAPL"), row("MSFT", close=10.75), row("NEW")])
        fact = load(database, restated)
        assert (fact.inserted, fact.updated, fact.deleted, fact.unchanged) == (1, 1, 2, 1)
        assert compare(read_day(database, US_STOCKS_DAY_AGGS, "polygon", TUESDAY), restated.bars, restated.bars).equal


def test_rows_without_a_ledger_row_fall_back_to_the_comparison() -> None:
    with migrated() as database:
        load(database, validated(good_rows(TUESDAY)), universe("AAPL"))
        query(database, "DELETE FROM load_ledger")
        fact = load(database, validated(good_rows(TUESDAY)), ALL)
        assert (fact.inserted, fact.unchanged) == (3, 1)


def test_days_read_back_equal_and_are_counted_apart() -> None:
    with migrated() as database:
        for day in (TUESDAY, FRIDAY):
            bars = validated([row("BRK.A", day, high=560984.99, close=560984.99, volume="33278552.153126")], day).bars
            load(
                database, validated([row("BRK.A", day, high=560984.99, close=560984.99, volume="33278552.153126")], day)
            )
            assert compare(read_day(database, US_STOCKS_DAY_AGGS, "polygon", day), bars, bars).equal
        counts = stored_rows(database, US_STOCKS_DAY_AGGS, "polygon", TUESDAY, FRIDAY)
        assert counts == {TUESDAY: 1, FRIDAY: 1}
