"""The schedules: the daily run asks for open days of the look-back window; standing checks and report tick alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from tbp_assets.bars.schema import NEW_YORK
from tbp_assets.defs.asking import days_in_progress, days_to_ask, days_to_measure
from tbp_assets.defs.jobs import DAY_BARS_JOB, FRESHNESS_JOB, MEASURE_JOB, REPORT_JOB
from tbp_assets.defs.shared import Plan
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.failed_downloads import FailedDownloads


def build_daily_schedule(plan: Plan) -> dg.ScheduleDefinition:
    """Build the daily run. Friday's file appears on Saturday, so it ticks Tuesday to Saturday."""
    ask_at = plan.settings.pipeline.schedule.ask_at

    @dg.schedule(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
        name="daily_bars",
        job_name=DAY_BARS_JOB,
        cron_schedule=f"{ask_at.minute} {ask_at.hour} * * 2-6",
        execution_timezone=NEW_YORK,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            f"Tuesday to Saturday at {ask_at:%H:%M} New York: one run for each open or restated day of the last "
            f"{plan.settings.pipeline.schedule.look_back_days} days that the provider lists. Needed where the arrival "
            "sensor is off."
        ),
    )
    def daily_bars(
        context: dg.ScheduleEvaluationContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = context.scheduled_execution_time.astimezone(UTC)
        if flat_files.absent:
            yield dg.SkipReason(f"Nothing is asked for: {flat_files.absent}.")
            return
        try:
            running = days_in_progress(context.instance, now)
            wanted = days_to_ask(plan, flat_files, store, database, running=running, now=now)
            kept = timedelta(days=plan.settings.pipeline.retry.keep_resolved_days)
            FailedDownloads(database.open(), plan.dataset, flat_files.data_source).clean_up_resolved(kept)
        except TbpError as error:
            raise dg.Failure(description=str(error)) from error
        if not wanted:
            yield dg.SkipReason("No open day that the provider lists.")
        for day in wanted:
            yield dg.RunRequest(run_key=f"{day} asked {now:%Y-%m-%dT%H:%M}Z", partition_key=day.isoformat())

    return daily_bars


def build_freshness_schedule(plan: Plan) -> dg.ScheduleDefinition:
    """Build the daily tick of the standing checks, half an hour after files are due."""
    words = "is the newest session that is due in the database, every failed day repaired, every ticker covered?"
    return _daily("freshness_daily", FRESHNESS_JOB, _after_due(plan, minutes=30), words)


def build_report_schedule(plan: Plan) -> dg.ScheduleDefinition:
    """Build the daily tick of the quality report, after the standing checks."""
    return _daily("quality_report_daily", REPORT_JOB, _after_due(plan, minutes=40), "the quality report of all days.")


def _daily(name: str, job: str, tick: time, words: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=f"{tick.minute} {tick.hour} * * *",
        execution_timezone=NEW_YORK,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Every day at {tick:%H:%M} New York: {words}",
    )


def build_measuring_schedule(plan: Plan) -> dg.ScheduleDefinition:
    """Build the daily tick that measures days again which look back on a restated or belated one."""
    tick = _after_due(plan, minutes=20)

    @dg.schedule(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
        name="measure_again",
        job_name=MEASURE_JOB,
        cron_schedule=f"{tick.minute} {tick.hour} * * *",
        execution_timezone=NEW_YORK,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            f"Every day at {tick:%H:%M} New York: one run for each stored day of the correction window whose quality "
            "was measured from other files, earlier days or settings than today's."
        ),
    )
    def measure_again(
        context: dg.ScheduleEvaluationContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = context.scheduled_execution_time.astimezone(UTC)
        try:
            running = days_in_progress(context.instance, now)
            outdated = days_to_measure(plan, flat_files, store, database, running=running, now=now)
        except TbpError as error:
            raise dg.Failure(description=str(error)) from error
        if not outdated:
            yield dg.SkipReason("The quality of every stored day is up to date.")
        for day in outdated:
            yield dg.RunRequest(run_key=f"{day} measured {now:%Y-%m-%dT%H:%M}Z", partition_key=day.isoformat())

    return measure_again


def _after_due(plan: Plan, *, minutes: int) -> time:
    """Return the time of day some minutes after files are due, or when they are due where that is past midnight."""
    due = plan.settings.pipeline.schedule.expected_by
    later = datetime.combine(date.min, due) + timedelta(minutes=minutes)
    return later.time() if later.date() == date.min else due
