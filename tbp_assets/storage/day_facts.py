"""Gather what the three steps remember of a range of days."""

from __future__ import annotations

from datetime import date

from tbp_assets.bars.facts import DayFacts
from tbp_assets.storage.database import Database
from tbp_assets.storage.failed_downloads import unresolved
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.ledger import loads
from tbp_assets.storage.quality import Quality


def gather(landing: LandingZone, lake: Lake, database: Database, days: list[date]) -> dict[date, DayFacts]:
    """Return the facts of every day given, oldest first."""
    if not days:
        return {}
    ordered = sorted(days)
    with database.transaction(read_only=True) as connection:
        loaded = loads(connection, landing.dataset, landing.data_source, ordered[0], ordered[-1])
        failed = unresolved(connection, landing.dataset, landing.data_source, ordered[0], ordered[-1])
        measured = Quality(connection, landing.dataset, landing.data_source).days(ordered[0], ordered[-1])
    landed, validated = landing.facts(ordered), lake.facts(ordered)
    return {
        day: DayFacts(day, landed[day], validated[day], loaded.get(day), failed.get(day), measured.get(day))
        for day in ordered
    }
