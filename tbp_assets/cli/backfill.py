"""`tbp backfill`: a range of days through the asset graph, one Dagster run a chunk."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from time import perf_counter
from uuid import uuid4

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.facts import DayFacts
from tbp_assets.cli.backfill_jobs import Run, workers
from tbp_assets.cli.backfill_log import BackfillLog
from tbp_assets.cli.backfill_plan import BackfillPlan, chosen, days_of, plan_backfill, plan_from_lake
from tbp_assets.cli.backfill_report import BackfillReport, plan_json, show_plan, show_report
from tbp_assets.cli.backfill_runs import Outcome
from tbp_assets.cli.backfill_tags import tags_of
from tbp_assets.cli.instance import open_instance, storage_faults
from tbp_assets.cli.output import err, out, print_json
from tbp_assets.cli.session import Session
from tbp_assets.defs.abandoned import close_abandoned_runs
from tbp_assets.defs.jobs import DAY_BARS_JOB, LOAD_JOB, MEASURE_JOB
from tbp_assets.errors import UsageError
from tbp_assets.logs.dagster_events import BACKFILL_TAG
from tbp_assets.storage.bars_table import silent_tickers
from tbp_assets.storage.ledger import written_by

WORDS = {DAY_BARS_JOB: "trading dates", LOAD_JOB: "from the lake", MEASURE_JOB: "measured again"}


def run_backfill(
    session: Session, days: list[date], plan: BackfillPlan, tickers: list[str], jobs: int = 1
) -> BackfillReport:
    """Run a plan and report what the facts say afterwards.

    Args:
        session: Of the command.
        days: The range.
        plan: What to do for each of them.
        tickers: Only these of the universe; none for all.
        jobs: Processes that work on stretches of the range at the same time.
    """
    started, backfill_id = perf_counter(), f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    log = BackfillLog(session, days, backfill_id)
    log.begun(plan)
    tags = {BACKFILL_TAG: backfill_id, **tags_of(plan, tickers)}
    outcome = _run_all(session, plan, days, tags, jobs)
    report = replace(_reported(session, days, plan, outcome, backfill_id), seconds=perf_counter() - started)
    log.finished(report)
    return report


def _reported(
    session: Session, days: list[date], plan: BackfillPlan, outcome: Outcome, backfill_id: str
) -> BackfillReport:
    """Return what the facts say after the runs; how long it took is still to be told."""
    facts = session.facts(days[0], days[-1])
    with session.database.transaction(read_only=True) as connection:
        written = written_by(connection, session.dataset, session.data_source, outcome.run_ids)
    open_days = _open_days(session, facts, {**outcome.open, **plan.unavailable})
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
        seconds=0,
        backfill_id=backfill_id,
    )


def _open_days(session: Session, facts: dict[date, DayFacts], left: dict[date, DayState]) -> dict[date, DayState]:
    """Return the days that are not done: as the runs left them, else as their facts have it."""
    states = session.states(facts)
    return {day: left.get(day, state) for day, state in states.items() if state.open or day in left}


def _run_all(session: Session, plan: BackfillPlan, days: list[date], tags: dict[str, str], jobs: int) -> Outcome:
    outcome = Outcome()
    if not plan.request and not plan.reload and not plan.measure:
        return outcome
    with storage_faults(session), open_instance(session) as instance:
        close_abandoned_runs(instance)
        with workers(jobs, session, instance, tags) as run:
            for job, some in ((DAY_BARS_JOB, plan.request), (LOAD_JOB, plan.reload)):
                if not outcome.faults:
                    outcome.join(_shown(run, job, some))
            if not outcome.faults:
                # Also what was done before, and is judged by days that are other ones now.
                facts = session.facts(days[0], days[-1])
                left = {*plan.unavailable, *outcome.open}
                known = [found for day, found in facts.items() if day not in left]
                outcome.join(_shown(run, MEASURE_JOB, session.measuring.outdated(known)))
    return outcome


def _shown(run: Run, job: str, days: list[date]) -> Outcome:
    """Run a job and show how far it is, where a person watches."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=err, disable=not err.is_terminal or not days) as progress:
        task = progress.add_task(WORDS[job], total=len(days))
        return run(job, days, lambda: progress.advance(task))


def backfill(
    first: date,
    last: date,
    *,
    tickers: list[str],
    jobs: int = 1,
    dry_run: bool = False,
    force: bool = False,
    from_lake: bool = False,
    queue: bool = False,
    as_json: bool = False,
) -> int:
    """Run the command and return its exit code.

    Raises:
        UsageError: The range makes no sense, or what was asked for contradicts itself.
    """
    if queue and jobs > 1:
        raise UsageError("--jobs is how many processes this command starts; with --queue it starts none")
    session = Session.start()
    days = days_of(session, first, last)
    universe = chosen(session, tickers)
    session.require_lake() if from_lake else session.require_source()
    (err if as_json else out).print(session.route, markup=False)
    plan = (plan_from_lake if from_lake else plan_backfill)(session, days, universe, force=force)
    if dry_run:
        print_json(plan_json(plan)) if as_json else show_plan(plan)
        return 0
    if queue:
        # Speaks to the UI by GraphQL, which nothing else here needs.
        from tbp_assets.cli.backfill_queue import queue_backfill, show_queued  # noqa: PLC0415

        queued = queue_backfill(session, plan, tickers)
        print_json({**plan_json(plan), "runs": [asdict(each) for each in queued]}) if as_json else show_queued(queued)
        return 0
    report = run_backfill(session, days, plan, tickers, jobs)
    print_json(report.as_json()) if as_json else show_report(report)
    return report.exit_code
