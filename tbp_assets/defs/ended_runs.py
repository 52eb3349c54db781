"""What Dagster's books say of runs that ended since a moment: those that failed, and the results of their checks.

Read from the runs themselves, not heard by a run status sensor: those pass over runs that were started in process, as
`tbp backfill` does, and run only in a daemon.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg

from tbp_assets.alerts.situation import CheckResult, FailedRun
from tbp_assets.defs.asking import days_of_run
from tbp_assets.logs.dagster_events import failure_words
from tbp_assets.resources.failures import days_left_open

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
TELLING = {
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.ENGINE_EVENT,
}


def ended_since(instance: dg.DagsterInstance, since: datetime) -> tuple[list[FailedRun], dict[str, CheckResult]]:
    """Return the runs that failed since a moment, oldest first, and the newest result of each check and day."""
    failed, results = list[FailedRun](), list[CheckResult]()
    for record in instance.get_run_records(dg.RunsFilter(statuses=ENDED, updated_after=since), ascending=True):
        events = _events(instance, record.dagster_run.run_id)
        if record.dagster_run.status == dg.DagsterRunStatus.FAILURE:
            failed.append(_failed(record, [event for _, event in events]))
        results += _results(record.dagster_run.run_id, events)
    newest = {found.key: found for found in sorted(results, key=lambda found: found.at)}
    return sorted(failed, key=lambda run: run.ended_at), newest


def _events(instance: dg.DagsterInstance, run_id: str) -> list[tuple[datetime, dg.DagsterEvent]]:
    entries = [record.event_log_entry for record in instance.get_records_for_run(run_id, of_type=TELLING).records]
    return [(datetime.fromtimestamp(entry.timestamp, UTC), entry.get_dagster_event()) for entry in entries]


def _failed(record: dg.RunRecord, events: list[dg.DagsterEvent]) -> FailedRun:
    steps = [event for event in events if event.is_step_failure]
    causes = [failure_words(event) for event in steps if not days_left_open(event)]
    if not steps:
        causes = _causes_outside(events)
    left_open = {day: state for event in steps for day, state in days_left_open(event).items()}
    run = record.dagster_run
    ended_at = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
    return FailedRun(run.run_id, run.job_name, ended_at, tuple(days_of_run(run.tags)), left_open, tuple(causes))


def _causes_outside(events: list[dg.DagsterEvent]) -> list[str]:
    """Return why a run failed of which no step did: it was never launched, or its process is gone."""
    engine = [event.engine_event_data for event in events if event.is_engine_event]
    met = [data.error.message.strip().splitlines()[0] for data in engine if data.error and data.error.message.strip()]
    ended = [event.message for event in events if event.is_run_failure and event.message]
    return met[:1] or ended or ["its events do not say why"]


def _results(run_id: str, events: list[tuple[datetime, dg.DagsterEvent]]) -> Iterator[CheckResult]:
    for at, event in events:
        found = event.event_specific_data
        if isinstance(found, dg.AssetCheckEvaluation):
            yield CheckResult(
                asset=found.asset_key.to_user_string(),
                check=found.check_name,
                day=date.fromisoformat(found.partition) if found.partition else None,
                passed=found.passed,
                severity="error" if found.severity == dg.AssetCheckSeverity.ERROR else "warn",
                description=found.description or "",
                run_id=run_id,
                at=at,
            )
