"""What a command works with: settings, source, stores, database, and Dagster's instance in the same PostgreSQL."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import dagster as dg
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import Pool

from tbp_assets.bars.day_state import DayState, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.sessions import weekdays
from tbp_assets.cli.ending import be_gracious
from tbp_assets.config_loader import load_settings
from tbp_assets.datasets import US_STOCKS_DAY_AGGS, Dataset
from tbp_assets.defs.shared import Plan
from tbp_assets.errors import DatabaseUnavailableError
from tbp_assets.logs.starting import start_logging
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.places import require_home
from tbp_assets.resources.route import route
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import PROJECT_ROOT, Settings
from tbp_assets.storage.alive import require_alive
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.ledger import known_data_source, loaded_span
from tbp_assets.storage.load import refuse_mixture
from tbp_assets.storage.measuring import Measuring

EVENT_BATCH_SIZE = "500"
DAGSTER_TIMEOUT_MS, DAGSTER_RECYCLE_SECONDS, DAGSTER_CONNECTIONS = 60_000, 300, 4


@dataclass(frozen=True)
class Session:
    """The parts of one command, opened when first used."""

    settings: Settings
    dataset: Dataset = US_STOCKS_DAY_AGGS

    @classmethod
    def start(cls) -> "Session":
        """Read the configuration, begin to log, and refuse stand-ins where they do not belong."""
        settings = load_settings()
        be_gracious()
        start_logging(settings)
        refuse_stand_ins(settings)
        return cls(settings)

    @cached_property
    def plan(self) -> Plan:
        """Settings as the definitions need them."""
        return Plan.of(self.settings)

    @cached_property
    def flat_files(self) -> FlatFilesResource:
        """The source; nothing is asked yet."""
        return FlatFilesResource.from_settings(self.settings)

    @cached_property
    def database(self) -> Database:
        """The database, started and migrated where it is the embedded one."""
        return DatabaseResource.from_settings(self.settings).open()

    @cached_property
    def data_source(self) -> str:
        """Whose days are looked at: the configured source's, else those the database holds."""
        if self.settings.s3.url:
            return self.flat_files.data_source
        with self.database.transaction(read_only=True) as connection:
            return known_data_source(connection) or self.flat_files.data_source

    @cached_property
    def landing(self) -> LandingZone:
        """The landing zone of the configured source."""
        return StoreResource.from_settings(self.settings).landing(self.dataset, self.data_source)

    @cached_property
    def lake(self) -> Lake:
        """The lake of the configured source."""
        return StoreResource.from_settings(self.settings).lake(self.dataset, self.data_source)

    @property
    def measuring(self) -> Measuring:
        """How the quality of stored days is measured."""
        return Measuring(self.lake, self.settings.pipeline.quality.flag_settings, self.settings.universe)

    @property
    def route(self) -> str:
        """Source and target in one line, without secrets."""
        kind = "embedded " if self.database.embedded else ""
        target, none = f"{kind}{self.database.address}", f"no source configured ({self.data_source} days)"
        return route(self.settings, target, otherwise=none)

    def facts(self, first: date, last: date) -> dict[date, DayFacts]:
        """Return what is known of every weekday of a range."""
        return gather(self.landing, self.lake, self.database, weekdays(first, last))

    def known_days(self) -> list[date]:
        """Return the first and last trading date that were ever loaded, or nothing."""
        with self.database.transaction(read_only=True) as connection:
            return loaded_span(connection, self.dataset, self.data_source)

    def dagster_environment(self) -> dict[str, str]:
        """Return the variables that dagster.yaml reads, after creating Dagster's schema."""
        schema = self.settings.database.dagster_schema
        self.database.ensure_schema(schema)
        require_home(self.settings.home)
        directory = self.settings.home / "dagster"
        directory.mkdir(parents=True, exist_ok=True)
        return {
            "DAGSTER_HOME": str(PROJECT_ROOT),
            "DAGSTER_EVENT_BATCH_SIZE": EVENT_BATCH_SIZE,
            "TBP_DAGSTER_URL": self.database.address.url(schema).render_as_string(hide_password=False),
            "TBP_DAGSTER_DIR": str(directory),
        }

    def states(self, facts: dict[date, DayFacts]) -> dict[date, DayState]:
        """Return the state of each day now."""
        expectation, now = self.plan.expectation(list(facts)), datetime.now(UTC)
        return {day: day_state(known, expectation, now) for day, known in facts.items()}

    def require_source(self) -> None:
        """Raise unless a source is configured, and one whose bars the database takes.

        Raises:
            ConfigError: No source, or a key is missing.
            DatabaseRefusedError: The database holds invented bars and the source is real, or the reverse.
        """
        self.flat_files.open()
        self.require_lake()

    def require_lake(self) -> None:
        """Raise unless the database takes the bars of the lake; no source need be configured.

        Raises:
            DatabaseRefusedError: See `require_source`.
        """
        with self.database.transaction(read_only=True) as connection:
            refuse_mixture(connection, self.database, self.flat_files.data_source)

    @contextmanager
    def storage_faults(self) -> Generator[None]:
        """Turn faults of Dagster's own storage into the project's, naming where it is."""
        place = f"{self.database.address}, Dagster's schema {self.settings.database.dagster_schema}"
        try:
            yield
        except (SQLAlchemyError, DagsterPostgresException) as error:
            said = error.orig if isinstance(error, DBAPIError) else error
            words = " ".join(str(said).split())[:300]
            raise DatabaseUnavailableError(f"{place}: {words}. Days that were committed stay; run it again") from error

    def instance(self) -> dg.DagsterInstance:
        """Return Dagster's instance, in a schema of its own next to the bars."""
        os.environ.update(self.dagster_environment())
        instance = dg.DagsterInstance.get()
        # Otherwise each event of a run opens a connection of its own.
        instance.optimize_for_webserver(
            statement_timeout=DAGSTER_TIMEOUT_MS, pool_recycle=DAGSTER_RECYCLE_SECONDS, max_overflow=DAGSTER_CONNECTIONS
        )
        if not event.contains(Pool, "checkout", require_alive):
            event.listen(Pool, "checkout", require_alive)
        return instance
