"""The arrival sensor: looks at the provider's listing and runs what appeared or changed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from tbp_assets.defs.asking import days_in_progress, days_to_ask
from tbp_assets.defs.jobs import DAY_BARS_JOB
from tbp_assets.defs.shared import Plan
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource


def build_arrival_sensor(plan: Plan) -> dg.SensorDefinition:
    """Build the sensor."""
    schedule = plan.settings.pipeline.schedule

    @dg.sensor(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
        name="day_file_arrivals",
        job_name=DAY_BARS_JOB,
        minimum_interval_seconds=schedule.watch_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Every {schedule.watch_seconds} seconds: one run for each day file that appeared in the last "
            f"{schedule.look_back_days} days, changed (ETag or size) in the last {schedule.correction_window_days}, or "
            "failed and whose pause is over."
        ),
    )
    def day_file_arrivals(
        context: dg.SensorEvaluationContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = datetime.now(UTC)
        if flat_files.absent:
            yield dg.SkipReason(f"Nothing is asked for: {flat_files.absent}.")
            return
        try:
            running = days_in_progress(context.instance, now)
            wanted = days_to_ask(plan, flat_files, store, database, running=running, now=now, fresh=True)
        except TbpError as error:
            raise dg.Failure(description=str(error)) from error
        if not wanted:
            yield dg.SkipReason("No file appeared or changed, and no failed day is due.")
        for day in wanted:
            yield dg.RunRequest(run_key=f"{day} seen {now:%Y-%m-%dT%H:%M:%S}Z", partition_key=day.isoformat())

    return day_file_arrivals
