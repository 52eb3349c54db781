"""What is logged of Dagster's runs: the few of its events that a trader would ask for, in our words."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

import dagster as dg

from tbp_assets.logs import events
from tbp_assets.logs.events import Event, Fields
from tbp_assets.masking import masked

logger = logging.getLogger(__name__)
Kind = dg.DagsterEventType
RANGE_START_TAG, RANGE_END_TAG, PARTITION_TAG, BACKFILL_TAG = (
    "dagster/asset_partition_range_start", "dagster/asset_partition_range_end", "dagster/partition", "tbp/backfill",
)  # fmt: skip
LEFT_OUT: Final = "Dependencies for step "
RUNS: Final[Mapping[Kind, tuple[Event, str]]] = {
    Kind.RUN_START: (events.RUN_STARTED, "started"),
    Kind.RUN_SUCCESS: (events.RUN_FINISHED, "done"),
    Kind.RUN_FAILURE: (events.RUN_FAILED, "failed"),
    Kind.RUN_CANCELED: (events.RUN_CANCELED, "ended by somebody"),
}


def failure_words(event: dg.DagsterEvent) -> str:
    """Return why a step failed, without secrets: what its Failure says, else the innermost cause."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        words = data.user_failure_data.description
    else:
        words = _innermost(data.error) or event.message or ""
    return masked(f"{event.step_key}: {words}")


def tell(entry: dg.EventLogEntry, run_of: Callable[[str], dg.RunRecord | None]) -> None:
    """Log an event that Dagster has just stored, where it is one of those a trader would ask for.

    Args:
        entry: The event.
        run_of: Returns what is stored of a run; asked for the begin and the end of one.
    """
    event, known = entry.dagster_event, Fields(run_id=entry.run_id, job=entry.job_name, asset=entry.step_key)
    if event is None:
        # A step that is left out follows from one that failed, and that is told.
        if int(entry.level) >= logging.WARNING and not entry.user_message.startswith(LEFT_OUT):
            events.RUN_SAID.log(logger, entry.user_message, level=int(entry.level), **known)
    elif event.event_type in RUNS:
        _tell_of_run(event, entry, run_of(entry.run_id))
    elif event.is_step_failure:
        _tell_of_failure(event, known)
    elif event.event_type == Kind.STEP_UP_FOR_RETRY:
        events.STEP_RETRIED.log(logger, f"{event.step_key}: {_innermost(event.step_retry_data.error)}", **known)
    elif event.event_type == Kind.ASSET_CHECK_EVALUATION:
        _tell_of_check(event.asset_check_evaluation_data, known)


def _tell_of_run(event: dg.DagsterEvent, entry: dg.EventLogEntry, run: dg.RunRecord | None) -> None:
    told, word = RUNS[event.event_type]
    tags = dict(run.dagster_run.tags) if run else dict[str, str]()
    day = tags.get(PARTITION_TAG, "")
    first, last = tags.get(RANGE_START_TAG, day), tags.get(RANGE_END_TAG, day)
    began = run.start_time if run and told is not events.RUN_STARTED else None
    seconds = entry.timestamp - began if began else None
    fields = Fields(run_id=entry.run_id, job=entry.job_name, seconds=seconds)
    if first:
        fields |= Fields(first=first, last=last)
    if BACKFILL_TAG in tags:
        fields["backfill_id"] = tags[BACKFILL_TAG]
    days = f" of {first}" if first == last else f" of {first} to {last}"
    took = "" if seconds is None else f" after {seconds:.1f} s"
    told.log(logger, f"{entry.job_name}{days if first else ''} {word}{took}", **fields)


def _tell_of_failure(event: dg.DagsterEvent, known: Fields) -> None:
    data = event.step_failure_data
    trace = data.error.to_string() if data.error and not data.user_failure_data else None
    events.STEP_FAILED.log(logger, failure_words(event), **(known | Fields(exception=trace)))


def _tell_of_check(found: dg.AssetCheckEvaluation, known: Fields) -> None:
    if found.passed:
        return
    fields = known | Fields(asset=found.asset_key.to_user_string(), check=found.check_name)
    if found.partition:
        fields["partition"] = found.partition
    level = logging.ERROR if found.severity == dg.AssetCheckSeverity.ERROR else logging.WARNING
    about = f"{found.partition} " if found.partition else ""
    events.CHECK_FAILED.log(logger, f"{about}{found.check_name}: {found.description or ''}", level=level, **fields)


def _innermost(error: object) -> str:
    while error and (cause := getattr(error, "cause", None)):
        error = cause
    return str(getattr(error, "message", "")).strip()
