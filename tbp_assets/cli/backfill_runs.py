"""The Dagster runs of a backfill: a range of days in chunks, in process, until one meets a system fault."""

import logging
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import dagster as dg

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.sessions import weekdays
from tbp_assets.cli.backfill_plan import chunks
from tbp_assets.cli.backfill_report import FailedCheck
from tbp_assets.cli.session import Session
from tbp_assets.defs.asking import RANGE_END_TAG, RANGE_START_TAG
from tbp_assets.defs.jobs import DAY_BARS_JOB, LOAD_JOB, MEASURE_JOB
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW
from tbp_assets.interrupts import stop_if_interrupted
from tbp_assets.logs import days as day_lines
from tbp_assets.logs import events
from tbp_assets.logs.dagster_events import failure_words
from tbp_assets.logs.events import said
from tbp_assets.resources.failures import days_left_open, was_interrupted

# The asset with which a day of a job is done.
LAST_ASSET = {DAY_BARS_JOB: MARKET_DATA_RAW, LOAD_JOB: MARKET_DATA_RAW, MEASURE_JOB: DATA_QUALITY_METRICS}
SETTLED = {events.DAY_LOADED, events.DAY_MEASURED, events.DAY_CLOSED, events.DAY_LEFT_OPEN}

TICK_SECONDS = 0.2
T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """What the runs said: days of runs without a system fault, days they left open, faults, and checks that failed.

    Attributes:
        measured: Days whose quality alone was measured.
        warnings: Checks that did not pass and only warn.
    """

    run_ids: list[str] = field(default_factory=list[str])
    days: list[date] = field(default_factory=list[date])
    measured: list[date] = field(default_factory=list[date])
    open: dict[date, DayState] = field(default_factory=dict[date, DayState])
    faults: list[str] = field(default_factory=list[str])
    failed_checks: list[FailedCheck] = field(default_factory=list[FailedCheck])
    warnings: list[FailedCheck] = field(default_factory=list[FailedCheck])

    def join(self, other: "Outcome") -> None:
        """Take in what other runs said."""
        for mine, theirs in (
            (self.run_ids, other.run_ids), (self.days, other.days), (self.measured, other.measured),
            (self.faults, other.faults), (self.failed_checks, other.failed_checks), (self.warnings, other.warnings),
        ):  # fmt: skip
            mine += [each for each in theirs if each not in mine]
        self.open |= other.open

    def add(
        self,
        result: dg.ExecuteInProcessResult,
        days: list[date],
        evaluations: Iterable[dg.AssetCheckEvaluation],
        *,
        measured: bool = False,
    ) -> None:
        """Take in what a run said of its days.

        Args:
            result: The run.
            days: Those it was about.
            evaluations: Of its checks, as they are stored: a step that fails hands on none of those it recorded.
            measured: The run was about quality alone.
        """
        self.run_ids.append(result.run_id)
        failed = [event for event in result.all_events if event.is_step_failure]
        if any(map(was_interrupted, failed)):
            # Dagster keeps the Ctrl-C for itself; the command says what it means for the days.
            raise KeyboardInterrupt
        for event in failed:
            self.open |= days_left_open(event)
        self.faults = [failure_words(event) for event in failed if not days_left_open(event)]
        if not result.success and not failed:
            # The event that said why was lost together with Dagster's storage.
            self.faults = [f"run {result.run_id} failed and its events do not say why: see its page in the UI"]
        if not self.faults:
            (self.measured if measured else self.days).extend(days)
        for found in evaluations:
            if not found.passed and found.partition:
                check = FailedCheck(date.fromisoformat(found.partition), found.check_name, found.description or "")
                (self.failed_checks if found.severity == dg.AssetCheckSeverity.ERROR else self.warnings).append(check)


@dataclass(frozen=True, slots=True)
class Runs:
    """What a process needs for runs of its own."""

    session: Session
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    tags: dict[str, str]

    def run(self, job: str, days: list[date], settled: Callable[[], None]) -> Outcome:
        """Run a job for days and return what the runs said; what comes after a system fault is left.

        Args:
            job: Which.
            days: In order.
            settled: Called for each day that is done.
        """
        outcome, size = Outcome(), self.session.settings.pipeline.backfill.max_partitions_per_run
        with _listening(LAST_ASSET[job], settled):
            for first, last in chunks(days, size):
                if outcome.faults:
                    break
                tags = {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}
                result = in_thread(lambda tags=tags: self._run(job, tags))
                stop_if_interrupted()
                evaluations = evaluations_of(self.instance, result.run_id)
                outcome.add(result, weekdays(first, last), evaluations, measured=job == MEASURE_JOB)
        return outcome

    def _run(self, job: str, tags: dict[str, str]) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            raise_on_error=False,
            tags={**self.tags, **tags},
        )


def evaluations_of(instance: dg.DagsterInstance, run_id: str) -> list[dg.AssetCheckEvaluation]:
    """Return what the checks of a run found, in the order in which they were stored."""
    kinds = {dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    records = instance.get_records_for_run(run_id, of_type=kinds).records
    return [record.event_log_entry.get_dagster_event().asset_check_evaluation_data for record in records]


def in_thread(work: Callable[[], T]) -> T:
    """Do work in a thread, so that an interrupt is left to this command.

    Where Dagster runs in the main thread, it takes the signal for itself: it repeats the step that was interrupted, or
    forgets the interrupt at the end of a run.

    Raises:
        KeyboardInterrupt: Once the work has come to its end.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="run") as thread:
        future = thread.submit(work)
        # Not for ever at once: polars lets a signal go on with what it interrupts, which waiting for a lock then does.
        while not future.done():
            wait([future], TICK_SECONDS)
        return future.result()


@contextmanager
def _listening(asset: dg.AssetKey, settled: Callable[[], None]) -> Generator[None]:
    handler, source = _Listener(asset.to_user_string(), settled), day_lines.logger
    level = source.level
    source.addHandler(handler)
    source.setLevel(logging.INFO)
    try:
        yield
    finally:
        source.setLevel(level)
        source.removeHandler(handler)


class _Listener(logging.Handler):
    """Hears that a day of an asset is settled; one that is loaded and stays open all the same is told of twice."""

    def __init__(self, asset: str, settled: Callable[[], None]) -> None:
        super().__init__()
        self.asset, self.settled, self.heard = asset, settled, set[str]()

    def emit(self, record: logging.LogRecord) -> None:
        told = said(record)
        if told is None or told.event not in SETTLED or told.fields.get("asset") != self.asset:
            return
        if (day := told.fields.get("partition", "")) not in self.heard:
            self.heard.add(day)
            self.settled()
