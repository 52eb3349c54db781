"""Does the database answer, is it TimescaleDB, and has it this release's tables?"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from tbp_assets.errors import CredentialsError, DatabaseUnavailableError, SchemaVersionError, TbpError
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation, NeverStartedError
from tbp_assets.health.questions import NotLookedAtError
from tbp_assets.storage.backup import RESTORERS
from tbp_assets.storage.database import Database
from tbp_assets.storage.migrations import is_older, newest_version, require_current

DATABASE, TIMESCALEDB, TABLES = "database", "timescaledb", "tables"
VERSIONS: Final = """
SELECT
    (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS version,
    to_regclass('market_data_raw') IS NOT NULL AS made,
    to_regclass('timescaledb_information.hypertables') IS NOT NULL AS informed
"""
HYPERTABLES: Final = """
SELECT count(*) FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema() AND hypertable_name = 'market_data_raw'
"""


def database(installation: Installation) -> Finding:
    """Connect and ask for the server's version."""
    try:
        opened = installation.database()
    except NeverStartedError as error:
        return Finding(DATABASE, "warning", str(error), "`tbp demo`, `tbp up` or `tbp backfill` makes it")
    except CredentialsError as error:
        return Finding(DATABASE, "failed", str(error), "correct DB_USER and DB_PASSWORD, or the role's rights")
    except DatabaseUnavailableError as error:
        return Finding(DATABASE, "failed", str(error), "see DB_HOST and DB_PORT, and whether the server runs")
    with opened.transaction(read_only=True) as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
    kind = "embedded PostgreSQL" if opened.embedded else "PostgreSQL"
    return Finding(DATABASE, "ok", f"{kind} {version}, {opened.address}")


def timescaledb(installation: Installation) -> Finding:
    """Look for the extension, and at what kind of table the bars are in."""
    with _asked(installation).transaction(read_only=True) as connection:
        found = connection.execute(text(VERSIONS)).one()
        hypertable = bool(found.informed and connection.execute(text(HYPERTABLES)).scalar_one())
    return kind_of_table(found.version, made=found.made, hypertable=hypertable)


def kind_of_table(version: str | None, *, made: bool, hypertable: bool) -> Finding:
    """Judge what kind of table the bars are in.

    Args:
        version: Of the extension; None where this database has it not.
        made: Whether there is a table yet.
        hypertable: Whether it is a hypertable.
    """
    if version is None:
        return Finding(TIMESCALEDB, "ok", "no such extension in this database: market_data_raw is a plain table")
    if not made:
        return Finding(TIMESCALEDB, "ok", f"TimescaleDB {version}, no tables yet")
    if hypertable:
        return Finding(TIMESCALEDB, "ok", f"TimescaleDB {version}, market_data_raw is a hypertable; {RESTORERS}")
    todo = "load into another schema (database.yml: schema) to get a hypertable; a plain table works, more slowly"
    seen = f"TimescaleDB {version}, but market_data_raw is a plain table: it is older than the extension"
    return Finding(TIMESCALEDB, "warning", seen, todo)


def tables(installation: Installation) -> Finding:
    """Compare the schema's revision with the one this release loads into."""
    opened = _asked(installation)
    try:
        require_current(opened)
    except SchemaVersionError as error:
        if opened.embedded and is_older(opened):
            # Whoever opens it next brings it up to date.
            return Finding(TABLES, "warning", str(error), "the next command does it, too")
        return Finding(TABLES, "failed", str(error), "run `tbp migrate`" if is_older(opened) else "")
    return Finding(TABLES, "ok", f"schema {opened.address.schema} is at revision {newest_version()}, this release's")


def _asked(installation: Installation) -> Database:
    try:
        return installation.database()
    except TbpError as error:
        raise NotLookedAtError("the database cannot be asked") from error
