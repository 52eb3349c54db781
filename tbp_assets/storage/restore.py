"""Fills an empty database from a backup, in one transaction, and counts afterwards what the backup's books promise."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg2.sql import SQL, Identifier, Literal
from sqlalchemy import Connection, text

from tbp_assets.errors import DatabaseRefusedError, SchemaVersionError, UsageError
from tbp_assets.storage.backup import RESTORERS, TABLES, TIMESCALE, Books, count_rows, read_books
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import known_versions

if TYPE_CHECKING:
    from tbp_assets.storage.client_programs import ClientPrograms

OPTIONS: Final = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
OFFERED: Final = text("SELECT version FROM pg_available_extension_versions WHERE name = 'timescaledb' ORDER BY 1")
MAY_RESTORE: Final = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
HYPERTABLES: Final = text(
    "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('_timescaledb_internal') AND relkind = 'r' "
    "AND relname LIKE '\\_hyper\\_%'"
)


def restore_backup(database: Database, dagster_schema: str, dump: Path, programs: ClientPrograms) -> Books:
    """Fill an empty database from a dump; where anything fails it is as empty as before.

    Args:
        database: Whose schemas hold no table yet.
        dagster_schema: Restored as well.
        dump: With its books beside it.
        programs: Where pg_restore is.

    Raises:
        UsageError: The files are not there, or the database is not empty, or its schemas have other names.
        StoredFileError: The backup is damaged.
        SchemaVersionError: It is of a newer release.
        DatabaseRefusedError: The server cannot hold it, or does not hold all of it afterwards.
    """
    books = read_books(dump)
    if books.schemas != (schemas := (database.address.schema, dagster_schema)):
        raise UsageError(
            f"{dump} holds the schemas {' and '.join(books.schemas)}, database.yml names {' and '.join(schemas)}: "
            "set schema and dagster_schema to those of the backup"
        )
    if books.revision not in known_versions():
        raise SchemaVersionError(
            f"{dump} is at revision {books.revision}, which this release does not know: use a newer"
        )
    with database.transaction() as connection:
        if books.timescaledb:
            _require_right_to_restore(connection, database)
        _require_empty(connection, database, books)
    with _ready_for_hypertables(database, books):
        programs.run("pg_restore", [*OPTIONS, str(dump)], database.address)
    with database.transaction(read_only=True) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        _require_rows(connection, database, books)
    return books


def _require_right_to_restore(connection: Connection, database: Database) -> None:
    if not connection.execute(MAY_RESTORE).scalar_one():
        raise DatabaseRefusedError(
            f"{database.address}: {RESTORERS}. Or take an ordinary role, run `tbp migrate`, and make the rows again "
            "from the lake: `tbp backfill START END --from-lake`"
        )


def _require_empty(connection: Connection, database: Database, books: Books) -> None:
    found = [f"{schema}.{name}" for schema, name in connection.execute(TABLES, {"schemas": list(books.schemas)})]
    if found or (books.timescaledb and connection.execute(HYPERTABLES).scalar_one()):
        what = (
            f"holds {len(found)} tables already ({', '.join(found[:3])}, …)" if found else "holds hypertables already"
        )
        cure = "`tbp stop`, move its directory in TBP_HOME away" if database.embedded else "create a new database"
        raise UsageError(
            f"{database.address} {what}: a backup only fills an empty database; {cure} and restore into that"
        )
    with Database.driver(connection).cursor() as cursor:
        for schema in books.schemas:
            cursor.execute(SQL("DROP SCHEMA IF EXISTS {}").format(Identifier(schema)))


@contextmanager
def _ready_for_hypertables(database: Database, books: Books) -> Generator[None]:
    """Tell TimescaleDB that a restore is going on; nothing is done for a backup without hypertables."""
    if books.timescaledb is None:
        yield
        return
    with database.transaction() as connection:
        _create_extension(connection, database, books.timescaledb)
    _call(database, "timescaledb_pre_restore")
    try:
        yield
    finally:
        _call(database, "timescaledb_post_restore")


def _create_extension(connection: Connection, database: Database, version: str) -> None:
    offered = list(connection.execute(OFFERED).scalars())
    present = connection.execute(TIMESCALE).scalar_one_or_none()
    if version not in offered or present not in {None, version}:
        have = f"{present} in this database" if present else ", ".join(offered) or "none"
        raise DatabaseRefusedError(
            f"{database.address}: the backup is of TimescaleDB {version}, the server has {have}: restore into a server "
            "with the same version and upgrade the extension there"
        )
    if present is None:
        with Database.driver(connection).cursor() as cursor:
            cursor.execute(SQL("CREATE EXTENSION timescaledb WITH SCHEMA public VERSION {}").format(Literal(version)))


def _call(database: Database, function: str) -> None:
    with database.transaction() as connection:
        place = connection.execute(
            text("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb'")
        ).scalar_one()
        connection.execute(text(f"SELECT {place}.{function}()"))


def _require_rows(connection: Connection, database: Database, books: Books) -> None:
    counted = count_rows(connection, books.schemas)
    differ = [
        f"{table}: {counted.get(table, 0):,} of {rows:,}"
        for table, rows in books.rows.items()
        if counted.get(table) != rows
    ]
    if differ:
        raise DatabaseRefusedError(f"{database.address} does not hold what was backed up: {', '.join(differ)} rows")
