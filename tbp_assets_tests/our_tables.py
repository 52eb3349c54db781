"""Our own tables, migrated once a process and handed from test to test."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tbp_assets.resources import opening
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import VERSION_TABLE, migrate, newest_version
from tbp_assets_tests.schemas import Shelf

# The schema of a test, as `project` names it.
SCHEMA: Final = re.compile(r"bars_[0-9a-f]{12}")
# The one row that a migration writes.
ROWS: Final = f"INSERT INTO {VERSION_TABLE} VALUES ('{newest_version()}')"
# Of config/database.yml: a migration grants to it.
READER: Final = "market_data_reader"
SHELF: Final = Shelf()


def handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a test's schema taken from the shelf, wherever this process opens a database whose schema is not there."""
    monkeypatch.setattr(opening, "migrate", _migrated)


def _migrated(database: Database) -> tuple[str | None, str]:
    schema, server = database.address.schema, database.address.url()
    first = bool(SCHEMA.fullmatch(schema)) and not SHELF.is_known(schema)
    taken = first and SHELF.take(server, schema)
    versions = migrate(database)
    if first and not taken and versions[0] is None and database.reader_role == READER:
        SHELF.remember(server, schema, ROWS)
    return versions
