"""Schemas of tests that ended, emptied and handed on: to make the tables anew takes longer than most tests.

A schema is handed on only where nobody can tell it from a new one: its catalogue is as it was when it was made, its
tables are truncated and its sequences begin again. Any other is dropped, so that the server stays small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class
from psycopg2.sql import SQL, Identifier
from sqlalchemy.engine import URL

# What a test can change of a schema without writing a row. Read with the schema as search path: no name has it in it.
CATALOGUE: Final = """
WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
SELECT array_agg(line ORDER BY line) FROM (
    SELECT ROW(relname, relkind, relacl, reloptions, relowner, relnatts, relrowsecurity)::text
    FROM ours
    UNION ALL SELECT ROW(relname, attnum, attname, atttypid, atttypmod, attnotnull, attidentity, attacl,
        pg_get_expr(adbin, adrelid))::text
    FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL SELECT ROW(conname, conrelid::regclass, convalidated, pg_get_constraintdef(oid, true))::text
    FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
    UNION ALL SELECT ROW(relname, indisvalid, pg_get_indexdef(indexrelid, 0, true))::text FROM ours
    JOIN pg_index ON indexrelid = ours.oid
    UNION ALL SELECT ROW(relname, tgname, tgenabled)::text FROM ours JOIN pg_trigger ON tgrelid = ours.oid
    WHERE NOT tgisinternal
    UNION ALL SELECT ROW(relname, rulename)::text FROM ours JOIN pg_rewrite ON ev_class = ours.oid
    UNION ALL SELECT ROW(relname, objsubid, description)::text FROM ours JOIN pg_description ON objoid = ours.oid
    UNION ALL SELECT ROW(oid::regprocedure, prosrc, proacl, proconfig)::text
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
    UNION ALL SELECT ROW(typname, typtype)::text FROM pg_type WHERE typnamespace = current_schema()::regnamespace
    UNION ALL SELECT ROW(tablename, attname, 'statistics')::text FROM pg_stats WHERE schemaname = current_schema()
    UNION ALL SELECT ROW(stxname)::text FROM pg_statistic_ext WHERE stxnamespace = current_schema()::regnamespace
    UNION ALL SELECT ROW(nspacl, nspowner)::text FROM pg_namespace WHERE oid = current_schema()::regnamespace
) AS lines (line)
"""
FILLED: Final = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
ORDER BY relname
"""
CALLED: Final = """
SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY 1
"""


class Shelf:
    """Schemas of one kind that wait to be used again, on each server that this process reaches."""

    def __init__(self) -> None:
        """Begin with none: the first is made as always, and shown to `remember`."""
        self._names: Final[defaultdict[URL, list[str]]] = defaultdict(list)
        self._taken: Final[dict[str, URL]] = {}
        self._catalogue: Any = None
        self._rows = ""

    def is_known(self, schema: str) -> bool:
        """Whether a schema was taken or shown before."""
        return schema in self._taken

    def take(self, server: URL, schema: str) -> bool:
        """Give a schema that waits this name; False where none waits, or the name is taken by tables."""
        self._taken[schema] = server
        if not self._names[server]:
            return False
        try:
            with session(server) as cursor:
                cursor.execute(SQL("SELECT to_regnamespace(%s) IS NOT NULL"), [schema])
                if cursor.fetchall() == [(True,)]:
                    cursor.execute(SQL("DROP SCHEMA {}").format(Identifier(schema)))
                old = Identifier(self._names[server][-1])
                cursor.execute(SQL("ALTER SCHEMA {} RENAME TO {}").format(old, Identifier(schema)))
        except psycopg2.errors.DependentObjectsStillExist:
            return False
        self._names[server].pop()
        return True

    def remember(self, server: URL, schema: str, rows: str = "") -> None:
        """Note what a schema looks like that was made this moment, once.

        Args:
            server: Where it is.
            schema: Its name.
            rows: SQL that writes the rows which every one has from the beginning.
        """
        if self._catalogue is None:
            with session(server) as cursor:
                enter(cursor, schema)
                self._catalogue, self._rows = looked_at(cursor), rows

    def put_back(self, schema: str) -> None:
        """Empty the schema of a test that ended, or drop it; one that somebody is still at work in is left alone."""
        if (server := self._taken.pop(schema, None)) is None:
            return
        fresh = f"waiting_{uuid4().hex[:12]}"
        try:
            with session(server) as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                again = enter(cursor, schema) and looked_at(cursor) == self._catalogue
                if again:
                    self._empty(cursor)
                    cursor.execute(SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(schema), Identifier(fresh)))
                else:
                    cursor.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
        except (psycopg2.OperationalError, psycopg2.errors.InsufficientPrivilege):
            return
        if again:
            self._names[server].append(fresh)

    def _empty(self, cursor: Cursor) -> None:
        if tables := names(cursor, FILLED):
            cursor.execute(SQL("TRUNCATE {} CASCADE").format(SQL(", ").join(map(Identifier, tables))))
        for sequence in names(cursor, CALLED):
            cursor.execute(SQL("ALTER SEQUENCE {} RESTART").format(Identifier(sequence)))
        if self._rows:
            cursor.execute(self._rows)


@contextmanager
def session(server: URL) -> Generator[Cursor]:
    """Open a transaction on a server, in a session of its own."""
    connection = psycopg2.connect(
        host=server.host, port=server.port, user=server.username, password=server.password, dbname=server.database
    )
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def enter(cursor: Cursor, schema: str) -> bool:
    """Make a schema the transaction's own, and say whether it is there."""
    cursor.execute(SQL("SET LOCAL search_path = {}").format(Identifier(schema)))
    cursor.execute("SELECT current_schema() IS NOT NULL")
    return cursor.fetchall() == [(True,)]


def looked_at(cursor: Cursor) -> Any:
    """Return what the catalogue says of the schema a transaction has entered."""
    cursor.execute(CATALOGUE)
    return cursor.fetchall()


def names(cursor: Cursor, sql: str) -> list[str]:
    """Return the names that a statement selects."""
    cursor.execute(sql)
    return [name for (name,) in cursor.fetchall()]
