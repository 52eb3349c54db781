"""Every key of database.yml changes what is observed on a real server, or what a connection to one is made with."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import QueuePool, text

from tbp_assets.cli.query import query
from tbp_assets.cli.session import Session
from tbp_assets.errors import ConfigError, DatabaseUnavailableError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage import migrations
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.migrations.versions import r0001_market_data
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools"]
pytestmark = pytest.mark.integration

LOGIN = {"DB_HOST": "db.example", "DB_USER": "trader", "DB_PASSWORD": "word"}


def answer(database: Database, sql: str) -> object:
    with database.transaction(read_only=True) as connection:
        return connection.execute(text(sql)).scalar()


def address(project: Project, **environment: str) -> DatabaseAddress:
    return DatabaseResource.from_settings(project.settings(**{**LOGIN, **environment})).connect().address


def test_host_chooses_between_the_embedded_server_and_another(project: Project) -> None:
    assert project.database().embedded
    other = DatabaseResource.from_settings(project.settings(**LOGIN)).connect()
    assert (other.embedded, other.address.host) == (False, "db.example")


def test_port_is_where_the_server_listens(project: Project) -> None:
    assert address(project).port == 5432
    assert address(project, DB_PORT="6543").port == 6543


def test_name_is_the_database(project: Project) -> None:
    assert address(project).name == "market_data"
    assert address(project, DB_NAME="other").name == "other"


def test_user_is_who_we_are(project: Project) -> None:
    assert address(project, DB_USER="reader").url().username == "reader"


def test_password_is_sent_and_not_shown(project: Project) -> None:
    found = address(project, DB_PASSWORD="hush")
    assert found.url().password == "hush"
    assert "hush" not in f"{found} {found!r} {found.url()}"


def test_schema_holds_our_tables(project: Project) -> None:
    database = project.database()
    (line,) = [
        line for line in (project.config / "database.yml").read_text().splitlines() if line.startswith("schema:")
    ]
    assert answer(database, "SELECT current_schema()") == line.split()[1]
    assert answer(database, "SELECT to_regclass('market_data_raw')::regclass::text") == "market_data_raw"
    assert answer(database, "SELECT to_regclass('market_data.market_data_raw')") is None


def test_dagster_schema_holds_dagsters_own_tables(project: Project) -> None:
    text_ = (project.config / "database.yml").read_text()
    (name,) = [line.split()[1] for line in text_.splitlines() if line.startswith("dagster_schema:")]
    session = Session(project.settings())
    environment = session.dagster_environment()
    assert environment["TBP_DAGSTER_URL"].endswith(f"options=-csearch_path%3D{name}+-csynchronous_commit%3Doff")
    assert answer(session.database, f"SELECT to_regnamespace('{name}')::text") == name


@pytest.mark.parametrize("size", [4, 2])
def test_pool_size_is_how_many_connections_are_kept(project: Project, size: int) -> None:
    project.change("database.yml", "pool_size: 4", f"pool_size: {size}")
    pool = project.database().engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.size() == size


@pytest.mark.parametrize("seconds", [10, 3])
def test_connect_timeout_seconds_is_the_drivers(project: Project, seconds: int) -> None:
    project.change("database.yml", "connect_timeout_seconds: 10", f"connect_timeout_seconds: {seconds}")
    with project.database().transaction() as connection:
        parameters = Database.driver(connection).get_dsn_parameters()
    assert parameters["connect_timeout"] == str(seconds)


@pytest.mark.parametrize(("seconds", "shown"), [(600, "10min"), (7, "7s")])
def test_statement_timeout_seconds_is_the_sessions(project: Project, seconds: int, shown: str) -> None:
    project.change("database.yml", "statement_timeout_seconds: 600", f"statement_timeout_seconds: {seconds}")
    assert answer(project.database(), "SHOW statement_timeout") == shown


def test_query_timeout_seconds_ends_a_long_query(project: Project) -> None:
    project.change("database.yml", "query_timeout_seconds: 30", "query_timeout_seconds: 1")
    project.settings()
    assert query("SELECT 1", limit=1) == 0
    with pytest.raises(DatabaseUnavailableError, match="canceling statement due to statement timeout"):
        query("SELECT pg_sleep(3)", limit=1)


@pytest.mark.parametrize("days", [30, 7])
def test_chunk_days_is_the_interval_of_the_hypertable(project: Project, days: int) -> None:
    # The extension is in no package, so the statements are recorded instead of sent.
    said: list[str] = []

    def upgrade(config: object, _revision: str) -> None:
        patch = project.monkeypatch.setattr
        patch(r0001_market_data, "op", SimpleNamespace(execute=said.append))
        patch(r0001_market_data, "context", SimpleNamespace(config=config))
        patch(r0001_market_data, "_timescale_schema", lambda: "public")
        r0001_market_data.upgrade()

    project.change("database.yml", "chunk_days: 30", f"chunk_days: {days}")
    project.monkeypatch.setattr(command, "upgrade", upgrade)
    migrations.migrate(DatabaseResource.from_settings(project.settings()).connect())
    (hypertable,) = [sql for sql in said if "create_hypertable" in sql]
    assert f"by_range('timestamp', INTERVAL '{days} days')" in hypertable


@pytest.mark.parametrize("days", [90, 0])
def test_compress_after_days_is_what_migrate_makes_the_policy_of(project: Project, days: int) -> None:
    # The policy itself needs the extension: see storage/test_timescale.py.
    asked = list[int]()

    def follow(_connection: object, after: int) -> None:
        asked.append(after)

    project.change("database.yml", "compress_after_days: 90", f"compress_after_days: {days}")
    project.monkeypatch.setattr(migrations, "follow_policy", follow)
    migrations.migrate(DatabaseResource.from_settings(project.settings()).connect())
    assert asked == [days]


def test_chunks_are_not_compressed_within_the_correction_window(project: Project) -> None:
    project.change("database.yml", "compress_after_days: 90", "compress_after_days: 29")
    with pytest.raises(ConfigError, match=r"compress_after_days: 29 lies within schedule\.correction_window_days: 30"):
        project.settings().check()


def test_reader_role_is_the_role_that_may_read_the_tables(project: Project) -> None:
    role = f"reader_{uuid4().hex[:12]}"
    project.change("database.yml", "reader_role: market_data_reader", f"reader_role: {role}")
    database = project.database()
    assert answer(database, f"SELECT has_table_privilege('{role}', 'market_data_raw', 'SELECT')") is True
