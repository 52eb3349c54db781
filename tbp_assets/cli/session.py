"""What a command works with: settings, source, stores, database, each opened when first used.

Dagster is not imported here: what needs its instance takes it from `instance`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from tbp_assets.bars.day_state import DayState, Expectation, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.sessions import weekdays
from tbp_assets.cli.ending import be_gracious
from tbp_assets.config_loader import load_settings
from tbp_assets.datasets import US_STOCKS_DAY_AGGS, Dataset
from tbp_assets.logs.starting import start_logging
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets.resources.opening import landing_zone, open_database, open_lake, open_source
from tbp_assets.resources.places import require_home
from tbp_assets.resources.route import route
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.settings import PROJECT_ROOT, Settings
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.ledger import known_data_source, loaded_span
from tbp_assets.storage.load import refuse_mixture
from tbp_assets.storage.measuring import Measuring

EVENT_BATCH_SIZE = "500"


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
    def source(self) -> MonthListings:
        """The source of day files; nothing is asked yet.

        Raises:
            ConfigError: No source is configured, or a key is missing.
        """
        return open_source(self.settings.s3)

    @cached_property
    def database(self) -> Database:
        """The database, started and migrated where it is the embedded one."""
        return open_database(self.settings.database, self.settings.home)

    @cached_property
    def data_source(self) -> str:
        """Whose days are looked at: the configured source's, else those the database holds."""
        if self.settings.s3.url:
            return self.settings.s3.data_source
        with self.database.transaction(read_only=True) as connection:
            return known_data_source(connection) or self.settings.s3.data_source

    @cached_property
    def landing(self) -> LandingZone:
        """The landing zone of the configured source."""
        return landing_zone(self.settings, self.dataset, self.data_source)

    @cached_property
    def lake(self) -> Lake:
        """The lake of the configured source."""
        return open_lake(self.settings, self.dataset, self.data_source)

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

    def expectation(self, days: list[date]) -> Expectation:
        """Return what is expected of the provider on the given days."""
        return self.settings.pipeline.schedule.expectation(days)

    def states(self, facts: dict[date, DayFacts]) -> dict[date, DayState]:
        """Return the state of each day now."""
        expectation, now = self.expectation(list(facts)), datetime.now(UTC)
        return {day: day_state(known, expectation, now) for day, known in facts.items()}

    def require_source(self) -> None:
        """Raise unless a source is configured, and one whose bars the database takes.

        Raises:
            ConfigError: No source, or a key is missing.
            DatabaseRefusedError: The database holds invented bars and the source is real, or the reverse.
        """
        _ = self.source
        self.require_lake()

    def require_lake(self) -> None:
        """Raise unless the database takes the bars of the lake; no source need be configured.

        Raises:
            DatabaseRefusedError: See `require_source`.
        """
        with self.database.transaction(read_only=True) as connection:
            refuse_mixture(connection, self.database, self.settings.s3.data_source)
