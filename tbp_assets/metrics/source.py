"""What metrics are read from: the configured database and store, and which subjects each of them answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.events import Request, Validation
from tbp_assets.bars.facts import LakeFact, LandingFact
from tbp_assets.datasets import DATA_SOURCES, Dataset
from tbp_assets.metrics.dagster import dagster_samples
from tbp_assets.metrics.days import day_samples
from tbp_assets.metrics.disk import database_size_samples, disk_samples, store_samples
from tbp_assets.metrics.failures import failure_samples
from tbp_assets.metrics.loads import gap_samples, load_samples, ticker_samples
from tbp_assets.metrics.look import Look
from tbp_assets.metrics.looking import LookedAt
from tbp_assets.metrics.quality import quality_samples
from tbp_assets.metrics.remembering import RememberedDays
from tbp_assets.metrics.samples import Sample
from tbp_assets.metrics.work import request_samples, validation_samples
from tbp_assets.settings import Settings
from tbp_assets.settings.urls import BucketPrefix
from tbp_assets.storage.database import Database
from tbp_assets.storage.journal import FollowedEvents
from tbp_assets.storage.lake import Lake, validations_journal
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.ledger import known_data_source
from tbp_assets.storage.opening import open_files
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
        self._files = open_files(settings.store, settings.s3.lake)
        self._zones: dict[str, tuple[RememberedDays[LandingFact], RememberedDays[LakeFact]]] = {}
        self._requests: dict[str, FollowedEvents[Request]] = {}
        self._validations: dict[str, FollowedEvents[Validation]] = {}

    def database_subjects(self) -> Subjects:
        """Return the subjects of the database.

        Raises:
            TbpError: It does not answer, or is not of this release.
        """
        look = self._look(self._database.open())
        return {name: partial(subject, look) for name, subject in IN_DATABASE.items()}

    def file_subjects(self) -> Subjects:
        """Return the subjects of files and disks."""
        store, places = self._settings.store, {"home": self._settings.home}
        if not isinstance(store, BucketPrefix):
            places["store"] = store
        for data_source in DATA_SOURCES:
            self._journals(data_source)
        requests, validations = dict(self._requests), dict(self._validations)
        return {
            "requests": lambda: request_samples(requests, self._dataset.name),
            "validations": lambda: validation_samples(validations),
            "store": lambda: store_samples(self._files),
            "disk": lambda: disk_samples(places),
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
        landing = LandingZone(self._files, self._dataset, data_source, limits)
        return RememberedDays(landing), RememberedDays(Lake(self._files, self._dataset, data_source))

    def _data_source(self, database: Database) -> str:
        """Return whose days are looked at: the configured source's, else those the database holds."""
        if self._settings.s3.url:
            return self._settings.s3.data_source
        with database.transaction(read_only=True) as connection:
            return known_data_source(connection) or self._settings.s3.data_source

    def _journals(self, data_source: str) -> tuple[FollowedEvents[Request], FollowedEvents[Validation]]:
        """Return what is remembered of a data source's journals; both threads of a scrape ask."""
        files, dataset = self._files, self._dataset
        requests = FollowedEvents(requests_journal(files, data_source, dataset))
        validations = FollowedEvents(validations_journal(files, data_source, dataset))
        return (
            self._requests.setdefault(data_source, requests),
            self._validations.setdefault(data_source, validations),
        )
