"""The reading role, tried with logins of their own: what they can read, and what they cannot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from tbp_assets.cli.session import Session
from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import current_version, migrate, newest_version
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import load, query, validated

pytestmark = pytest.mark.integration

Login = Callable[..., Database]
READABLE = (
    "market_data_raw", "market_data_revisions", "load_ledger", "failed_downloads", "data_quality_metrics",
    "data_quality_flags", "data_quality_days", "tbp_schema_version",
)  # fmt: skip
WRITES = (
    "INSERT INTO load_ledger SELECT * FROM load_ledger",
    "UPDATE market_data_raw SET close = 1",
    "DELETE FROM market_data_raw",
    "TRUNCATE market_data_raw",
    "DROP TABLE market_data_raw",
    "CREATE TABLE mine (n int)",
    "CREATE TABLE public.mine (n int)",
)


def with_role(project: Project) -> Database:
    """Return the test's database, not migrated yet, with a role of its own."""
    database = DatabaseResource.from_settings(project.settings()).connect()
    return replace(database, reader_role=f"reader_{uuid4().hex[:12]}")


@pytest.fixture
def login(project: Project) -> Iterator[Login]:
    """Return a function that makes a login and gives the database as it sees it.

    Roles stay behind, and go with the server of the test run.
    """
    server = DatabaseResource.from_settings(project.settings()).connect()
    made: list[Database] = []

    def make(database: Database, *, granted: str = "") -> Database:
        name = f"login_{uuid4().hex[:12]}"
        # So that schemas can be given to it.
        query(server, f"SET LOCAL createrole_self_grant = 'set'; CREATE ROLE {name} LOGIN PASSWORD 'word'")
        if granted:
            query(server, f"GRANT {granted} TO {name}")
        made.append(replace(database, address=replace(database.address, user=name, password=SecretStr("word"))))
        return made[-1]

    yield make
    for database in made:
        database.engine.dispose()
    server.engine.dispose()


@pytest.fixture
def database(project: Project) -> Iterator[Database]:
    """A loaded database with a reading role of its own."""
    made = with_role(project)
    migrate(made)
    load(made, validated(good_rows(TUESDAY)))
    yield made
    made.engine.dispose()


def test_a_login_that_is_granted_the_role_reads_every_table_and_both_functions(
    database: Database, login: Login
) -> None:
    reader = login(database, granted=database.reader_role)
    for table in READABLE:
        assert query(reader, f"SELECT count(*) FROM {table}") == query(database, f"SELECT count(*) FROM {table}")
    assert query(reader, "SELECT count(*) FROM market_data_at_batch(1)") == [(4,)]
    assert query(reader, "SELECT count(*) FROM market_data_as_of(now())") == [(4,)]


def test_it_can_write_nowhere(database: Database, login: Login) -> None:
    reader = login(database, granted=database.reader_role)
    for statement in WRITES:
        with pytest.raises(DatabaseRefusedError, match=r"permission denied|must be owner"):
            query(reader, statement)
    assert query(database, "SELECT count(*), min(close) FROM market_data_raw") == [(4, 10.5)]


def test_it_cannot_read_dagsters_tables(project: Project, database: Database, login: Login) -> None:
    schema = project.settings().database.dagster_schema
    Session(project.settings()).dagster_environment()
    query(database, f"CREATE TABLE {schema}.runs (body text)")
    reader = login(database, granted=database.reader_role)
    with pytest.raises(DatabaseRefusedError, match=f"permission denied for schema {schema}"):
        query(reader, f"SELECT * FROM {schema}.runs")


def test_a_login_without_the_role_reads_nothing(database: Database, login: Login) -> None:
    with pytest.raises(DatabaseRefusedError, match=r"permission denied for schema|does not exist"):
        query(login(database), f"SELECT * FROM {database.address.schema}.market_data_raw")


def test_the_role_itself_cannot_log_in(database: Database) -> None:
    sql = "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = :role"
    assert query(database, sql, role=database.reader_role) == [(False, False, False, False)]


def test_a_table_of_a_later_revision_is_readable_after_its_migration(database: Database, login: Login) -> None:
    query(database, "CREATE TABLE of_a_later_revision (n int)")
    reader = login(database, granted=database.reader_role)
    with pytest.raises(DatabaseRefusedError, match="permission denied"):
        query(reader, "SELECT * FROM of_a_later_revision")
    migrate(database)
    assert query(reader, "SELECT * FROM of_a_later_revision") == []


def test_a_second_migration_grants_nothing_again(database: Database) -> None:
    marks = "SELECT oid, xmin::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY oid"
    before = query(database, marks)
    migrate(database)
    assert query(database, marks) == before


def test_a_database_loaded_before_there_was_a_role_gets_it(project: Project, database: Database, login: Login) -> None:
    other = replace(database, reader_role=f"{database.reader_role}_2")
    migrate(other)
    reader = login(other, granted=other.reader_role)
    assert query(reader, "SELECT count(*) FROM market_data_raw") == [(4,)]


def test_a_login_that_may_not_make_roles_migrates_and_is_told(
    project: Project, login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    plain = with_role(project)
    owner = login(plain)
    query(plain, f"CREATE SCHEMA {plain.address.schema} AUTHORIZATION {owner.address.user}")
    with caplog.at_level(logging.WARNING):
        assert migrate(replace(owner, embedded=False)) == (None, newest_version())
    assert f"have an administrator run `CREATE ROLE {plain.reader_role} NOLOGIN`" in caplog.text
    assert current_version(owner) == newest_version()
    query(plain, f"CREATE ROLE {plain.reader_role} NOLOGIN")
    migrate(owner)
    reader = login(plain, granted=plain.reader_role)
    assert query(reader, "SELECT count(*) FROM market_data_raw") == [(0,)]
    plain.engine.dispose()


def test_what_belongs_to_somebody_else_is_left_to_them(project: Project, login: Login) -> None:
    plain = with_role(project)
    query(plain, f"CREATE ROLE {plain.reader_role} NOLOGIN")
    owner = login(plain)
    query(plain, f"CREATE SCHEMA {plain.address.schema}")
    query(plain, f"CREATE TABLE {plain.address.schema}.of_an_administrator (n int)")
    query(plain, f"GRANT CREATE, USAGE ON SCHEMA {plain.address.schema} TO {owner.address.user} WITH GRANT OPTION")
    migrate(owner)
    reader = login(plain, granted=plain.reader_role)
    assert query(reader, "SELECT count(*) FROM market_data_raw") == [(0,)]
    with pytest.raises(DatabaseRefusedError, match="permission denied"):
        query(reader, "SELECT * FROM of_an_administrator")
    plain.engine.dispose()


def test_no_role_is_made_where_none_is_wanted(project: Project) -> None:
    database = replace(with_role(project), reader_role="")
    before = query(database, "SELECT count(*) FROM pg_roles")
    migrate(database)
    assert query(database, "SELECT count(*) FROM pg_roles") == before
    with database.transaction() as connection:
        rights = connection.execute(text("SELECT relacl FROM pg_class WHERE relname = 'market_data_raw' "
                                         "AND relnamespace = current_schema()::regnamespace")).scalar_one()  # fmt: skip
    assert rights is None
    database.engine.dispose()
