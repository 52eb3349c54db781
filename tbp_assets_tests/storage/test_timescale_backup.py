"""Backup and restore of hypertables, on a server with TimescaleDB where one is given (TBP_TEST_TIMESCALE_URL)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from pydantic import SecretStr
from sqlalchemy import make_url

from tbp_assets.embedded.postgres import client_programs
from tbp_assets.errors import DatabaseRefusedError, UsageError
from tbp_assets.storage.backup import take_backup
from tbp_assets.storage.client_programs import programs_for
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.migrations import migrate, newest_version
from tbp_assets.storage.restore import restore_backup
from tbp_assets_tests.day_files import FRIDAY, TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import load, query, validated
from tbp_assets_tests.storage.test_timescale import URL

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not URL, reason="TBP_TEST_TIMESCALE_URL names no server with TimescaleDB"),
]

OLD = date(2023, 1, 10)
BARS = "SELECT * FROM market_data_raw ORDER BY timestamp, ticker"
PAST = "SELECT * FROM market_data_revisions ORDER BY timestamp, ticker"
COMPRESSED = (
    "SELECT chunk_name, is_compressed FROM timescaledb_information.chunks WHERE hypertable_schema = 'bars' ORDER BY 1"
)
HYPERTABLES = "SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1"
POLICIES = "SELECT hypertable_name, config::text FROM timescaledb_information.jobs WHERE hypertable_schema = 'bars'"


def on_server(statement: str) -> None:
    url = make_url(URL)
    connection = psycopg2.connect(
        host=url.host, port=url.port or 5432, user=url.username, password=url.password or "", dbname=url.database
    )
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


@pytest.fixture
def databases() -> Iterator[list[Database]]:
    """Two empty databases of the server."""
    url, made = make_url(URL), list[Database]()
    for _ in range(2):
        name = f"backup_{uuid4().hex[:12]}"
        on_server(f"CREATE DATABASE {name} TEMPLATE template0")
        address = DatabaseAddress(
            host=url.host or "127.0.0.1", port=url.port or 5432, name=name, user=url.username or "",
            password=SecretStr(url.password or ""), schema="bars",
        )  # fmt: skip
        # So late that the policy itself never does it: what is compressed here is compressed by a test.
        made.append(Database(address, False, 2, 5, 60, chunk_days=30, compress_after_days=36_500))
    yield made
    for database in made:
        database.engine.dispose()
        on_server(f"DROP DATABASE {database.address.name} WITH (FORCE)")


def test_hypertable_chunks_compression_and_policy_come_back(databases: list[Database], tmp_path: Path) -> None:
    first, second = databases
    migrate(first)
    for day in (OLD, TUESDAY, FRIDAY):
        load(first, validated(good_rows(day), day))
    query(first, f"SELECT compress_chunk(c) FROM show_chunks('market_data_raw', older_than => '{TUESDAY}'::date) c")
    load(first, validated([row("AAPL", close=10.75), *good_rows(TUESDAY, ["MSFT", "SPY", "ZZZZ"])]))
    before = [query(first, sql) for sql in (BARS, PAST, COMPRESSED, POLICIES)]
    programs = programs_for(first, client_programs())
    books = take_backup(first, "dagster", tmp_path / "market.dump", programs)
    assert books.rows["bars.market_data_raw"] == 12
    restore_backup(second, "dagster", tmp_path / "market.dump", programs)
    assert [query(second, sql) for sql in (BARS, PAST, COMPRESSED, POLICIES)] == before
    assert [compressed for _, compressed in before[2]] == [True, False]
    assert migrate(second) == (newest_version(), newest_version())
    # Loads go on, into the compressed chunk too.
    for day in (OLD, TUESDAY):
        fact = load(second, validated([row("AAPL", day, close=11.0), *good_rows(day, ["MSFT", "SPY", "ZZZZ"])], day))
        assert (fact.updated, fact.unchanged) == (1, 3)


def test_a_database_with_hypertables_of_others_is_not_restored_into(databases: list[Database], tmp_path: Path) -> None:
    first, second = databases
    migrate(first)
    programs = programs_for(first, client_programs())
    take_backup(first, "dagster", tmp_path / "market.dump", programs)
    query(second, "CREATE EXTENSION timescaledb")
    query(second, "CREATE TABLE others (at timestamptz NOT NULL)")
    query(second, "SELECT create_hypertable('others', 'at')")
    query(second, "INSERT INTO others VALUES (now())")
    with pytest.raises(UsageError, match="holds hypertables already"):
        restore_backup(second, "dagster", tmp_path / "market.dump", programs)


@pytest.fixture
def owned(databases: list[Database]) -> Iterator[Database]:
    """The second of the two databases, of an ordinary role that owns it."""
    name = f"owner_{uuid4().hex[:12]}"
    address = replace(databases[1].address, user=name, password=SecretStr(name))
    on_server(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    on_server(f"ALTER DATABASE {address.name} OWNER TO {name}")
    database = replace(databases[1], address=address)
    yield database
    database.engine.dispose()
    on_server(f"DROP DATABASE {address.name} WITH (FORCE)")
    on_server(f"DROP OWNED BY {name}")
    on_server(f"DROP ROLE {name}")
    on_server(f"CREATE DATABASE {address.name}")


def test_an_ordinary_role_is_refused_before_anything_happens_and_makes_the_tables_itself(
    databases: list[Database], owned: Database, tmp_path: Path
) -> None:
    first, _ = databases
    migrate(first)
    load(first, validated(good_rows(TUESDAY)))
    programs = programs_for(first, client_programs())
    take_backup(first, "dagster", tmp_path / "market.dump", programs)
    with pytest.raises(DatabaseRefusedError, match=r"restored by a superuser.*tbp migrate"):
        restore_backup(owned, "dagster", tmp_path / "market.dump", programs)
    assert query(owned, "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'") == [(0,)]
    # The way that the refusal names.
    migrate(owned)
    load(owned, validated(good_rows(TUESDAY)))
    assert query(owned, HYPERTABLES) == [("market_data_raw",)]
