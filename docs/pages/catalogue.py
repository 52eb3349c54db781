"""The schema as a database says it is itself, migrated to this release in a server that lives for a moment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, text

from tbp_assets.embedded.postgres import ensure_server, release, stop_server
from tbp_assets.embedded.postgres.instance import outside_directory
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.migrations import migrate

TABLES = text("""
SELECT relname AS name, relkind::text AS kind, obj_description(oid, 'pg_class') AS comment,
    ARRAY(
        SELECT attname::text FROM pg_index CROSS JOIN unnest(indkey) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute ON attrelid = indrelid AND attnum = part.number
        WHERE indrelid = pg_class.oid AND indisprimary ORDER BY place
    ) AS key
FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
ORDER BY relname
""")
COLUMNS = text("""
SELECT relname AS table_name, attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable,
    CASE
        WHEN attidentity <> '' THEN 'Numbered by the database.'
        WHEN attgenerated <> '' THEN 'Computed by the database.'
        ELSE 'Default: `' || pg_get_expr(adbin, adrelid) || '`.'
    END AS default,
    col_description(attrelid, attnum) AS comment
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    AND attnum > 0 AND NOT attisdropped
ORDER BY relname, attnum
""")
FUNCTIONS = text("""
SELECT proname AS name, pg_get_function_arguments(oid) AS arguments, pg_get_function_result(oid) AS result,
    obj_description(oid, 'pg_proc') AS comment
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace ORDER BY proname
""")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `default` is a sentence, empty where it has none."""

    name: str
    type: str
    nullable: bool
    default: str
    comment: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view with its columns, in their order, and the columns of its primary key."""

    name: str
    kind: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function as SQL calls it."""

    name: str
    arguments: str
    result: str
    comment: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is in the schema."""

    tables: tuple[Table, ...]
    functions: tuple[Function, ...]


def read_catalogue() -> Catalogue:
    """Return what a freshly migrated embedded database says of itself; takes about two seconds and leaves nothing."""
    with _database() as database:
        migrate(database)
        with database.transaction(read_only=True) as connection:
            return catalogue_of(connection)


def catalogue_of(connection: Connection) -> Catalogue:
    """Return what is in the current schema of a connection."""
    columns: dict[str, list[Column]] = {}
    for row in connection.execute(COLUMNS):
        column = Column(row.name, row.type, row.nullable, row.default or "", row.comment or "")
        columns.setdefault(row.table_name, []).append(column)
    tables = [
        Table(row.name, row.kind, row.comment or "", tuple(row.key), tuple(columns[row.name]))
        for row in connection.execute(TABLES)
    ]
    functions = [
        Function(row.name, row.arguments, row.result, row.comment or "") for row in connection.execute(FUNCTIONS)
    ]
    return Catalogue(tuple(tables), tuple(functions))


@contextmanager
def _database() -> Generator[Database]:
    home = Path(tempfile.mkdtemp(prefix="tbp-docs-"))
    try:
        server = ensure_server(home)
        address = DatabaseAddress(
            server.host, server.port, server.database, server.user, SecretStr(server.password), "market_data"
        )
        database = Database(
            address, embedded=True, pool_size=1, connect_timeout_seconds=10, statement_timeout_seconds=60,
            chunk_days=30, compress_after_days=0,
        )  # fmt: skip
        try:
            yield database
        finally:
            database.engine.dispose()
    finally:
        try:
            stop_server(home)
            release(home)
        finally:
            # As root the data lie outside a home that the service user cannot reach.
            shutil.rmtree(outside_directory(home.resolve() / "postgres"), ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
