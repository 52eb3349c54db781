"""What all our assets have in common, made once from settings."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.metrics import VERSION as METRICS_VERSION
from tbp_assets.bars.rules import rules_version
from tbp_assets.datasets import US_STOCKS_DAY_AGGS, Dataset
from tbp_assets.defs.partitions import trading_days
from tbp_assets.io_managers.cells import Cells
from tbp_assets.logs.days import DayLog
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import Settings

GROUP = "us_stocks_day_bars"
OWNERS = ["team:market-data"]
RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW, DATA_QUALITY_METRICS, QUALITY_REPORT = map(
    dg.AssetKey, ("raw_day_file", "validated_bars", "market_data_raw", "data_quality_metrics", "quality_report")
)

FORMAT = "1"  # raised where an asset is made otherwise by what no other version tells of
# On runs that a person started with --force: a landed file is not trusted to be the listed one by its name alone.
FORCE_TAG = "tbp/force"

# Records the checks of days that are done in a step that fails; takes context, stores, data source and days.
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


def code_versions(plan: Plan) -> dict[dg.AssetKey, str]:
    """Return the version of what makes each asset: of its rules, and of the settings that it is made by."""
    universe, quality = plan.settings.universe.hash, plan.settings.pipeline.quality.flag_settings.identity
    made_by = {
        RAW_DAY_FILE: (),
        VALIDATED_BARS: (rules_version(),),
        MARKET_DATA_RAW: (universe,),
        DATA_QUALITY_METRICS: (METRICS_VERSION, quality, universe),
        QUALITY_REPORT: (),
    }
    return {
        asset: hashlib.sha256("\n".join((FORMAT, *parts)).encode()).hexdigest()[:12] for asset, parts in made_by.items()
    }


def cells_of(context: dg.AssetExecutionContext, asset: dg.AssetKey, plan: Plan) -> Cells:
    """Return what tells Dagster of the days of a step."""
    return Cells(asset, code_versions(plan)[asset], context.instance)
