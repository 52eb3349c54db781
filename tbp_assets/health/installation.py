"""What is looked at: the settings, and what they lead to, each opened once with short time-outs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.sessions import exchange_date, expected_sessions, weekdays
from tbp_assets.datasets import Dataset
from tbp_assets.embedded.postgres import data_directory
from tbp_assets.errors import TbpError
from tbp_assets.health.listed import listing_of
from tbp_assets.health.questions import NotLookedAtError, Once
from tbp_assets.providers.flat_files import FlatFiles
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import Settings
from tbp_assets.settings.pipeline import HealthConfig
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.ledger import known_data_source
from tbp_assets.storage.migrations import require_current

# The driver waits no less.
LEAST_SECONDS = 2


class Installation:
    """An installation as the questions see it.

    Attributes:
        settings: As configured.
        dataset: Whose days are looked at.
        automations: The schedules and sensors there are, and whether each runs unless somebody stopped it; None where
            they cannot be told.
        expectation: Which sessions are expected, from the first configured day until today.
        database: Returns the database once it has answered.
        files: Returns the source of day files; nothing is asked yet.
        offered: Returns the first and the last day of which the source lists a file; None where it cannot be told.
        facts: Returns what is known of every weekday of the configured history up to yesterday.
    """

    def __init__(self, settings: Settings, dataset: Dataset, automations: Mapping[str, bool] | None) -> None:
        """Open nothing yet."""
        self.settings = settings
        self.dataset = dataset
        self.automations = automations
        self.expectation = self._expectation()
        self.database = Once(self._answering_database)
        self.files: Once[FlatFiles] = Once(lambda: FlatFilesResource.from_settings(self._impatient()).open().files)
        self.facts = Once(self._facts)
        self.offered = Once(self._offered)
        self._data_source = Once(self._known_data_source)

    @property
    def limits(self) -> HealthConfig:
        """The section `health` of pipeline.yml."""
        return self.settings.pipeline.health

    @property
    def data_source(self) -> str:
        """Whose data is looked at: the configured source's, else those the database holds."""
        return self._data_source()

    @property
    def landing(self) -> LandingZone:
        """The landing zone."""
        return StoreResource.from_settings(self.settings).landing(self.dataset, self.data_source)

    @property
    def lake(self) -> Lake:
        """The lake."""
        return StoreResource.from_settings(self.settings).lake(self.dataset, self.data_source)

    def close(self) -> None:
        """Close the connections that are not in use."""
        for database in self.database.made:
            database.engine.dispose()

    def working_database(self) -> Database:
        """Return the database for questions that are not about it.

        Raises:
            NotLookedAtError: It cannot be reached, or has not this release's tables.
        """
        try:
            database = self.database()
            require_current(database)
        except TbpError as error:
            raise NotLookedAtError("the database cannot be asked") from error
        return database

    def _expectation(self) -> Expectation:
        pipeline = self.settings.pipeline
        sessions = expected_sessions(pipeline.partitions.start_date, exchange_date(datetime.now(UTC)))
        return Expectation(sessions - pipeline.schedule.closures, pipeline.schedule.expected_by)

    def _known_data_source(self) -> str:
        configured = FlatFilesResource.from_settings(self.settings).data_source
        if self.settings.s3.url:
            return configured
        try:
            database = self.working_database()
        except NotLookedAtError:
            return configured
        with database.transaction(read_only=True) as connection:
            return known_data_source(connection) or configured

    def _offered(self) -> tuple[date, date] | None:
        try:
            files = self.files()
            listing = listing_of(files, self.dataset.prefix) if isinstance(files, S3FlatFiles | LocalMirror) else None
        except TbpError:
            # Told by the line of the source.
            return None
        return listing.span if listing else None

    def _facts(self) -> dict[date, DayFacts]:
        days = weekdays(
            self.settings.pipeline.partitions.start_date, exchange_date(datetime.now(UTC)) - timedelta(days=1)
        )
        return gather(self.landing, self.lake, self.working_database(), days)

    def _answering_database(self) -> Database:
        if self.settings.database.embedded and data_directory(self.settings.home) is None:
            raise NeverStartedError(f"the embedded PostgreSQL of {self.settings.home} was never started")
        configured = DatabaseResource.from_settings(self.settings).connect()
        patience = max(LEAST_SECONDS, int(self.limits.timeout_seconds // 2))
        database = replace(
            configured,
            connect_timeout_seconds=min(configured.connect_timeout_seconds, patience),
            statement_timeout_seconds=patience,
        )
        with database.transaction(read_only=True) as connection:
            connection.execute(text("SELECT 1"))
        return database

    def _impatient(self) -> Settings:
        """Return the settings with time-outs of the provider's client that let an answer be in time."""
        s3, patience = self.settings.s3, self.limits.timeout_seconds / 2
        short = {
            "connect_timeout_seconds": min(s3.connect_timeout_seconds, patience),
            "read_timeout_seconds": min(s3.read_timeout_seconds, patience),
            "max_attempts": 1,
            "max_pool_connections": max(s3.max_pool_connections, 16),
        }
        return self.settings.model_copy(update={"s3": s3.model_copy(update=short)})


class NeverStartedError(TbpError):
    """There is no embedded database yet, and looking does not make one."""
