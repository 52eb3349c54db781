"""A database that cannot be used: exit code 1 or 2, and one sentence that names the address and the cure."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy.exc import OperationalError, PendingRollbackError

from tbp_assets.embedded.postgres import ensure_server
from tbp_assets.logs.starting import start_logging, stop_logging
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.database import words_of
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.storage.pools import forget_pools

pytestmark = pytest.mark.integration
BACKFILL = ("backfill", "2024-01-02", "2024-01-02")


def as_an_external_one(home: Path) -> dict[str, str]:
    """Return the variables with which the embedded server passes for somebody's own database."""
    server = ensure_server(home)
    return {
        "DB_HOST": server.host, "DB_PORT": str(server.port), "DB_NAME": server.database,
        "DB_USER": server.user, "DB_PASSWORD": server.password,
    }  # fmt: skip


def test_a_database_that_is_down_is_named_with_host_and_port(project: Project, tbp: Tbp) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    said = tbp(*BACKFILL, DB_HOST="127.0.0.1", DB_PORT=str(port), DB_USER="trader", DB_PASSWORD="secret-word")
    said.must_be(1, f"postgresql://trader@127.0.0.1:{port}/market_data", "refused")
    assert "secret-word" not in said.err


def test_a_wrong_password_is_told_with_the_variables_to_check(project: Project, tbp: Tbp, server_home: Path) -> None:
    said = tbp(*BACKFILL, **as_an_external_one(server_home) | {"DB_PASSWORD": "secret-word"})
    said.must_be(1, "password authentication failed", "DB_USER, DB_PASSWORD, database.yml")
    assert "secret-word" not in said.err


def test_a_database_that_is_not_there_is_named(project: Project, tbp: Tbp, server_home: Path) -> None:
    said = tbp(*BACKFILL, **as_an_external_one(server_home) | {"DB_NAME": "nowhere"})
    said.must_be(1, '"nowhere" does not exist', "DB_NAME")


def test_a_missing_login_is_named_with_the_file_that_asks_for_it(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, DB_HOST="127.0.0.1")
    said.must_be(2, "DB_USER is not set (config/database.yml asks for it: user)", "DB_PASSWORD is not set")


def test_missing_migrations_are_named_and_tbp_migrate_is_the_cure(
    project: Project, tbp: Tbp, server_home: Path
) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    external = as_an_external_one(server_home)
    for command in (BACKFILL, ("status",), ("query", "SELECT 1")):
        tbp(*command, **external).must_be(1, "has no tables yet", "run `tbp migrate`")
    tbp("migrate").must_be(0)
    tbp(*BACKFILL).must_be(0)
    assert tbp("query", "SELECT count(*) AS bars FROM market_data_raw", "--json").json == [{"bars": 3}]
    assert "already at revision" in tbp("migrate").out


def test_a_schema_of_another_release_is_named(project: Project, tbp: Tbp, server_home: Path) -> None:
    external = as_an_external_one(server_home)
    tbp("migrate", **external).must_be(0)
    database = DatabaseResource.from_settings(project.settings()).connect()
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE tbp_schema_version SET version_num = 'r9999'")
    database.engine.dispose()
    # A command in a process of its own has opened nothing yet.
    forget_pools()
    tbp("status").must_be(1, "is at revision r9999, which this release does not know", "newer release")


def test_a_login_that_may_not_make_roles_is_told_of_the_reading_role(
    project: Project, tbp: Tbp, server_home: Path
) -> None:
    owner = as_an_external_one(server_home)
    tbp("migrate", **owner).must_be(0)
    role, plain = f"reader_{uuid4().hex[:12]}", f"plain_{uuid4().hex[:12]}"
    settings = project.settings()
    schemas = f"{settings.database.schema_name}, {settings.database.dagster_schema}"
    server = DatabaseResource.from_settings(settings).connect()
    with server.transaction() as connection:
        connection.exec_driver_sql("SET LOCAL createrole_self_grant = 'set'")
        connection.exec_driver_sql(f"CREATE ROLE {plain} LOGIN PASSWORD 'word' NOCREATEROLE")
        connection.exec_driver_sql(f"GRANT ALL ON SCHEMA {schemas} TO {plain}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA {settings.database.schema_name} TO {plain}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA {settings.database.dagster_schema} TO {plain}")
    server.engine.dispose()
    project.change("database.yml", "reader_role: market_data_reader", f"reader_role: {role}")
    forget_pools()
    said = tbp("migrate", **{**owner, "DB_USER": plain, "DB_PASSWORD": "word"})
    words = " ".join(said.err.split())
    assert said.code == 0, said.err
    assert words.count(f"this login may not make the role {role}") == 1
    assert f"CREATE ROLE {role} NOLOGIN" in words
    assert "run `tbp migrate` again" in words


def test_what_a_driver_says_is_told_once_and_without_links() -> None:
    said = "server closed the connection\n\tthis means: gone\nserver closed the connection\n"
    fault = OperationalError("SELECT 1", {}, psycopg2.OperationalError(said))
    assert words_of(fault) == "server closed the connection this means: gone"
    pending = PendingRollbackError("Can't reconnect", code="8s2b")
    assert "Background" in str(pending)
    assert words_of(pending) == "Can't reconnect"


def test_what_a_library_warns_of_by_the_root_does_not_print_our_lines_again(
    project: Project, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    start_logging(project.settings())
    try:
        logging.warning("Retrying failed database connection")  # noqa: LOG015  # as Dagster's storage does
        logging.getLogger("tbp_assets.cli.app").error("the database is gone")
    finally:
        stop_logging()
    assert capfd.readouterr().err == ""
