"""Dagster's tables, made by Dagster once a process and written down, so that other tests need not wait for it again.

To make and stamp them Dagster asks and answers for a third of a second; what it made is a page of SQL. Where a test
before has ended, its tables are handed on.
"""

from __future__ import annotations

import re
import subprocess
from typing import Any, Final

import psycopg2
import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from tbp_assets.embedded.postgres.binaries import client_programs
from tbp_assets.logs.dagster_storage import MaskedPostgresStorage
from tbp_assets_tests.schemas import Shelf

# The schema of a test, as `project` names it.
SCHEMA: Final = re.compile(r"dagster_[0-9a-f]{12}(?![0-9a-z_])")
ANY: Final = "dagster_of_a_test"
MAKE: Final[Any] = MaskedPostgresStorage.__init__
# What it writes into tables that it made, and where their numbers go on.
ROWS: Final = ("INSERT INTO ", "SELECT pg_catalog.setval(")
SHELF: Final = Shelf()
_written: Final[list[str]] = []


def written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an empty schema of a test filled by what was written down, wherever this process opens its storage."""
    monkeypatch.setattr(MaskedPostgresStorage, "__init__", _made)


def _made(storage: MaskedPostgresStorage, postgres_url: str, **options: Any) -> None:
    found = SCHEMA.search(postgres_url)
    if found is None or SHELF.is_known(found[0]) or not _is_empty(postgres_url):
        MAKE(storage, postgres_url, **options)
        return
    schema, url = found[0], make_url(postgres_url)
    server = url.set(query={})
    taken = SHELF.take(server, schema)
    if _written and not taken:
        _execute(postgres_url, _written[0].replace(ANY, schema))
    MAKE(storage, postgres_url, **options)
    if not _written:
        made = _dumped(url, schema)
        _written.append(made.replace(schema, ANY))
        rows = "\n".join(line for line in made.splitlines() if line.startswith(ROWS))
        SHELF.remember(server, schema, rows.replace(f"{schema}.", ""))


def _is_empty(url: str) -> bool:
    return _execute(url, "SELECT to_regclass('runs'), to_regclass('event_logs'), to_regclass('jobs')") == (None,) * 3


def _execute(url: str, sql: str) -> Any:
    place = make_url(url)
    connection = psycopg2.connect(
        host=place.host, port=place.port, user=place.username, password=place.password, dbname=place.database,
        options=place.query["options"],
    )  # fmt: skip
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def _dumped(url: URL, schema: str) -> str:
    """Return the SQL that makes the tables of a schema, which is there."""
    plain = url.set(query={}, drivername="postgresql").render_as_string(hide_password=False)
    words = ["--inserts", "--no-owner", "--no-privileges", f"--schema={schema}", f"--dbname={plain}"]
    sql = subprocess.run([client_programs() / "pg_dump", *words], capture_output=True, text=True, check=True).stdout
    # Words to psql begin with a backslash.
    return "\n".join(line for line in sql.splitlines() if not line.startswith(("\\", "CREATE SCHEMA ")))
