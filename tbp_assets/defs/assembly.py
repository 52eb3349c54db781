"""Puts assets, checks, jobs, schedules and resources together from one set of settings."""

import warnings

import dagster as dg

from tbp_assets.defs.alert_sensor import build_alert_sensor
from tbp_assets.defs.checks import (
    build_data_quality_metrics_checks,
    build_market_data_raw_checks,
    build_raw_day_file_checks,
    build_validated_bars_checks,
    checks_of_loaded_days,
    checks_of_measured_days,
)
from tbp_assets.defs.data_quality_metrics import build_data_quality_metrics
from tbp_assets.defs.executors import build_executor
from tbp_assets.defs.health import build_health_job, build_health_schedule, switches_of
from tbp_assets.defs.jobs import build_jobs
from tbp_assets.defs.market_data_raw import build_market_data_raw
from tbp_assets.defs.quality_report import build_quality_report
from tbp_assets.defs.raw_day_file import build_raw_day_file
from tbp_assets.defs.schedules import (
    build_daily_schedule,
    build_freshness_schedule,
    build_measuring_schedule,
    build_report_schedule,
)
from tbp_assets.defs.sensors import build_arrival_sensor
from tbp_assets.defs.shared import Plan
from tbp_assets.defs.standing_checks import build_standing_checks
from tbp_assets.defs.validated_bars import build_validated_bars
from tbp_assets.io_managers.lake import LakeIOManager
from tbp_assets.io_managers.timescale import TimescaleIOManager
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.stand_ins import refuse_stand_ins
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import Settings


def build_definitions(settings: Settings, executor: dg.ExecutorDefinition | None = None) -> dg.Definitions:
    """Build everything Dagster shows and runs from one set of settings.

    Args:
        settings: Of the four files.
        executor: Instead of the one that the settings choose.

    Raises:
        ConfigError: Invented data or the embedded database where they do not belong; an executor that cannot be used.
    """
    refuse_stand_ins(settings)
    with warnings.catch_warnings():
        # Backfill policies and check partitions are beta and preview in the pinned minor of Dagster.
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return _assembled(settings, executor or build_executor(settings))


def _assembled(settings: Settings, executor: dg.ExecutorDefinition) -> dg.Definitions:
    plan = Plan.of(settings)
    flat_files = FlatFilesResource.from_settings(settings)
    store = StoreResource.from_settings(settings)
    database = DatabaseResource.from_settings(settings)
    schedules = _schedules(plan)
    sensors = [build_arrival_sensor(plan), build_alert_sensor(plan)]
    return dg.Definitions(
        assets=[
            build_raw_day_file(plan),
            build_validated_bars(plan),
            build_market_data_raw(plan, checks_of_loaded_days(plan)),
            build_data_quality_metrics(plan, checks_of_measured_days(plan)),
            build_quality_report(plan),
        ],
        asset_checks=[
            build_raw_day_file_checks(plan),
            build_validated_bars_checks(plan),
            build_market_data_raw_checks(plan),
            build_data_quality_metrics_checks(plan),
            build_standing_checks(plan),
        ],
        jobs=[*build_jobs(), build_health_job(plan, switches_of(schedules, sensors))],
        schedules=schedules,
        sensors=sensors,
        resources={
            "flat_files": flat_files,
            "store": store,
            "database": database,
            "lake_io_manager": LakeIOManager(store=store, flat_files=flat_files),
            "timescale_io_manager": TimescaleIOManager(database=database),
        },
        executor=executor,
    )


def _schedules(plan: Plan) -> list[dg.ScheduleDefinition]:
    return [
        build_daily_schedule(plan),
        build_freshness_schedule(plan),
        build_measuring_schedule(plan),
        build_report_schedule(plan),
        build_health_schedule(),
    ]
