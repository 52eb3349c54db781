"""What metrics are read from: the configured database and store, and which subjects each of them answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.events import Request, Validation
from tbp_assets.bars.facts import LakeFact, LandingFact
from tbp_assets.datasets import Dataset
from tbp_assets.metrics.dagster import dagster_samples
from tbp_assets.metrics.days import day_samples
from tbp_assets.metrics.disk import database_size_samples, disk_samples, store_samples
from tbp_assets.metrics.failures import failure_samples
from tbp_assets.metrics.loads import gap_samples, load_samples, ticker_samples
from tbp_assets.metrics.look import Look
from tbp_assets.metrics.looking import LookedAt
from tbp_assets.metrics.quality import quality_samples
from tbp_assets.metrics.remembering import RememberedDays, RememberedJournal
from tbp_assets.metrics.samples import Sample
from tbp_assets.metrics.work import request_samples, validation_samples
from tbp_assets.settings import Settings
from tbp_assets.storage.database import Database
from tbp_assets.storage.files import FileStore
from tbp_assets.storage.journal import Journal
from tbp_assets.storage.lake import Lake, validations_journal
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.ledger import known_data_source
from tbp_assets.storage.requests import requests_journal

Subjects = dict[str, Callable[[], Iterator[Sample]]]
IN_DATABASE: Final[dict[str, Callable[[Look], Iterator[Sample]]]] = {
    "days": day_samples,
    "loads": load_samples,
    "gaps": gap_samples,
    "tickers": ticker_samples,
    "quality": quality_samples,
    "failures": failure_samples,
    "dagster": dagster_samples,
    "size": database_size_samples,
}


class Source:
    """Where metrics come from; what was read of files is remembered."""

    def __init__(self, settings: Settings, dataset: Dataset, *, seconds: float) -> None:
        """Open nothing.

        Args:
            settings: Which database and store.
            dataset: Whose days.
            seconds: Longest time of a statement.
        """
        self._settings, self._dataset = settings, dataset
        self._database = LookedAt(settings, seconds)
        self._store = FileStore(settings.store)
        self._zones: dict[str, tuple[RememberedDays[LandingFact], RememberedDays[LakeFact]]] = {}
        self._requests: dict[str, RememberedJournal[Request]] = {}
        self._validations: dict[str, RememberedJournal[Validation]] = {}

    def database_subjects(self) -> Subjects:
        """Return the subjects of the database.

        Raises:
            TbpError: It does not answer, or is not of this release.
        """
        look = self._look(self._database.open())
        return {name: partial(subject, look) for name, subject in IN_DATABASE.items()}

    def file_subjects(self) -> Subjects:
        """Return the subjects of files and disks."""
        root, home = self._store.root, self._settings.home
        for data_source in _data_sources(root):
            self._journals(data_source)
        requests, validations = dict(self._requests), dict(self._validations)
        return {
            "requests": lambda: request_samples(requests, self._dataset.name),
            "validations": lambda: validation_samples(validations),
            "store": lambda: store_samples(root),
            "disk": lambda: disk_samples({"home": home, "store": root}),
        }

    def close(self) -> None:
        """Give the connection back."""
        self._database.close()

    def _look(self, database: Database) -> Look:
        data_source = self._data_source(database)
        requests, validations = self._journals(data_source)
        landing, lake = self._zones.setdefault(data_source, self._remembered(data_source))
        landing.look()
        lake.look()
        return Look(
            settings=self._settings,
            database=database,
            landing=landing,
            lake=lake,
            requests=requests,
            validations=validations,
            now=datetime.now(UTC),
        )

    def _remembered(self, data_source: str) -> tuple[RememberedDays[LandingFact], RememberedDays[LakeFact]]:
        validation = self._settings.pipeline.validation
        limits = Limits(validation.max_file_mb, validation.max_lines)
        landing = LandingZone(self._store, self._dataset, data_source, limits)
        return RememberedDays(landing), RememberedDays(Lake(self._store, self._dataset, data_source))

    def _data_source(self, database: Database) -> str:
        """Return whose days are looked at: the configured source's, else those the database holds."""
        if self._settings.s3.url:
            return self._settings.s3.data_source
        with database.transaction(read_only=True) as connection:
            return known_data_source(connection) or self._settings.s3.data_source

    def _journals(self, data_source: str) -> tuple[RememberedJournal[Request], RememberedJournal[Validation]]:
        """Return what is remembered of a data source's journals; both threads of a scrape ask."""
        store, dataset = self._store, self._dataset
        requests = Journal(store, requests_journal(store.root, data_source, dataset), Request)
        validations = Journal(store, validations_journal(store.root, data_source, dataset), Validation)
        return (
            self._requests.setdefault(data_source, RememberedJournal(requests)),
            self._validations.setdefault(data_source, RememberedJournal(validations)),
        )


def _data_sources(root: Path) -> list[str]:
    """Return the data sources of which something landed, or was ever judged."""
    return sorted({path.name for zone in ("landing", "lake") for path in (root / zone).glob("*") if path.is_dir()})
