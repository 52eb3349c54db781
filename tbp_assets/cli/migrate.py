"""`tbp migrate`: bring the database to this release's schema."""

from tbp_assets.cli.output import out
from tbp_assets.config_loader import load_settings
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.storage.migrations import migrate as migrate_database


def migrate() -> int:
    """Run the command and return its exit code."""
    settings = load_settings()
    refuse_stand_ins(settings)
    database = DatabaseResource.from_settings(settings).connect()
    out.print(str(database.address))
    before, after = migrate_database(database)
    out.print(f"already at revision {after}" if before == after else f"revision {before or 'none'} -> {after}")
    return 0
