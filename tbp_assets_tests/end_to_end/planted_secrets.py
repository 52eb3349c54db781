"""Secrets that occur nowhere else, and every place of a home, of a database and of what was said searched for them."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import uuid4

import polars as pl
import psycopg2
import psycopg2.extensions

# The embedded server keeps its generated password here, readable by its owner alone. There is no other lawful place.
LAWFUL = ("postgres/server.json",)


def planted(name: str) -> str:
    """Return a secret that no word of the project resembles, with characters that encodings change."""
    return f"{name}+{uuid4().hex}/x"


def forms(secret: str) -> set[bytes]:
    """Return how a secret may be written, made by nothing of the project."""
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    # In base64 the neighbours of a text decide its first and last characters, and where it begins how it looks.
    inner = {b64encode(b"." * before + secret.encode() + b"...").decode()[4:-8] for before in range(3)}
    return {form.encode() for form in found | inner | {each.replace("+", "-").replace("/", "_") for each in inner}}


@dataclass(frozen=True)
class Search:
    """What is searched for.

    Attributes:
        secrets: By name.
    """

    secrets: Mapping[str, str]

    def in_bytes(self, place: object, content: bytes) -> list[str]:
        """Return a sentence for each secret in the content."""
        return [
            f"{name} in {place}: ...{content[max(at - 80, 0) : at + 40]!r}"
            for name, secret in self.secrets.items()
            for form in forms(secret)
            if (at := content.find(form)) >= 0
        ]

    def in_files(self, root: Path) -> list[str]:
        """Return a sentence for each secret in a file below a directory, and for each secret in a name."""
        found: list[str] = []
        for path in _files(root):
            found += self.in_bytes(path, str(path).encode())
            for content in _contents(path):
                found += self.in_bytes(path, content)
        return found

    def in_tables(self, connection: psycopg2.extensions.connection, *schemas: str) -> list[str]:
        """Return a sentence for each secret in a row of any table of the database but the server's own.

        Args:
            connection: To the database.
            schemas: Only these, where others use the database at the same time.
        """
        found: list[str] = []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') "
                "AND (%(all)s OR schemaname = ANY(%(only)s))",
                {"all": not schemas, "only": list(schemas)},
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT * FROM {table}")
                for row in cursor:
                    found += self.in_bytes(table, b"\n".join(_plain(value) for value in row))
        return found


def _files(root: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(root):
        for name in names:
            path = Path(directory, name)
            if path.is_file() and not path.as_posix().endswith(LAWFUL):
                yield path


def _contents(path: Path) -> Iterable[bytes]:
    content = path.read_bytes()
    yield content
    if path.suffix == ".gz":
        yield gzip.decompress(content)
    if path.suffix == ".parquet":
        yield pl.read_parquet(path).write_json().encode()


def _plain(value: object) -> bytes:
    if isinstance(value, memoryview):
        packed = value.tobytes()
        try:
            return zlib.decompress(packed)  # snapshots of jobs
        except zlib.error:
            return packed
    return str(value).encode()
