"""`tbp backup` and `tbp restore`: the whole database as one file, and back into an empty one."""

from dataclasses import asdict
from pathlib import Path

from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.embedded.postgres import client_programs
from tbp_assets.resources.opening import connect_database
from tbp_assets.storage.backup import RESTORERS, Books, books_path, take_backup
from tbp_assets.storage.client_programs import programs_for
from tbp_assets.storage.migrations import migrate
from tbp_assets.storage.restore import restore_backup


def backup(dump: Path, *, as_json: bool = False) -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    (err if as_json else out).print(f"{session.database.address}  →  {dump}", markup=False)
    schema = session.settings.database.dagster_schema
    books = take_backup(session.database, schema, dump.absolute(), programs_for(session.database, client_programs()))
    if as_json:
        print_json(asdict(books))
    else:
        _show(books)
        out.print(f"{dump}: {books.bytes:,} bytes; {books_path(dump).name} beside it says what it holds: keep both")
        if books.timescaledb:
            out.print(RESTORERS)
    return 0


def restore(dump: Path, *, as_json: bool = False) -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    # Not opened: that would make the tables that the backup brings.
    database = connect_database(session.settings.database, session.settings.home)
    (err if as_json else out).print(f"{dump}  →  {database.address}", markup=False)
    schema = session.settings.database.dagster_schema
    books = restore_backup(database, schema, dump.absolute(), programs_for(database, client_programs()))
    before, after = migrate(database)
    if as_json:
        print_json({**asdict(books), "migrated_to": after})
    else:
        _show(books)
        out.print(f"restored as of {books.taken_at:%Y-%m-%d %H:%M} UTC; every table has as many rows as the backup")
        if before != after:
            out.print(f"revision {before} -> {after}")
    return 0


def _show(books: Books) -> None:
    out.print(table(["table", "rows"], books.rows.items()))
