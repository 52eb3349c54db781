"""The database schema's history, as Alembic revisions, and the commands that apply and check it.

Alembic is imported where the schema changes: a quarter of a second that nobody else need wait for.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from tbp_assets.errors import SchemaVersionError
from tbp_assets.storage.compression import follow_policy
from tbp_assets.storage.database import Database
from tbp_assets.storage.reading_role import NOT_ALLOWED, grant_reading, role_is_there

if TYPE_CHECKING:
    from alembic.config import Config

logger = logging.getLogger(__name__)

# Of our own name: Dagster, or another application in the same schema, keeps its version in `alembic_version`.
VERSION_TABLE = "tbp_schema_version"
HERE = Path(__file__).parent


def newest_version() -> str:
    """Return the revision this release loads into."""
    return known_versions()[0]


def known_versions() -> list[str]:
    """Return the revisions this release knows, newest first: each is the number in the name of its module."""
    return sorted((path.stem[1:].split("_")[0] for path in (HERE / "versions").glob("r*.py")), reverse=True)


def current_version(database: Database) -> str | None:
    """Return the revision a database is at, or None where the schema was never created."""
    with database.transaction(read_only=True) as connection:
        return _version(connection, database.address.schema)


def migrate(database: Database) -> tuple[str | None, str]:
    """Bring a database to this release's schema; return the revisions before and after. Safe to run twice at once.

    Compression, and what the reading role may read, follow database.yml each time.

    Raises:
        SchemaVersionError: It is newer.
    """
    database.ensure_schema(database.address.schema)
    with database.transaction() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('tbp_assets migrate', 0))"))
        before = _version(connection, database.address.schema)
        _refuse_newer(database, before)
        if before != newest_version():
            from alembic import command  # noqa: PLC0415

            command.upgrade(alembic_config(connection, database), "head")
        follow_policy(connection, database.compress_after_days)
        _follow_reader_role(connection, database)
    return before, newest_version()


def _follow_reader_role(connection: Connection, database: Database) -> None:
    role = database.reader_role
    # An embedded server of an earlier release made no login that may make roles, and nobody else reads there.
    if role and not grant_reading(connection, role) and not database.embedded:
        logger.warning(NOT_ALLOWED, role, role)


def missing_reader(database: Database) -> str:
    """Return what to do about a reading role that is wanted and is not there; nothing where all is well."""
    if not database.reader_role or database.embedded:
        return ""
    with database.transaction(read_only=True) as connection:
        there = role_is_there(connection, database.reader_role)
    return "" if there else NOT_ALLOWED % (database.reader_role, database.reader_role)


def alembic_config(connection: Connection, database: Database) -> Config:
    """Return what Alembic's commands need to work on a database, in the transaction of a connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes.update(
        connection=connection,
        schema=database.address.schema,
        version_table=VERSION_TABLE,
        chunk_days=database.chunk_days,
    )
    return config


def require_current(database: Database) -> None:
    """Raise unless a database has this release's schema.

    Raises:
        SchemaVersionError: It was never created, is older, or newer.
    """
    current, newest = current_version(database), newest_version()
    _refuse_newer(database, current)
    if current != newest:
        state = f"is at revision {current}" if current else "has no tables yet"
        raise SchemaVersionError(f"{database.address} {state}; this release needs {newest}: run `tbp migrate`")


def is_older(database: Database) -> bool:
    """Whether `migrate` would bring a database further."""
    current = current_version(database)
    return current != newest_version() and (current is None or current in known_versions())


def _version(connection: Connection, schema: str) -> str | None:
    # Read as Alembic would, without importing it.
    table = ".".join(map(connection.dialect.identifier_preparer.quote, (schema, VERSION_TABLE)))
    if connection.execute(text("SELECT to_regclass(:name) IS NULL"), {"name": table}).scalar():
        return None
    return connection.execute(text(f"SELECT version_num FROM {table}")).scalar()


def _refuse_newer(database: Database, current: str | None) -> None:
    if current and current not in known_versions():
        raise SchemaVersionError(
            f"{database.address} is at revision {current}, which this release does not know: use the newer release "
            "that made it"
        )
