"""The job `health`: the questions of `tbp doctor`, asked every day, whose run fails with what failed."""

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from tbp_assets.bars.schema import NEW_YORK
from tbp_assets.defs.shared import Plan
from tbp_assets.health.diagnosis import examine, failed
from tbp_assets.health.finding import Finding

HEALTH_JOB, HEALTH_SCHEDULE = "health", "health_daily"
# Before the schedule of the day bars asks: there is time to mend what would keep it from loading.
TICK_MINUTE, TICK_HOUR = 0, 8


def switches_of(schedules: Iterable[dg.ScheduleDefinition], sensors: Iterable[dg.SensorDefinition]) -> dict[str, bool]:
    """Return schedules and sensors by name, and whether each runs unless somebody stopped it."""
    on = {each.name: each.default_status == dg.DefaultScheduleStatus.RUNNING for each in schedules}
    return on | {each.name: each.default_status == dg.DefaultSensorStatus.RUNNING for each in sensors}


def build_health_job(plan: Plan, switches: Mapping[str, bool]) -> dg.JobDefinition:
    """Build the job.

    Args:
        plan: Settings.
        switches: The schedules and sensors there are, and whether each runs unless somebody stopped it.
    """

    @dg.op(description="Look at every subject of `tbp doctor` and record what was seen and what to do.")
    def health_checks(context: dg.OpExecutionContext) -> None:
        findings = examine(plan.settings, switches)
        log = {"ok": context.log.info, "warning": context.log.warning, "failed": context.log.error}
        for each in findings:
            log[each.status]("%s: %s", each.subject, " → ".join(filter(None, [each.seen, each.todo])))
        faults = failed(findings)
        if faults:
            raise dg.Failure(_sentence(faults), metadata=_metadata(findings), allow_retries=False)
        context.add_output_metadata(_metadata(findings))

    @dg.job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
        name=HEALTH_JOB,
        description=(
            "Is it healthy? Provider and access, database, tables, disk, memory, clocks, daemon, switches, open days: "
            "what `tbp doctor` asks. The run fails where a line does, and says which."
        ),
        executor_def=dg.in_process_executor,
    )
    def health() -> None:
        health_checks()

    return health


def build_health_schedule() -> dg.ScheduleDefinition:
    """Build the daily tick of the health job, in the morning before the files are asked for."""
    return dg.ScheduleDefinition(
        name=HEALTH_SCHEDULE,
        job_name=HEALTH_JOB,
        cron_schedule=f"{TICK_MINUTE} {TICK_HOUR} * * *",
        execution_timezone=NEW_YORK,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            f"Every day at {TICK_HOUR:02}:{TICK_MINUTE:02} New York: is everything there that loading days needs?"
        ),
    )


def _sentence(faults: Sequence[Finding]) -> str:
    lines = [f"{each.subject}: {each.seen}" + (f" → {each.todo}" if each.todo else "") for each in faults]
    return f"{len(faults)} of the health checks failed. " + "; ".join(lines)


def _metadata(findings: Sequence[Finding]) -> Mapping[str, dg.MetadataValue]:
    records = [
        dg.TableRecord({"subject": each.subject, "status": each.status, "seen": each.seen, "to do": each.todo})
        for each in findings
    ]
    counts = {
        status: dg.MetadataValue.int(sum(each.status == status for each in findings))
        for status in ("ok", "warning", "failed")
    }
    return {"findings": dg.MetadataValue.table(records), **counts}
