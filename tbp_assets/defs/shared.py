"""What all our assets have in common, made once from settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from tbp_assets.bars.day_state import DayState, Expectation, day_state
from tbp_assets.bars.facts import DayFacts, LakeFact
from tbp_assets.datasets import US_STOCKS_DAY_AGGS, Dataset
from tbp_assets.defs.partitions import trading_days
from tbp_assets.logs.days import DayLog
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import Settings
from tbp_assets.storage.landing import LandingZone

GROUP = "us_stocks_day_bars"
OWNERS = ["team:market-data"]
RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW, DATA_QUALITY_METRICS, QUALITY_REPORT = map(
    dg.AssetKey, ("raw_day_file", "validated_bars", "market_data_raw", "data_quality_metrics", "quality_report")
)

# On runs that a person started with --force: a landed file is not trusted to be the listed one by its name alone.
FORCE_TAG = "tbp/force"

# Records the checks of days that are done in a run that fails for others; takes context, stores, data source and days.
CheckDays = Callable[[dg.AssetExecutionContext, StoreResource, DatabaseResource, str, Sequence[date]], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings as the definitions need them."""

    settings: Settings
    partitions: dg.DailyPartitionsDefinition
    dataset: Dataset

    @classmethod
    def of(cls, settings: Settings) -> "Plan":
        """Make the plan of the stock day bars."""
        return cls(settings, trading_days(settings.pipeline.partitions.start_date), US_STOCKS_DAY_AGGS)

    @property
    def backfill_policy(self) -> dg.BackfillPolicy:
        """A backfill is cut into runs of this many days."""
        return dg.BackfillPolicy.multi_run(self.settings.pipeline.backfill.max_partitions_per_run)

    @property
    def retry_policy(self) -> dg.RetryPolicy:
        """Repeat a step after a transient fault, waiting longer each time."""
        retry = self.settings.pipeline.retry
        return dg.RetryPolicy(
            max_retries=retry.max_retries,
            delay=retry.delay_seconds,
            backoff=dg.Backoff.EXPONENTIAL,
            jitter=dg.Jitter.PLUS_MINUS,
        )

    def expectation(self, days: list[date]) -> Expectation:
        """Return what is expected of the provider on the given days."""
        return self.settings.pipeline.schedule.expectation(days)


def day_log(context: dg.AssetExecutionContext, asset: dg.AssetKey, plan: Plan, flat_files: FlatFilesResource) -> DayLog:
    """Return what is told of the days of a step."""
    name, run = asset.to_user_string(), context.run
    return DayLog(run.run_id, run.job_name, name, plan.dataset.name, flat_files.data_source)


def state_of(day: date, lake: LakeFact | None, landing: LandingZone, expectation: Expectation) -> DayState:
    """Return the state of a day that the lake has no bars of."""
    return day_state(DayFacts(day, landing.fact(day), lake), expectation, datetime.now(UTC))
