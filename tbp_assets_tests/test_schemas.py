"""A schema that is handed on to the next test is as a new one, and one that cannot be is not handed on."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy.engine import URL

from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.schemas import Shelf, enter, looked_at, session
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration
MADE = (
    "CREATE TABLE days (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); CREATE TABLE kept (version int); "
    "INSERT INTO kept VALUES (7)"
)
CHANGES = (
    "ALTER TABLE days ADD CONSTRAINT broken CHECK (id < 0) NOT VALID",
    "ALTER TABLE days ADD COLUMN more int",
    "ALTER TABLE days ALTER COLUMN name SET DEFAULT 'none'",
    "ALTER TABLE days DROP CONSTRAINT days_pkey",
    "CREATE INDEX slow ON days (name)",
    "CREATE TABLE mine (n int)",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE RULE never AS ON DELETE TO days DO INSTEAD NOTHING",
    "GRANT SELECT ON days TO pg_monitor",
    "COMMENT ON TABLE days IS 'of a test'",
    "INSERT INTO days (name) SELECT n::text FROM generate_series(1, 100) AS n; ANALYZE days",
    "DROP TABLE days",
)


def made(database: Database) -> str:
    """Make a schema and return its name."""
    name = f"one_{uuid4().hex[:12]}"
    query(database, f"CREATE SCHEMA {name}")
    do(database.address.url(), name, MADE)
    return name


def do(server: URL, schema: str, sql: str) -> None:
    with session(server) as cursor:
        assert enter(cursor, schema)
        cursor.execute(sql)


def shelf_of(server: URL, schema: str) -> Shelf:
    """Return a shelf that knows how a schema was made, and takes it back when its test ends."""
    shelf = Shelf()
    assert not shelf.take(server, schema)
    shelf.remember(server, schema, "INSERT INTO kept VALUES (7)")
    return shelf


def test_what_a_test_wrote_is_not_there_for_the_next(project: Project) -> None:
    database, server, after = project.database(), project.database().address.url(), f"two_{uuid4().hex[:12]}"
    schema = made(database)
    shelf = shelf_of(server, schema)
    do(server, schema, "INSERT INTO days (name) VALUES ('a'), ('b'); UPDATE kept SET version = 8")
    shelf.put_back(schema)
    assert query(database, f"SELECT to_regnamespace('{schema}') IS NULL") == [(True,)]
    query(database, f"CREATE SCHEMA {after}")
    assert shelf.take(server, after)
    assert query(database, f"SELECT * FROM {after}.days") == []
    assert query(database, f"SELECT version FROM {after}.kept") == [(7,)]
    assert query(database, f"INSERT INTO {after}.days (name) VALUES ('c') RETURNING id") == [(1,)]
    assert not shelf.take(server, "another")
    query(database, f"DROP SCHEMA {after} CASCADE")


def test_numbers_of_rows_that_were_rolled_back_begin_again(project: Project) -> None:
    database, server, after = project.database(), project.database().address.url(), f"two_{uuid4().hex[:12]}"
    schema = made(database)
    shelf = shelf_of(server, schema)
    query(database, f"SELECT nextval('{schema}.days_id_seq')")
    shelf.put_back(schema)
    assert shelf.take(server, after)
    assert query(database, f"INSERT INTO {after}.days (name) VALUES ('c') RETURNING id") == [(1,)]
    query(database, f"DROP SCHEMA {after} CASCADE")


@pytest.mark.parametrize("change", CHANGES)
def test_a_schema_that_was_changed_is_dropped(project: Project, change: str) -> None:
    database, server = project.database(), project.database().address.url()
    schema = made(database)
    shelf = shelf_of(server, schema)
    do(server, schema, change)
    shelf.put_back(schema)
    assert not shelf.take(server, "another")
    assert query(database, f"SELECT to_regnamespace('{schema}') IS NULL") == [(True,)]


def test_a_schema_in_which_somebody_is_still_at_work_is_left_alone(project: Project) -> None:
    database, server = project.database(), project.database().address.url()
    schema = made(database)
    shelf = shelf_of(server, schema)
    with session(server) as late:
        late.execute(f"INSERT INTO {schema}.days (name) VALUES ('late')")
        shelf.put_back(schema)
        assert not shelf.take(server, "another")
    assert query(database, f"SELECT name FROM {schema}.days") == [("late",)]
    query(database, f"DROP SCHEMA {schema} CASCADE")


def test_tables_that_are_there_already_are_not_replaced(project: Project) -> None:
    database, server = project.database(), project.database().address.url()
    schema, taken = made(database), made(database)
    shelf = shelf_of(server, schema)
    shelf.put_back(schema)
    do(server, taken, "INSERT INTO days (name) VALUES ('mine')")
    assert not shelf.take(server, taken)
    assert query(database, f"SELECT name FROM {taken}.days") == [("mine",)]
    query(database, f"DROP SCHEMA {taken} CASCADE")


def test_two_schemas_made_alike_look_alike(project: Project) -> None:
    database = project.database()
    seen: list[object] = []
    for schema in (made(database), made(database)):
        with session(database.address.url()) as cursor:
            enter(cursor, schema)
            seen.append(looked_at(cursor))
        query(database, f"DROP SCHEMA {schema} CASCADE")
    assert seen[0] == seen[1]
