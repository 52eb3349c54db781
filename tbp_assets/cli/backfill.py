"""`tbp backfill`: a range of days through the asset graph, in process, one Dagster run a chunk."""

import logging
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any
from uuid import uuid4

import dagster as dg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tbp_assets.bars.day_state import DayState, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.cli.backfill_plan import BackfillPlan, chosen, chunks, days_of, plan_backfill
from tbp_assets.cli.output import err, out, print_json, span, table
from tbp_assets.cli.session import Session
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.jobs import DAY_BARS_JOB, LOAD_JOB
from tbp_assets.defs.market_data_raw import TICKERS_TAG
from tbp_assets.defs.schedules import RANGE_END_TAG, RANGE_START_TAG
from tbp_assets.io_managers import timescale
from tbp_assets.resources.failures import is_about_open_days

BACKFILL_TAG = "tbp/backfill"


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What a backfill did.

    Attributes:
        facts: Facts of every day of the range, afterwards.
        settled: Days that were run and are loaded or holidays now.
        open: Days of the range that are not, with their states.
        faults: System faults, in the words of the step that met them.
    """

    plan: BackfillPlan
    facts: dict[date, DayFacts]
    settled: list[date]
    open: dict[date, DayState]
    faults: list[str]
    seconds: float
    backfill_id: str = field(default="")

    @property
    def exit_code(self) -> int:
        """0 where nothing is left open and no fault was met."""
        return 1 if self.open or self.faults else 0

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        books = self.books()
        return {
            "backfill": self.backfill_id,
            "days": len(self.closed),
            "rows": books["rows"],
            "done_before": self.plan.done,
            "downloads": len(self.plan.downloads),
            **books,
            "open": {day.isoformat(): {"state": s.state, "detail": s.detail} for day, s in self.open.items()},
            "faults": self.faults,
            "seconds": round(self.seconds, 3),
            "per_day": [_day_json(self.facts[day]) for day in self.closed],
        }

    @property
    def closed(self) -> list[date]:
        """Days of the range that are loaded or holidays, run now or before."""
        return [day for day in self.facts if day not in self.open]

    def books(self) -> dict[str, Any]:
        """Add up the books of the closed days; what was written, of those run now."""
        lakes = [lake for day in self.closed if (lake := self.facts[day].lake)]
        loads = [load for day in self.closed if (load := self.facts[day].load)]
        written = [load for load in loads if load.trading_date in self.settled]
        rejected = sum((Counter(lake.rejected) for lake in lakes), Counter[str]())
        return {
            "files": len(lakes),
            "lines": sum(lake.lines for lake in lakes),
            "accepted": sum(lake.accepted for lake in lakes),
            "quarantined": dict(rejected.most_common()),
            "rows": sum(load.selected for load in loads),
            "inserted": sum(load.inserted for load in written),
            "updated": sum(load.updated for load in written),
            "deleted": sum(load.deleted for load in written),
            "unchanged": sum(load.unchanged for load in written),
        }

    @property
    def lines_run(self) -> int:
        """Lines of the files of the days run now."""
        return sum(lake.lines for day in self.settled if (lake := self.facts[day].lake))


def _day_json(facts: DayFacts) -> dict[str, Any]:
    lake, load = facts.lake, facts.load
    return {
        "trading_date": facts.trading_date,
        "lines": lake.lines if lake else 0,
        "accepted": lake.accepted if lake else 0,
        "quarantined": lake.quarantined if lake else 0,
        "rows": load.selected if load else 0,
        "outside": dict(load.outside) if load else {},
        "inserted": load.inserted if load else 0,
        "unchanged": load.unchanged if load else 0,
    }


def show_plan(plan: BackfillPlan) -> None:
    """Print what a backfill would do."""
    size = "size unknown" if plan.bytes is None else f"{plan.bytes:,} bytes"
    rows = [
        ("from the provider", len(plan.request), span(plan.request)),
        ("from the lake", len(plan.reload), span(plan.reload)),
        ("already done", len(plan.done), span(plan.done)),
        *((f"not to be had: {state.state}", 1, f"{day} {state.detail}") for day, state in plan.unavailable.items()),
    ]
    out.print(table(["", "days", "trading dates"], [row for row in rows if row[1]]))
    landed = f"; {len(plan.landed)} landed before" if plan.landed else ""
    out.print(f"files to download: {len(plan.downloads)}, {size}{landed}")


def plan_json(plan: BackfillPlan) -> dict[str, Any]:
    """Return a plan for a program."""
    return {
        "days": len(plan.request) + len(plan.reload),
        "request": plan.request,
        "reload": plan.reload,
        "done": plan.done,
        "unavailable": {day.isoformat(): state.state for day, state in plan.unavailable.items()},
        "files": len(plan.downloads),
        "landed": plan.landed,
        "bytes": plan.bytes,
    }


def run_backfill(session: Session, days: list[date], plan: BackfillPlan, tickers: list[str]) -> BackfillReport:
    """Run a plan and report what the facts say afterwards."""
    started, backfill_id = perf_counter(), f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    tags = {BACKFILL_TAG: backfill_id} | ({TICKERS_TAG: ",".join(tickers)} if tickers else {})
    size = session.settings.pipeline.backfill.max_partitions_per_run
    work = [(DAY_BARS_JOB, *chunk) for chunk in chunks(plan.request, size)]
    work += [(LOAD_JOB, *chunk) for chunk in chunks(plan.reload, size)]
    faults: list[str] = []
    if work:
        definitions = build_definitions(session.settings)
        with session.instance() as instance, _progress(len(plan.request) + len(plan.reload)):
            for job, first, last in work:
                faults = _run(definitions, instance, session, job, {**tags, **_range_tags(first, last)})
                if faults:
                    break
    facts = session.facts(days[0], days[-1])
    expectation, now = session.plan.expectation(days), datetime.now(UTC)
    states = {day: day_state(facts[day], expectation, now) for day in days}
    run = sorted(plan.request + plan.reload)
    return BackfillReport(
        plan=plan,
        facts=facts,
        settled=[day for day in run if not states[day].open],
        open={day: plan.unavailable.get(day, state) for day, state in states.items() if state.open},
        faults=faults,
        seconds=perf_counter() - started,
        backfill_id=backfill_id,
    )


def _range_tags(first: date, last: date) -> dict[str, str]:
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def _run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, session: Session, job: str, tags: dict[str, str]
) -> list[str]:
    level = session.settings.pipeline.log_level
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        raise_on_error=False,
        tags=tags,
        # Days that stay open are told by the report; Dagster's own stack traces are for those who ask for them.
        run_config={"loggers": {"console": {"config": {"log_level": "DEBUG" if level == "DEBUG" else "CRITICAL"}}}},
    )
    failed = [event for event in result.all_events if event.is_step_failure]
    return [_words(event) for event in failed if not is_about_open_days(event)]


def _words(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return f"{event.step_key}: {data.user_failure_data.description}"
    error = data.error
    while error and error.cause:
        error = error.cause
    return f"{event.step_key}: {(error.message if error else event.message or '').strip()}"


@contextmanager
def _progress(days: int) -> Generator[None]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task("trading dates", total=days)
        handler = _Listener(lambda: progress.advance(task))
        source = logging.getLogger(timescale.__name__)
        source.addHandler(handler)
        source.setLevel(logging.INFO)
        try:
            yield
        finally:
            source.removeHandler(handler)


class _Listener(logging.Handler):
    """Moves the bar when the IO manager says that a day is settled."""

    def __init__(self, settled: Callable[[], None]) -> None:
        super().__init__()
        self.settled = settled

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002  # logging's signature
        self.settled()


def show_report(report: BackfillReport) -> None:
    """Print what a backfill did."""
    books = report.books()
    quarantined = books["quarantined"]
    shown = {
        "days": len(report.closed),
        "  run now": len(report.settled),
        "  done before": len(report.plan.done),
        "files": books["files"],
        "lines": books["lines"],
        "accepted": books["accepted"],
        "quarantined": sum(quarantined.values()),
        **{f"  {reason}": rows for reason, rows in quarantined.items()},
        "rows in the database": books["rows"],
        **{f"  {name}": books[name] for name in ("inserted", "updated", "deleted", "unchanged")},
    }
    out.print(table(["", ""], shown.items()))
    rate = report.lines_run / report.seconds if report.seconds else 0
    out.print(f"{report.seconds:.1f} seconds, {rate:,.0f} rows/s")
    for day, state in report.open.items():
        err.print(f"[yellow]open[/] {day}: {state}")
    for fault in report.faults:
        err.print(f"[red]fault[/] {fault}")


def backfill(
    first: date, last: date, *, tickers: list[str], dry_run: bool = False, force: bool = False, as_json: bool = False
) -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    days = days_of(session, first, last)
    universe = chosen(session, tickers)
    (err if as_json else out).print(session.route)
    plan = plan_backfill(session, days, universe, force=force)
    if dry_run:
        print_json(plan_json(plan)) if as_json else show_plan(plan)
        return 0
    report = run_backfill(session, days, plan, tickers)
    print_json(report.as_json()) if as_json else show_report(report)
    return report.exit_code
