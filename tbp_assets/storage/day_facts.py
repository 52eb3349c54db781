"""Gather what the three steps remember of a range of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

from tbp_assets.bars.facts import DayFacts, LakeFact, LandingFact
from tbp_assets.datasets import Dataset
from tbp_assets.storage.database import Database
from tbp_assets.storage.failed_downloads import unresolved
from tbp_assets.storage.ledger import loads
from tbp_assets.storage.quality import Quality

Fact_co = TypeVar("Fact_co", covariant=True)


class Days(Protocol[Fact_co]):
    """A landing zone or a lake, as far as it remembers days."""

    @property
    def dataset(self) -> Dataset:
        """Whose days."""
        ...

    @property
    def data_source(self) -> str:
        """Whose data."""
        ...

    def facts(self, days: Sequence[date]) -> Mapping[date, Fact_co | None]:
        """Return what is known of each day."""
        ...


def gather(
    landing: Days[LandingFact], lake: Days[LakeFact], database: Database, days: list[date]
) -> dict[date, DayFacts]:
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
