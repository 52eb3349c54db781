"""The database: reachable, with this release's tables, and of which kind."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from tbp_assets.embedded.postgres import ServerAddress, ensure_server, running_server
from tbp_assets.health.database import database, kind_of_table, tables, timescaledb
from tbp_assets.health.installation import Installation
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.migrations import VERSION_TABLE, migrate, newest_version
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home, end_server
from tbp_assets_tests.health.looking import found, installation, told

pytestmark = pytest.mark.integration
TIMESCALE = os.environ.get("TBP_TEST_TIMESCALE_URL", "")


def variables(server: ServerAddress, **others: str) -> dict[str, str]:
    """Return what makes a running server one of somebody else's."""
    return {
        "DB_HOST": server.host, "DB_PORT": str(server.port), "DB_NAME": server.database, "DB_USER": server.user,
        "DB_PASSWORD": server.password, **others,
    }  # fmt: skip


def external(project: Project, server_home: Path, **others: str) -> Installation:
    project.database()
    server = running_server(server_home)
    assert server
    return installation(project, **variables(server, **others))


def set_version(project: Project, version: str) -> None:
    with project.database().transaction() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :version"), {"version": version})


def test_a_database_that_answers_is_ok_with_its_version(project: Project, server_home: Path) -> None:
    project.database()
    told(found(database, installation(project)), "ok", "embedded PostgreSQL 1", "postgresql://tbp@127.0.0.1")
    told(found(database, external(project, server_home)), "ok", "PostgreSQL 1")


def test_an_embedded_database_that_never_was_is_a_warning_and_is_not_made(project: Project) -> None:
    home = project.root / "home"
    seen = installation(project, TBP_HOME=str(home))
    told(found(database, seen), "warning", "was never started", "`tbp demo`")
    told(found(tables, seen), "warning", "not looked at: the database cannot be asked")
    told(found(timescaledb, seen), "warning", "not looked at")
    assert not home.exists()


def test_an_embedded_database_that_sleeps_is_woken(project: Project) -> None:
    with cleaned_home(project.root / "home") as home:
        ensure_server(home)
        end_server(home)
        told(found(database, installation(project, TBP_HOME=str(home))), "ok", "embedded PostgreSQL")


def test_an_embedded_database_whose_password_is_lost_fails(project: Project) -> None:
    with cleaned_home(project.root / "home") as home:
        (home / "postgres").mkdir(parents=True)
        (home / "postgres" / "server.json").write_text("{", encoding="utf-8")
        told(found(database, installation(project, TBP_HOME=str(home))), "failed", "server.json is damaged")


def test_a_server_that_stopped_fails(project: Project) -> None:
    with cleaned_home(project.root / "home") as home:
        server = ensure_server(home)
        end_server(home)
        finding = found(database, installation(project, **variables(server)))
    told(finding, "failed", "refused", f"127.0.0.1:{server.port}", "DB_HOST and DB_PORT")
    assert server.password not in finding.seen + finding.todo


def test_a_wrong_password_fails_and_is_not_told(project: Project, server_home: Path) -> None:
    finding = found(database, external(project, server_home, DB_PASSWORD="hush-hush"))
    told(finding, "failed", "password authentication failed", "DB_PASSWORD")
    assert "hush" not in finding.seen + finding.todo


def test_a_database_that_is_not_there_fails(project: Project, server_home: Path) -> None:
    told(found(database, external(project, server_home, DB_NAME="nowhere")), "failed", '"nowhere" does not exist')


def test_a_server_that_accepts_and_says_nothing_fails_in_time(project: Project) -> None:
    project.change("pipeline.yml", "timeout_seconds: 20", "timeout_seconds: 4")
    with _deaf() as port:
        silent = {"DB_HOST": "127.0.0.1", "DB_PORT": str(port), "DB_USER": "me", "DB_PASSWORD": "hush"}
        told(found(database, installation(project, **silent)), "failed", "127.0.0.1", "timeout expired")


@contextmanager
def _deaf() -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_tables_of_this_release_are_ok(project: Project) -> None:
    project.database()
    told(found(tables, installation(project)), "ok", newest_version())


def test_older_tables_fail_where_a_person_migrates_them(project: Project, server_home: Path) -> None:
    seen = external(project, server_home)
    set_version(project, "0003")
    told(found(tables, seen), "failed", "is at revision 0003; this release needs", "run `tbp migrate`")


def test_older_tables_of_the_embedded_database_are_a_warning_and_stay_so(project: Project) -> None:
    project.database()
    set_version(project, "0003")
    for _ in range(2):
        told(found(tables, installation(project)), "warning", "is at revision 0003")


def test_newer_tables_fail_everywhere(project: Project, server_home: Path) -> None:
    seen = external(project, server_home)
    set_version(project, "9999")
    for each in (seen, installation(project, DB_HOST="")):
        finding = found(tables, each)
        told(finding, "failed", "9999", "use the newer release")
        assert finding.todo == ""


def test_no_tables_yet_fail_where_a_person_makes_them(project: Project, server_home: Path) -> None:
    ensure_server(server_home)
    server = running_server(server_home)
    assert server
    seen = installation(project, **variables(server))
    told(found(tables, seen), "failed", "has no tables yet", "`tbp migrate`")
    migrate(DatabaseResource.from_settings(seen.settings).connect())
    told(found(tables, installation(project)), "ok")


def test_a_server_without_the_extension_has_a_plain_table(project: Project) -> None:
    project.database()
    told(found(timescaledb, installation(project)), "ok", "no such extension", "plain table")


@pytest.mark.parametrize(
    ("made", "hypertable", "status", "words"),
    [
        (True, True, "ok", "is a hypertable"),
        (False, False, "ok", "no tables yet"),
        (True, False, "warning", "older than"),
    ],
)
def test_the_kind_of_table_is_judged(*, made: bool, hypertable: bool, status: str, words: str) -> None:
    told(kind_of_table("2.17.0", made=made, hypertable=hypertable), status, "TimescaleDB 2.17.0", words)


@pytest.mark.skipif(not TIMESCALE, reason="TBP_TEST_TIMESCALE_URL names no server with TimescaleDB")
def test_a_hypertable_is_seen_as_one(project: Project) -> None:
    url = make_url(TIMESCALE)
    server = ServerAddress(url.host or "", url.port or 5432, url.username or "", url.password or "", url.database or "")
    seen = installation(project, **variables(server))
    migrated = DatabaseResource.from_settings(seen.settings).connect()
    try:
        migrate(migrated)
        told(found(timescaledb, seen), "ok", "is a hypertable")
    finally:
        with migrated.transaction() as connection:
            connection.execute(text(f"DROP SCHEMA {migrated.address.schema} CASCADE"))
