"""The schedules: the daily run asks for every open day of the look-back window; the freshness check ticks alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from tbp_assets.bars.requests import days_to_request
from tbp_assets.bars.schema import NEW_YORK
from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.defs.jobs import DAY_BARS_JOB, FRESHNESS_JOB
from tbp_assets.defs.shared import Plan
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.day_facts import gather

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
# A run that was killed stays "started" in Dagster's books for ever: its days must not be waited for that long.
LONGEST_RUN = timedelta(hours=6)
PARTITION_TAG, RANGE_START_TAG, RANGE_END_TAG = (
    "dagster/partition",
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)


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
            f"{plan.settings.pipeline.schedule.look_back_days} days that the provider lists."
        ),
    )
    def daily_bars(
        context: dg.ScheduleEvaluationContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = context.scheduled_execution_time.astimezone(UTC)
        try:
            running = days_in_progress(context.instance, now)
            wanted = open_days(plan, flat_files, store, database, running=running, now=now)
        except TbpError as error:
            raise dg.Failure(description=str(error)) from error
        if not wanted:
            yield dg.SkipReason("No open day that the provider lists.")
        for day in wanted:
            yield dg.RunRequest(run_key=f"{day} asked {now:%Y-%m-%dT%H:%M}Z", partition_key=day.isoformat())

    return daily_bars


def open_days(
    plan: Plan,
    flat_files: FlatFilesResource,
    store: StoreResource,
    database: DatabaseResource,
    *,
    running: set[date],
    now: datetime,
) -> list[date]:
    """Return the days of the look-back window to ask for now."""
    today = exchange_date(now)
    first = max(
        today - timedelta(days=plan.settings.pipeline.schedule.look_back_days),
        plan.settings.pipeline.partitions.start_date,
    )
    window = weekdays(first, today - timedelta(days=1))
    landing = store.landing(plan.dataset, flat_files.data_source)
    lake = store.lake(plan.dataset, flat_files.data_source)
    return days_to_request(
        gather(landing, lake, database.open(), window).values(),
        flat_files.open().days(plan.dataset, window),
        in_progress=running,
        expectation=plan.expectation(window),
        now=now,
    )


def days_in_progress(instance: dg.DagsterInstance, now: datetime) -> set[date]:
    """Return the days that an unfinished run is already about, whoever started it: schedule, `tbp backfill`, the UI."""
    days: set[date] = set()
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED, created_after=now - LONGEST_RUN)):
        tags = record.dagster_run.tags
        if PARTITION_TAG in tags:
            days.add(date.fromisoformat(tags[PARTITION_TAG]))
        if RANGE_START_TAG in tags:
            days.update(weekdays(date.fromisoformat(tags[RANGE_START_TAG]), date.fromisoformat(tags[RANGE_END_TAG])))
    return days


def build_freshness_schedule(plan: Plan) -> dg.ScheduleDefinition:
    """Build the daily tick of the freshness check, half an hour after files are due."""
    due = plan.settings.pipeline.schedule.expected_by
    tick = (datetime.combine(date.min, due) + timedelta(minutes=30)).time() if due < time(23, 30) else due
    return dg.ScheduleDefinition(
        name="freshness_daily",
        job_name=FRESHNESS_JOB,
        cron_schedule=f"{tick.minute} {tick.hour} * * *",
        execution_timezone=NEW_YORK,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Every day at {tick:%H:%M} New York: is the newest session that is due in the database?",
    )
