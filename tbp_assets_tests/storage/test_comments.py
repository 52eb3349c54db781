"""Whoever looks at the schema with a tool of their own reads what each table, column and function holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alembic import command

from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import alembic_config, migrate, newest_version
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import load, query, validated

pytestmark = pytest.mark.integration

# What stands of a table, of its columns and of functions, each with its comment.
COMMENTED = """
SELECT relname, coalesce(obj_description(oid, 'pg_class'), '')
FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT relname || '.' || attname, coalesce(col_description(pg_class.oid, attnum), '')
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT oid::regprocedure::text, coalesce(obj_description(oid, 'pg_proc'), '')
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
"""


def comments(database: Database) -> dict[str, str]:
    return dict(query(database, COMMENTED))


def test_every_table_column_and_function_has_a_comment(project: Project) -> None:
    found = comments(project.database())
    assert len(found) > 100
    assert [name for name, words in found.items() if len(words) < 5] == []


def test_comments_of_earlier_releases_stay_and_going_back_takes_only_the_new_ones(project: Project) -> None:
    database = DatabaseResource.from_settings(project.settings()).connect()
    database.ensure_schema(database.address.schema)
    with database.transaction() as connection:
        command.upgrade(alembic_config(connection, database), "0006")
    before = comments(database)
    known = {name: words for name, words in before.items() if words}
    assert known
    assert migrate(database) == ("0006", newest_version())
    assert known.items() < comments(database).items()
    with database.transaction() as connection:
        command.downgrade(alembic_config(connection, database), "0006")
    assert comments(database) == before
    database.engine.dispose()


def test_bars_are_read_and_written_while_the_comments_are_made(project: Project) -> None:
    database = replace(project.database(), statement_timeout_seconds=5)
    with database.transaction() as connection:
        command.downgrade(alembic_config(connection, database), "0006")
    with database.transaction() as connection:
        command.upgrade(alembic_config(connection, database), "0007")
        # The migration is not committed, and another connection goes on.
        load(database, validated(good_rows(TUESDAY)))
    assert query(database, "SELECT count(*) FROM market_data_raw") == [(4,)]
