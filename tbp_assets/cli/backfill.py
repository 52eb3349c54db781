"""`tbp backfill`: a range of days through the asset graph, in process, one Dagster run a chunk."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from time import perf_counter
from uuid import uuid4

import dagster as dg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.sessions import weekdays
from tbp_assets.cli.abandoned import PROCESS_TAG, close_abandoned_runs, this_process
from tbp_assets.cli.backfill_plan import BackfillPlan, chosen, chunks, days_of, plan_backfill
from tbp_assets.cli.backfill_report import BackfillReport, FailedCheck, plan_json, show_plan, show_report
from tbp_assets.cli.output import err, out, print_json
from tbp_assets.cli.session import Session
from tbp_assets.defs.asking import RANGE_END_TAG, RANGE_START_TAG
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.jobs import DAY_BARS_JOB, LOAD_JOB, MEASURE_JOB
from tbp_assets.defs.market_data_raw import TICKERS_TAG
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW
from tbp_assets.io_managers import timescale
from tbp_assets.resources.failures import days_left_open, was_interrupted
from tbp_assets.storage.bars_table import silent_tickers
from tbp_assets.storage.ledger import written_by

BACKFILL_TAG = "tbp/backfill"


def run_backfill(session: Session, days: list[date], plan: BackfillPlan, tickers: list[str]) -> BackfillReport:
    """Run a plan and report what the facts say afterwards."""
    started, backfill_id = perf_counter(), f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    tags = {BACKFILL_TAG: backfill_id, PROCESS_TAG: this_process()}
    tags |= {TICKERS_TAG: ",".join(tickers)} if tickers else {}
    outcome = _run_all(session, plan, days, tags)
    facts = session.facts(days[0], days[-1])
    with session.database.transaction(read_only=True) as connection:
        written = written_by(connection, session.dataset, session.data_source, outcome.run_ids)
    states = session.states(facts)
    left = {**outcome.open, **plan.unavailable}
    open_days = {day: left.get(day, state) for day, state in states.items() if state.open or day in left}
    settled = sorted(day for day in outcome.days if day not in open_days)
    # A day that was to be measured again is as it should be once the day it looks back on is mended.
    done = sorted({*plan.done, *plan.measure} - set(outcome.measured))
    loaded = [day for day in (*settled, *outcome.measured, *done) if facts[day].load]
    return BackfillReport(
        plan=replace(plan, done=done),
        facts=facts,
        settled=settled,
        measured=outcome.measured,
        written=written,
        open=open_days,
        faults=outcome.faults,
        without_bar=silent_tickers(session.database, session.dataset, session.data_source, plan.universe, loaded),
        failed_checks=[check for check in outcome.failed_checks if check.day not in open_days],
        warnings=[check for check in outcome.warnings if check.day not in open_days],
        seconds=perf_counter() - started,
        backfill_id=backfill_id,
    )


@dataclass(slots=True)
class _Outcome:
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

    def add(self, result: dg.ExecuteInProcessResult, days: list[date], *, measured: bool = False) -> None:
        self.run_ids.append(result.run_id)
        failed = [event for event in result.all_events if event.is_step_failure]
        if any(map(was_interrupted, failed)):
            # Dagster keeps the Ctrl-C for itself; the command says what it means for the days.
            raise KeyboardInterrupt
        for event in failed:
            self.open |= days_left_open(event)
        self.faults = [_words(event) for event in failed if not days_left_open(event)]
        if not result.success and not failed:
            # The event that said why was lost together with Dagster's storage.
            self.faults = [f"run {result.run_id} failed and its events do not say why: see its page in the UI"]
        if not self.faults:
            (self.measured if measured else self.days).extend(days)
        evaluations = [event.event_specific_data for event in result.all_events]
        for found in evaluations:
            if isinstance(found, dg.AssetCheckEvaluation) and not found.passed and found.partition:
                check = FailedCheck(date.fromisoformat(found.partition), found.check_name, found.description or "")
                (self.failed_checks if found.severity == dg.AssetCheckSeverity.ERROR else self.warnings).append(check)


def _run_all(session: Session, plan: BackfillPlan, days: list[date], tags: dict[str, str]) -> _Outcome:
    outcome = _Outcome()
    if not plan.request and not plan.reload and not plan.measure:
        return outcome
    definitions = build_definitions(session.settings)
    with session.storage_faults(), session.instance() as instance:
        close_abandoned_runs(instance)
        runs = _Runs(session, definitions, instance, tags, outcome)
        runs.run(DAY_BARS_JOB, plan.request)
        runs.run(LOAD_JOB, plan.reload)
        # Also what was done before, and is judged by days that are other ones now.
        facts = session.facts(days[0], days[-1])
        left = {*plan.unavailable, *outcome.open}
        runs.run(MEASURE_JOB, session.measuring.outdated([known for day, known in facts.items() if day not in left]))
    return outcome


@dataclass(frozen=True, slots=True)
class _Runs:
    """The runs of a backfill, one after the other, until one meets a system fault."""

    session: Session
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    tags: dict[str, str]
    outcome: _Outcome

    def run(self, job: str, days: list[date]) -> None:
        size = self.session.settings.pipeline.backfill.max_partitions_per_run
        words, settled = _PROGRESS[job]
        with _progress(words, len(days), settled):
            for first, last in chunks(days, size):
                if self.outcome.faults:
                    return
                tags = {**self.tags, **_range_tags(first, last)}
                result = _run(self.definitions, self.instance, self.session, job, tags)
                self.outcome.add(result, weekdays(first, last), measured=job == MEASURE_JOB)


_PROGRESS = {
    DAY_BARS_JOB: ("trading dates", MARKET_DATA_RAW),
    LOAD_JOB: ("from the lake", MARKET_DATA_RAW),
    MEASURE_JOB: ("measured again", DATA_QUALITY_METRICS),
}


def _range_tags(first: date, last: date) -> dict[str, str]:
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def _run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, session: Session, job: str, tags: dict[str, str]
) -> dg.ExecuteInProcessResult:
    level = session.settings.pipeline.log_level
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        raise_on_error=False,
        tags=tags,
        # Days that stay open are told by the report; Dagster's own stack traces are for those who ask for them.
        run_config={"loggers": {"console": {"config": {"log_level": "DEBUG" if level == "DEBUG" else "CRITICAL"}}}},
    )


def _words(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return f"{event.step_key}: {data.user_failure_data.description}"
    error = data.error
    while error and error.cause:
        error = error.cause
    return f"{event.step_key}: {(error.message if error else event.message or '').strip()}"


@contextmanager
def _progress(words: str, days: int, settled: dg.AssetKey) -> Generator[None]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=err, disable=not err.is_terminal or not days) as progress:
        task = progress.add_task(words, total=days)
        handler = _Listener(settled.to_user_string(), lambda: progress.advance(task))
        source = logging.getLogger(timescale.__name__)
        source.addHandler(handler)
        source.setLevel(logging.INFO)
        try:
            yield
        finally:
            source.removeHandler(handler)


class _Listener(logging.Handler):
    """Moves the bar when the IO manager says that a day of an asset is settled."""

    def __init__(self, asset: str, settled: Callable[[], None]) -> None:
        super().__init__()
        self.asset, self.settled = asset, settled

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, timescale.SETTLED, "") == self.asset:
            self.settled()


def backfill(
    first: date, last: date, *, tickers: list[str], dry_run: bool = False, force: bool = False, as_json: bool = False
) -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    days = days_of(session, first, last)
    universe = chosen(session, tickers)
    session.require_source()
    (err if as_json else out).print(session.route, markup=False)
    plan = plan_backfill(session, days, universe, force=force)
    if dry_run:
        print_json(plan_json(plan)) if as_json else show_plan(plan)
        return 0
    report = run_backfill(session, days, plan, tickers)
    print_json(report.as_json()) if as_json else show_report(report)
    return report.exit_code
