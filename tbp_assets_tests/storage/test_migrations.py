"""The schema comes to this release's revision once, whole, however often and from wherever it is asked for."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from tbp_assets.errors import DatabaseRefusedError, SchemaVersionError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage import migrations
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import (
    VERSION_TABLE,
    alembic_config,
    current_version,
    known_versions,
    migrate,
    newest_version,
    require_current,
)
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import ALL, count, load, query, validated

pytestmark = pytest.mark.integration


def untouched(project: Project) -> Database:
    """Return the test's database before any table was made."""
    return DatabaseResource.from_settings(project.settings()).connect()


def tables(database: Database) -> set[str]:
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = :schema"
    return {name for (name,) in query(database, sql, schema=database.address.schema)}


def set_version(database: Database, version: str) -> None:
    query(database, f"UPDATE {VERSION_TABLE} SET version_num = :version", version=version)


def test_first_migration_makes_the_tables(project: Project) -> None:
    database = untouched(project)
    assert migrate(database) == (None, newest_version())
    assert tables(database) == {
        "market_data_raw",
        "market_data_revisions",
        "load_ledger",
        "failed_downloads",
        "data_quality_metrics",
        "data_quality_flags",
        "data_quality_days",
        "alerts_sent",
        "alert_channels",
        VERSION_TABLE,
    }
    require_current(database)


def test_second_migration_changes_nothing(project: Project) -> None:
    database = untouched(project)
    migrate(database)
    load(database, validated(good_rows(TUESDAY)), ALL)
    assert migrate(database) == (newest_version(), newest_version())
    assert count(database) == 4


def test_revisions_are_those_that_alembic_walks(project: Project) -> None:
    database = untouched(project)
    with database.transaction() as connection:
        walked = ScriptDirectory.from_config(alembic_config(connection, database)).walk_revisions()
        assert known_versions() == [script.revision for script in walked]


def test_two_migrations_at_once_make_one_schema(project: Project) -> None:
    database = replace(untouched(project), statement_timeout_seconds=60)
    start, results = threading.Barrier(2), list[tuple[str | None, str]]()

    def run() -> None:
        start.wait()
        results.append(migrate(database))

    threads = [threading.Thread(target=run, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    newest = newest_version()
    assert sorted(results, key=str) == [(newest, newest), (None, newest)]


def test_migration_that_fails_leaves_nothing(project: Project) -> None:
    database = untouched(project)
    with database.transaction() as connection:
        connection.execute(text(f"CREATE SCHEMA {database.address.schema}"))
        connection.execute(text(f"CREATE TABLE {database.address.schema}.market_data_raw (somebody_elses int)"))
    with pytest.raises(DatabaseRefusedError, match=r'relation "market_data_raw" already exists'):
        migrate(database)
    assert tables(database) == {"market_data_raw"}
    assert current_version(database) is None


def test_database_without_tables_is_named_with_the_command_that_makes_them(project: Project) -> None:
    database = untouched(project)
    needs = f"has no tables yet; this release needs {newest_version()}: run `tbp migrate`"
    with pytest.raises(SchemaVersionError, match=needs):
        require_current(database)
    assert tables(database) == set()


def test_database_of_an_older_release_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    database = project.database()
    older, newer = newest_version(), "9998"
    monkeypatch.setattr(migrations, "newest_version", lambda: newer)
    with pytest.raises(SchemaVersionError, match=f"is at revision {older}; this release needs {newer}: run `tbp migr"):
        require_current(database)


def test_database_of_a_newer_release_asks_for_that_release(project: Project) -> None:
    database = project.database()
    set_version(database, "9999")
    with pytest.raises(SchemaVersionError, match=r"revision 9999, .* this release .*newer release") as refused:
        require_current(database)
    assert "tbp migrate" not in str(refused.value)


def test_migration_leaves_a_newer_database_alone(project: Project) -> None:
    database = project.database()
    set_version(database, "9999")
    with pytest.raises(SchemaVersionError, match=r"revision 9999, .*newer release"):
        migrate(database)
    assert current_version(database) == "9999"


def test_version_of_another_application_in_the_schema_is_not_ours(project: Project) -> None:
    database = untouched(project)
    database.ensure_schema(database.address.schema)
    query(database, "CREATE TABLE alembic_version (version_num text)")
    query(database, "INSERT INTO alembic_version VALUES ('of another application')")
    assert migrate(database) == (None, newest_version())
    assert query(database, "SELECT version_num FROM alembic_version") == [("of another application",)]


def test_schemas_of_one_database_are_migrated_apart(project: Project) -> None:
    first = project.database()
    project.change("database.yml", f"schema: {first.address.schema} ", "schema: another_schema_of_the_server ")
    second = untouched(project)
    assert current_version(second) is None
    migrate(second)
    load(second, validated(good_rows(TUESDAY)), ALL)
    assert (count(first), count(second)) == (0, 4)
    query(second, "DROP SCHEMA another_schema_of_the_server CASCADE")
    second.engine.dispose()


def test_plain_table_is_used_where_timescale_is_not_available(project: Project) -> None:
    database = project.database()
    if query(database, "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"):
        pytest.skip("this server has TimescaleDB")
    kinds = query(database, "SELECT relkind, relhassubclass FROM pg_class WHERE oid = 'market_data_raw'::regclass")
    assert kinds == [("r", False)]


def key_of(database: Database) -> str:
    sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'market_data_raw_pkey' "
    return query(database, sql + "AND conrelid = 'market_data_raw'::regclass")[0][0]


def test_key_of_a_plain_table_keeps_a_day_together(project: Project) -> None:
    database = project.database()
    assert key_of(database) == 'PRIMARY KEY ("timestamp", ticker, timeframe, data_source)'
    assert not query(database, "SELECT 1 FROM pg_indexes WHERE indexname = 'market_data_raw_timestamp'")


def test_loaded_table_gets_the_new_key_and_can_go_back(project: Project) -> None:
    database = project.database()
    load(database, validated(good_rows(TUESDAY)))
    before = query(database, "SELECT * FROM market_data_raw ORDER BY ticker")
    with database.transaction() as connection:
        command.downgrade(alembic_config(connection, database), "0004")
    assert key_of(database) == 'PRIMARY KEY (ticker, timeframe, data_source, "timestamp")'
    assert query(database, "SELECT 1 FROM pg_indexes WHERE indexname = 'market_data_raw_timestamp'")
    assert migrate(database) == ("0004", newest_version())
    assert key_of(database) == 'PRIMARY KEY ("timestamp", ticker, timeframe, data_source)'
    assert query(database, "SELECT * FROM market_data_raw ORDER BY ticker") == before
