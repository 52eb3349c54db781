"""A pooled connection is asked whether it lives where something speaks against it, and not each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import QueuePool

from tbp_assets.storage.alive import require_alive
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration


@pytest.fixture
def engine(project: Project) -> Iterator[Engine]:
    """A pool of one connection, which is looked at as Dagster's are."""
    url = project.database().address.url()
    engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, isolation_level="AUTOCOMMIT")
    event.listen(engine, "checkout", require_alive)
    yield engine
    engine.dispose()


def server_process(connection: Connection) -> int:
    return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def test_connection_whose_server_ended_right_after_it_was_used_is_replaced(project: Project, engine: Engine) -> None:
    with engine.connect() as connection:
        first = server_process(connection)
    query(project.database(), "SELECT pg_terminate_backend(:pid, 10000)", pid=first)
    with engine.connect() as connection:
        assert server_process(connection) != first


def test_connection_that_was_asked_a_moment_ago_is_not_asked_again(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tbp_assets.storage.alive.TRUSTED_SECONDS", 600)
    with engine.connect() as connection:
        process = server_process(connection)
    with engine.connect():
        last = query(project.database(), "SELECT query FROM pg_stat_activity WHERE pid = :pid", pid=process)
    assert last == [("SELECT pg_backend_pid()",)]


def test_connection_that_was_not_asked_for_long_is_asked(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.connect() as connection:
        process = server_process(connection)
    monkeypatch.setattr("tbp_assets.storage.alive.TRUSTED_SECONDS", 0)
    with engine.connect():
        last = query(project.database(), "SELECT query FROM pg_stat_activity WHERE pid = :pid", pid=process)
    assert last == [("SELECT 1",)]
