"""Transactions, the pool, and what a session can do: on a real server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from tbp_assets.errors import DatabaseRefusedError, DatabaseUnavailableError
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.storage.days import count, query

pytestmark = pytest.mark.integration

LEDGER_ROW = """
    INSERT INTO load_ledger
    VALUES (DEFAULT, 'd', 'polygon', '2024-01-02', '', '', '', '', '', 0, 0, '{}', 0, 0, 0, 0, now(), false)
"""


def small(database: Database, **changes: int) -> Database:
    """Return a pool of one connection that waits a second for anything."""
    settings = {"pool_size": 1, "connect_timeout_seconds": 1, "statement_timeout_seconds": 1} | changes
    return replace(database, **settings)  # pyright: ignore[reportArgumentType]  # all are integers


def insert_and_fail(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text(LEDGER_ROW))
        raise ZeroDivisionError


def test_transaction_is_committed_at_its_end(project: Project) -> None:
    database = project.database()
    query(database, LEDGER_ROW)
    assert count(database, "load_ledger") == 1


def test_transaction_that_fails_is_rolled_back_whole(project: Project) -> None:
    database = project.database()
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(database)
    assert count(database, "load_ledger") == 0


def test_read_only_transaction_refuses_writes(project: Project) -> None:
    database = project.database()
    with (
        pytest.raises(DatabaseRefusedError, match="read-only transaction"),
        database.transaction(read_only=True) as connection,
    ):
        connection.execute(text(LEDGER_ROW))
    assert count(database, "load_ledger") == 0


def test_connection_that_was_read_only_writes_again(project: Project) -> None:
    database = small(project.database())
    with database.transaction(read_only=True) as connection:
        connection.execute(text("SELECT 1"))
    query(database, LEDGER_ROW)
    assert count(database, "load_ledger") == 1
    database.engine.dispose()


def test_sessions_speak_utc_and_find_our_tables(project: Project) -> None:
    database = project.database()
    sql = "SELECT name, setting, source FROM pg_settings WHERE name IN ('TimeZone', 'search_path', 'application_name')"
    assert set(query(database, sql)) == {
        ("TimeZone", "UTC", "client"),
        ("search_path", f"{database.address.schema},public", "client"),
        ("application_name", "tbp_assets", "client"),
    }


def test_busy_pool_is_unavailable_and_says_how_many_connections_there_are(project: Project) -> None:
    database = small(project.database())
    with database.transaction() as held:
        held.execute(text("SELECT 1"))
        with pytest.raises(DatabaseUnavailableError, match="all 1 connections are busy"), database.transaction():
            pass
    database.engine.dispose()


def test_pool_opens_no_more_connections_than_configured(project: Project) -> None:
    database = small(project.database(), pool_size=2)
    with database.transaction(), database.transaction():
        with pytest.raises(DatabaseUnavailableError, match="all 2 connections are busy"), database.transaction():
            pass
        assert "Current Checked out connections: 2" in database.engine.pool.status()
    database.engine.dispose()


def test_statement_that_takes_too_long_is_worth_another_try(project: Project) -> None:
    database = small(project.database())
    with pytest.raises(DatabaseUnavailableError, match="statement timeout"):
        query(database, "SELECT pg_sleep(5)")
    assert query(database, "SELECT 1") == [(1,)]
    database.engine.dispose()


def test_lock_that_cannot_be_had_is_worth_another_try(project: Project) -> None:
    database = project.database()
    with database.transaction() as held:
        held.execute(text("LOCK TABLE load_ledger"))
        with pytest.raises(DatabaseUnavailableError, match="could not obtain lock"):
            query(database, "LOCK TABLE load_ledger NOWAIT")


def test_lost_connection_is_worth_another_try_which_works(project: Project) -> None:
    database = small(project.database())
    with pytest.raises(DatabaseUnavailableError):
        query(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert query(database, "SELECT 1") == [(1,)]
    database.engine.dispose()


def test_connection_lost_while_idle_is_not_noticed_by_the_next_user(project: Project) -> None:
    database = small(project.database())
    pid = query(database, "SELECT pg_backend_pid()")[0][0]
    query(project.database(), "SELECT pg_terminate_backend(:pid, 1000)", pid=pid)
    assert query(database, "SELECT 1") == [(1,)]
    database.engine.dispose()


@pytest.mark.parametrize("sql", ["SELEKT 1", "SELECT * FROM nothing_of_this_name", "SELECT 1 / 0"])
def test_refused_statement_names_the_database(project: Project, sql: str) -> None:
    database = project.database()
    with pytest.raises(DatabaseRefusedError) as refused:
        query(database, sql)
    assert str(refused.value).startswith(f"postgresql://{database.address.user}@{database.address.host}")
