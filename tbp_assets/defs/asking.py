"""Which days to ask the provider for now, the one answer that schedule and sensor share, and which to measure again."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import dagster as dg

from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.requests import days_to_request
from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.defs.shared import Plan
from tbp_assets.logs.dagster_events import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.measuring import Measuring

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
# A run that was killed stays "started" in Dagster's books for ever: its days must not be waited for that long.
LONGEST_RUN = timedelta(hours=6)


def days_to_ask(
    plan: Plan,
    flat_files: FlatFilesResource,
    store: StoreResource,
    database: DatabaseResource,
    *,
    running: set[date],
    now: datetime,
    fresh: bool = False,
) -> list[date]:
    """Return the days worth a run now, oldest first.

    Open days are asked for within the look-back window. Days that were asked for before, and whose file changed or that
    failed, within the correction window.

    Args:
        plan: Settings.
        flat_files: The provider.
        store: Landing zone and lake.
        database: The database.
        running: Days that a run is about already.
        now: The present.
        fresh: List the provider's files now, however recently they were listed.
    """
    landing = store.landing(plan.dataset, flat_files.data_source)
    lake = store.lake(plan.dataset, flat_files.data_source)
    looked_at = watched(plan, landing, lake, database.open(), now)
    return days_to_request(
        looked_at.values(),
        flat_files.open().days(plan.dataset, list(looked_at), fresh=fresh),
        in_progress=running,
        expectation=plan.expectation(list(looked_at)),
        now=now,
        patience=plan.settings.pipeline.retry.patience,
    )


def watched(plan: Plan, landing: LandingZone, lake: Lake, database: Database, now: datetime) -> dict[date, DayFacts]:
    """Return the facts of the days that are asked for where they are open, oldest first.

    Those of the look-back window; of the correction window those that were asked for before.
    """
    window = plan.settings.pipeline.window
    facts = gather(landing, lake, database, window.days(now))
    return {day: known for day, known in facts.items() if window.includes(day, asked=bool(known.landing), now=now)}


def days_to_measure(
    plan: Plan,
    flat_files: FlatFilesResource,
    store: StoreResource,
    database: DatabaseResource,
    *,
    running: set[date],
    now: datetime,
) -> list[date]:
    """Return the stored days whose quality rests on other files or earlier days than it was measured by, oldest first.

    A restated day is looked back on by those after it, so the window is the correction window.
    """
    window = timedelta(days=plan.settings.pipeline.schedule.correction_window_days)
    today = exchange_date(now)
    days = weekdays(max(today - window, plan.settings.pipeline.partitions.start_date), today - timedelta(days=1))
    landing = store.landing(plan.dataset, flat_files.data_source)
    lake = store.lake(plan.dataset, flat_files.data_source)
    measuring = Measuring(lake, plan.settings.pipeline.quality.flag_settings, plan.settings.universe)
    outdated = measuring.outdated(gather(landing, lake, database.open(), days).values())
    return [day for day in outdated if day not in running]


def days_in_progress(instance: dg.DagsterInstance, now: datetime) -> set[date]:
    """Return the days that an unfinished run is already about, whoever started it: schedule, `tbp backfill`, the UI."""
    days: set[date] = set()
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED, created_after=now - LONGEST_RUN)):
        days.update(days_of_run(record.dagster_run.tags))
    return days


def days_of_run(tags: Mapping[str, str]) -> list[date]:
    """Return the trading dates that a run with these tags is about; none of a job without partitions."""
    if RANGE_START_TAG in tags:
        return weekdays(date.fromisoformat(tags[RANGE_START_TAG]), date.fromisoformat(tags[RANGE_END_TAG]))
    return [date.fromisoformat(tags[PARTITION_TAG])] if PARTITION_TAG in tags else []
