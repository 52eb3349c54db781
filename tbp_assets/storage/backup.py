"""A backup of the database: one file of pg_dump, and beside it the books of what it holds.

Both come from one snapshot, so the books are those of the dump to the row, while loads go on. TimescaleDB keeps the
chunks of a hypertable and what it knows of them in schemas of its own, so that there the whole database is dumped.
https://www.tigerdata.com/docs/deploy/self-hosted/backup-and-restore/logical-backup
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from psycopg2.sql import SQL, Identifier
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, text

from tbp_assets.errors import StorageError, StoredFileError, UsageError
from tbp_assets.storage.database import Database
from tbp_assets.storage.files import write_whole
from tbp_assets.storage.migrations import newest_version, require_current

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbp_assets.storage.client_programs import ClientPrograms

TABLES: Final = text("""
SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = ANY(:schemas) AND relkind IN ('r', 'p') ORDER BY nspname, relname
""")
TIMESCALE: Final = text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
RESTORERS: Final = "a backup with hypertables is restored by a superuser: TimescaleDB lets nobody else stop its workers"
# Rights and owners are those of the server that is restored to; `tbp migrate` grants what is ours to grant.
OPTIONS: Final = ("--format=custom", "--no-owner", "--no-privileges")


@dataclass(frozen=True, slots=True)
class Books:
    """What a backup holds.

    Attributes:
        database: Address it was taken from, without the password.
        schemas: The bars' and Dagster's.
        revision: Of the bars' schema.
        timescaledb: Version of the extension; None where there was none.
        rows: Of each table, as schema.table.
        bytes: Size of the dump.
    """

    taken_at: datetime
    database: str
    schemas: tuple[str, str]
    revision: str
    timescaledb: str | None
    rows: Mapping[str, int]
    bytes: int
    sha256: str


def books_path(dump: Path) -> Path:
    """Return where the books of a dump lie."""
    return dump.with_name(f"{dump.name}.books.json")


def take_backup(database: Database, dagster_schema: str, dump: Path, programs: ClientPrograms) -> Books:
    """Write a dump and its books; a file of the name given is there once both are whole.

    Args:
        database: What is dumped, with this release's schema.
        dagster_schema: Dumped as well.
        dump: Where to; neither it nor its books may be there.
        programs: Where pg_dump is.

    Raises:
        UsageError: The file is there already.
        SchemaVersionError: The database is of another release.
    """
    if dump.exists():
        raise UsageError(f"{dump} is there already: a backup overwrites nothing")
    require_current(database)
    with _unfinished(dump) as path:
        books = _dumped(database, (database.address.schema, dagster_schema), path, programs)
        # Before the dump gets its name: a dump without books could not be told from one of another program.
        write_whole(books_path(dump), TypeAdapter(Books).dump_json(books, indent=2) + b"\n")
        path.rename(dump)
    return books


def _dumped(database: Database, schemas: tuple[str, str], path: Path, programs: ClientPrograms) -> Books:
    with _snapshot(database) as (connection, snapshot):
        taken_at = datetime.now(UTC)
        timescaledb = connection.execute(TIMESCALE).scalar_one_or_none()
        chosen = [] if timescaledb else [f"--schema={schema}" for schema in schemas]
        programs.run("pg_dump", [*OPTIONS, f"--snapshot={snapshot}", f"--file={path}", *chosen], database.address)
        rows = count_rows(connection, schemas)
    return Books(
        taken_at=taken_at,
        database=str(database.address),
        schemas=schemas,
        revision=newest_version(),
        timescaledb=timescaledb,
        rows=rows,
        bytes=path.stat().st_size,
        sha256=sha256_of_file(path),
    )


@contextmanager
def _snapshot(database: Database) -> Generator[tuple[Connection, str]]:
    """Give a transaction that sees one state of the database, and the name under which others see the same."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.translated(), database.engine.connect() as pooled:
        connection = pooled.execution_options(**options)
        with connection.begin():
            # To count is to read everything.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield connection, connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()


@contextmanager
def _unfinished(dump: Path) -> Generator[Path]:
    """Give a file beside the dump, which nobody else can read; it is gone at the end unless it was renamed."""
    path = dump.with_name(f".{dump.name}-{uuid4().hex[:12]}")
    try:
        dump.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{dump} cannot be written: {error.strerror}") from error


def read_books(dump: Path) -> Books:
    """Return the books of a dump, after making sure that it is the one they are about.

    Raises:
        UsageError: The dump or its books are not there.
        StoredFileError: Either is damaged.
    """
    path = books_path(dump)
    for each in (dump, path):
        if not each.is_file():
            raise UsageError(f"{each} is not there: a backup is the dump and, beside it, {path.name}")
    try:
        books = TypeAdapter(Books).validate_json(path.read_bytes())
    except ValidationError:
        raise StoredFileError(f"{path} is damaged: it does not say what {dump.name} holds") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error
    if sha256_of_file(dump) != books.sha256:
        raise StoredFileError(f"{dump} was cut short or altered since {books.taken_at:%Y-%m-%d %H:%M}: use another one")
    return books


def count_rows(connection: Connection, schemas: Sequence[str]) -> dict[str, int]:
    """Return how many rows each table of some schemas holds, as schema.table."""
    tables = connection.execute(TABLES, {"schemas": list(schemas)}).all()
    counted: dict[str, int] = {}
    with Database.driver(connection).cursor() as cursor:
        for schema, name in tables:
            cursor.execute(SQL("SELECT count(*) FROM {}").format(Identifier(schema, name)))
            (counted[f"{schema}.{name}"],) = cursor.fetchone() or (0,)
    return counted


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file of any size.

    Raises:
        StorageError: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error
