"""`tbp migrate`: bring the database to this release's schema, and Dagster's tables to that of the installed Dagster."""

from rich.markup import escape

from tbp_assets.cli.instance import open_instance, storage_faults
from tbp_assets.cli.output import err, out
from tbp_assets.cli.session import Session
from tbp_assets.resources.opening import connect_database
from tbp_assets.storage.migrations import migrate as migrate_database
from tbp_assets.storage.migrations import missing_reader


def migrate() -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    database = connect_database(session.settings.database, session.settings.home)
    out.print(str(database.address))
    before, after = migrate_database(database)
    out.print(f"already at revision {after}" if before == after else f"revision {before or 'none'} -> {after}")
    with storage_faults(session), open_instance(session) as instance:
        instance.upgrade()
    out.print(f"Dagster's tables are in schema {session.settings.database.dagster_schema}")
    if missing := missing_reader(database):
        err.print(f"[yellow]warning[/] {escape(missing)}")
    return 0
