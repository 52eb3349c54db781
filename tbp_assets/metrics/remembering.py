"""Facts that are read again only where their files changed, so that a scrape costs no more than a listing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Generic, Protocol, TypeVar

from tbp_assets.datasets import Dataset
from tbp_assets.storage.day_facts import Days
from tbp_assets.storage.files import Files

Fact_co = TypeVar("Fact_co", covariant=True)


class Zone(Days[Fact_co], Protocol[Fact_co]):
    """A landing zone or a lake: where it keeps a day, and what it knows of it."""

    @property
    def store(self) -> Files:
        """Where its files are kept."""
        ...

    @property
    def root(self) -> str:
        """What their keys begin with."""
        ...

    def manifest(self, day: date) -> str:
        """Return the key of a day's manifest."""
        ...


class RememberedDays(Generic[Fact_co]):
    """The facts of a zone; one is read again once its manifest is another version."""

    def __init__(self, zone: Zone[Fact_co]) -> None:
        """Remember nothing yet."""
        self._zone = zone
        self._listed: dict[str, str] = {}
        self._facts: dict[date, tuple[str, Fact_co | None]] = {}

    @property
    def dataset(self) -> Dataset:
        """Whose days."""
        return self._zone.dataset

    @property
    def data_source(self) -> str:
        """Whose data."""
        return self._zone.data_source

    def look(self) -> None:
        """List the manifests as they are now; until then, none is there."""
        self._listed = {entry.key: entry.version for entry in self._zone.store.list(f"{self._zone.root}/")}

    def facts(self, days: Sequence[date]) -> Mapping[date, Fact_co | None]:
        """Return what is known of each day; see the zone."""
        versions = {day: self._listed.get(self._zone.manifest(day)) for day in days}
        there = {day: version for day, version in versions.items() if version}
        changed = [day for day, version in there.items() if self._facts.get(day, ("", None))[0] != version]
        for day, fact in self._zone.facts(changed).items():
            self._facts[day] = there[day], fact
        return {day: self._facts[day][1] if day in there else None for day in days}
