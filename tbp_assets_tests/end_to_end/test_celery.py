"""Runs whose steps work on two Celery workers, with a real broker, bring what one process brings."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import dagster as dg
import pytest

from tbp_assets.bars.sessions import weekdays
from tbp_assets.cli.backfill_plan import chunks
from tbp_assets.cli.session import Session
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY
from tbp_assets_tests.end_to_end.outcome import forget, outcome
from tbp_assets_tests.end_to_end.shared_lake import SharedLake
from tbp_assets_tests.end_to_end.workers import OTHER_WAY, StartWorker, execute

pytestmark = pytest.mark.integration
MARKET = {"TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
LAST = date(2024, 3, 25)
RANGE = ("2024-01-02", str(LAST))


def chosen(project: Project, broker: str, shared_lake: SharedLake) -> dict[str, str]:
    """Choose Celery, the broker and the bucket; return the variables that processes need."""
    project.change("pipeline.yml", "executor: in_process", "executor: celery")
    variables = {**MARKET, **shared_lake.variables, "TBP_CELERY_BROKER_URL": broker}
    return {**variables, **Session(project.settings(**variables)).dagster_environment()}


def workers_of_steps(project: Project) -> dict[str, set[str]]:
    """Return the steps that each worker did."""
    found = defaultdict[str, set[str]](set)
    with Session(project.settings()).instance() as instance:
        for run in instance.get_run_ids():
            for record in instance.get_records_for_run(run, of_type=dg.DagsterEventType.ENGINE_EVENT).records:
                event = record.event_log_entry.dagster_event
                worker = event.engine_event_data.metadata.get("Celery worker") if event else None
                if worker and event:
                    found[str(worker.value)].add(event.step_key or "")
    return found


def run_in_chunks(days: list[date], size: int, environment: Mapping[str, str], at_once: int) -> list[int]:
    """Execute a run for each chunk of the days, some at once, and return their exit codes."""
    left, running, codes = chunks(days, size), list[subprocess.Popen[bytes]](), list[int]()
    while left or running:
        while left and len(running) < at_once:
            running.append(execute(*left.pop(0), environment))
        codes.append(running.pop(0).wait(600))
    return codes


def test_two_workers_bring_what_one_process_does(
    project: Project, tbp: Tbp, broker: str, shared_lake: SharedLake, start_worker: StartWorker
) -> None:
    tbp("backfill", *RANGE, "--json", **MARKET).must_be(0)
    alone = outcome(project)
    forget(project)
    environment = chosen(project, broker, shared_lake)
    start_worker(("tbp", "worker"), environment)
    start_worker(OTHER_WAY, environment)
    assert run_in_chunks(weekdays(TUESDAY, LAST), 15, environment, at_once=2) == [0, 0, 0, 0]
    # A run that began before the one of earlier days was done measured without them.
    tbp("backfill", *RANGE, "--json").must_be(0)
    assert outcome(project) == alone
    assert shared_lake.manifests("lake") == 58
    steps = workers_of_steps(project)
    assert len(steps) == 2
    assert {step for done in steps.values() for step in done} >= {
        "raw_day_file", "validated_bars", "market_data_raw", "data_quality_metrics"
    }  # fmt: skip
