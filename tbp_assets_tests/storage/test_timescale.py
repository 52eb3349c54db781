"""The same loads on a server with TimescaleDB, where one is given: TBP_TEST_TIMESCALE_URL=postgresql://user:pw@host/db."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from tbp_assets.bars.sessions import weekdays
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.bars_table import compare, read_day
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.ledger import stored_rows
from tbp_assets.storage.migrations import migrate, newest_version, require_current
from tbp_assets.storage.reading import load_bars
from tbp_assets_tests.day_files import FRIDAY, TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import ALL, count, load, query, stored, universe, validated
from tbp_assets_tests.storage.history import revisions, table
from tbp_assets_tests.storage.test_as_of import FUNCTIONS, explained
from tbp_assets_tests.storage.test_histories import replay_many
from tbp_assets_tests.storage.test_migrations import key_of

URL = os.environ.get("TBP_TEST_TIMESCALE_URL", "")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not URL, reason="TBP_TEST_TIMESCALE_URL names no server with TimescaleDB"),
]

MARKS = "xmin::text, ingested_at, batch_id"


@contextmanager
def migrated(chunk_days: int = 30, compress_after_days: int = 0) -> Generator[Database]:
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
        compress_after_days=compress_after_days,
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


def test_a_hypertable_keeps_the_key_that_begins_with_the_ticker() -> None:
    with migrated() as database:
        assert key_of(database) == 'PRIMARY KEY (ticker, timeframe, data_source, "timestamp")'


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


def test_restated_day_is_kept_as_it_was_and_can_be_read_back() -> None:
    with migrated(chunk_days=7) as database:
        days = (TUESDAY, date(2024, 1, 16), date(2024, 2, 6))
        first = [load(database, validated(good_rows(day), day)) for day in days][-1]
        before = table(database)
        restated = load(database, validated([row("AAPL"), row("MSFT", close=10.75), row("NEW")]))
        assert {change for _, _, change in revisions(database).values()} == {"changed", "dropped"}
        assert table(database, "market_data_at_batch(:batch)", batch=first.batch_id) == before
        assert table(database, "market_data_as_of(:moment)", moment=first.loaded_at) == before
        assert table(database, "market_data_at_batch(:batch)", batch=restated.batch_id) == table(database)
        assert (
            load_bars(database, ["MSFT", "SPY"], TUESDAY, TUESDAY, as_of=first.batch_id)["close"].to_list()
            == [10.5] * 2
        )
        assert load_bars(database, ["MSFT", "SPY"], TUESDAY, TUESDAY)["close"].to_list() == [10.75]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_predicates_reach_the_index_of_one_chunk_and_of_the_revisions(function: str) -> None:
    with migrated(chunk_days=7) as database:
        for day in (TUESDAY, date(2024, 1, 16), date(2024, 2, 6)):
            load(database, validated(good_rows(day), day))
        sql = (
            f"SELECT * FROM {function} WHERE ticker = 'SPY' AND timestamp >= '2024-01-02' AND timestamp < '2024-01-03'"
        )
        relations = [node for node in explained(database, sql) if "Relation Name" in node]
        scans = [node for node in relations if node["Node Type"] != "Custom Scan"]
        assert [scan["Node Type"] for scan in scans] == ["Index Scan"] * 2
        assert all("ticker = 'SPY'" in scan["Index Cond"] for scan in scans)


def test_any_history_can_be_read_back() -> None:
    with migrated() as database:
        assert set(replay_many(database, 10)) >= {"changed", "dropped"}


def test_restated_day_of_a_compressed_chunk_is_kept_as_it_was() -> None:
    with migrated() as database:
        first = load(database, validated(good_rows(TUESDAY)))
        query(database, "ALTER TABLE market_data_raw SET (timescaledb.compress, timescaledb.compress_segmentby = '')")
        query(database, "SELECT compress_chunk(chunk) FROM show_chunks('market_data_raw') AS chunk")
        before = table(database)
        load(database, validated([row("AAPL"), row("MSFT", close=10.75), row("NEW")]))
        assert table(database, "market_data_at_batch(:batch)", batch=first.batch_id) == before
        assert [key[1] for key in sorted(table(database))] == ["AAPL", "MSFT", "NEW"]


POLICY = """
    SELECT config ->> 'compress_after' FROM timescaledb_information.jobs
    WHERE hypertable_schema = :schema AND hypertable_name = 'market_data_raw' AND proc_name LIKE '%compression%'
"""
COMPRESSED = "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_schema = :schema AND is_compressed"


def test_policy_is_that_of_the_settings_each_time() -> None:
    with migrated() as database:
        schema = database.address.schema
        assert query(database, POLICY, schema=schema) == []
        for days, policy in ((90, [("90 days",)]), (60, [("60 days",)]), (60, [("60 days",)]), (0, [])):
            migrate(replace(database, compress_after_days=days))
            assert query(database, POLICY, schema=schema) == policy


def compressed(database: Database) -> None:
    """Let the policy's job do its work now."""
    query(
        database, "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('market_data_raw') AS chunk"
    )
    assert query(database, COMPRESSED, schema=database.address.schema) == [(1,)]


def whole_market(day: date, *others: int) -> ValidatedDay:
    """Return a day of 6,000 tickers, some of which close higher."""
    return validated([row(f"T{n:04}", day, close=10.75 if n in others else 10.5) for n in range(6_000)], day)


def heap_bytes(database: Database) -> int:
    sql = """
        SELECT sum(pg_relation_size(format('%I.%I', chunk_schema, chunk_name)::regclass))::bigint
        FROM timescaledb_information.chunks WHERE hypertable_schema = :schema
    """
    return query(database, sql, schema=database.address.schema)[0][0]


@contextmanager
def three_compressed_weeks() -> Generator[tuple[Database, list[date], int]]:
    """Give a database with whole days in one compressed chunk, the days, and the bytes they took before."""
    with migrated(365) as database:
        days = weekdays(TUESDAY, date(2024, 1, 26))
        for day in days:
            load(database, whole_market(day))
        full = heap_bytes(database)
        # Only now, since the policy's job begins at once: it would compress between two loads.
        migrate(replace(database, compress_after_days=60))
        compressed(database)
        yield database, days, full


def test_reload_of_a_compressed_chunk_writes_nothing_into_it() -> None:
    with three_compressed_weeks() as (database, days, full):
        assert heap_bytes(database) == 0
        fact = load(database, whole_market(days[3]))
        assert (fact.inserted, fact.updated, fact.unchanged) == (0, 0, 6_000)
        assert heap_bytes(database) == 0
        assert full > 10_000_000


def test_few_changes_in_a_compressed_chunk_leave_most_of_it_compressed() -> None:
    with three_compressed_weeks() as (database, days, full):
        for changed in ((17,), (17, 3_000), (17, 18, 3_000)):
            fact = load(database, whole_market(days[3], *changed))
            assert (fact.inserted, fact.updated, fact.deleted) == (0, 1, 0)
            bars = whole_market(days[3], *changed).bars
            assert compare(read_day(database, US_STOCKS_DAY_AGGS, "polygon", days[3]), bars, bars).equal
            assert 0 < heap_bytes(database) < full / 10
            compressed(database)
        assert count(database) == 6_000 * len(days)
        assert len(revisions(database)) == 3


def test_many_changes_in_a_compressed_chunk_are_made_all_the_same() -> None:
    with three_compressed_weeks() as (database, days, _):
        fact = load(database, whole_market(days[3], *range(0, 6_000, 10)))
        assert (fact.updated, fact.unchanged) == (600, 5_400)
        assert count(database) == 6_000 * len(days)
