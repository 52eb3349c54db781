"""Where benchmarks load: an embedded PostgreSQL that ends with them, or the server that `DB_*` names."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import text

from tbp_assets.embedded.postgres import ensure_server, release, stop_server
from tbp_assets.embedded.postgres.instance import outside_directory
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.migrations import migrate


@contextmanager
def own_database() -> Generator[Database]:
    """Give a migrated schema of its own: on the server of `DB_HOST`, else on an embedded one that ends with it."""
    with _elsewhere() if os.environ.get("DB_HOST") else _embedded() as database:
        migrate(database)
        try:
            yield database
        finally:
            with database.transaction() as connection:
                connection.execute(text(f"DROP SCHEMA {database.address.schema} CASCADE"))
            database.engine.dispose()


@contextmanager
def own_home() -> Generator[Path]:
    """Give an empty TBP_HOME, and leave nothing of it, nor of the server in it."""
    home = Path(tempfile.mkdtemp(prefix="tbp-bench-"))
    with ended(home):
        yield home


@contextmanager
def ended(home: Path, *, keep: bool = False) -> Generator[None]:
    """End the server of a home afterwards, and remove the home unless it is to be kept."""
    try:
        yield
    finally:
        stop_server(home)
        release(home)
        for directory in () if keep else (home, outside_directory(home.resolve() / "postgres")):
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _embedded() -> Generator[Database]:
    with own_home() as home:
        yield database_in(home, "bench")


def database_in(home: Path, schema: str) -> Database:
    """Return a schema of the embedded server of a home, which is started where it does not run."""
    server = ensure_server(home)
    password = SecretStr(server.password)
    address = DatabaseAddress(server.host, server.port, server.database, server.user, password, schema)
    return _database(address, embedded=True)


@contextmanager
def _elsewhere() -> Generator[Database]:
    wanted = {name: os.environ.get(f"DB_{name}", "") for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
    address = DatabaseAddress(
        host=wanted["HOST"],
        port=int(wanted["PORT"] or 5432),
        name=wanted["NAME"] or "market_data",
        user=wanted["USER"],
        password=SecretStr(wanted["PASSWORD"]),
        schema=f"bench_{uuid4().hex[:12]}",
    )
    yield _database(address, embedded=False)


def _database(address: DatabaseAddress, *, embedded: bool) -> Database:
    return Database(
        address,
        embedded=embedded,
        pool_size=4,
        connect_timeout_seconds=5,
        statement_timeout_seconds=600,
        chunk_days=30,
        compress_after_days=0,
    )
