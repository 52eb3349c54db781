"""Runs whose steps work on two Celery workers, with a real broker, bring what one process brings."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from datetime import date

import dagster as dg
import pytest

from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.cli.instance import open_instance
from tbp_assets.cli.session import Session
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import day_file, good_rows
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.outcome import forget, outcome
from tbp_assets_tests.end_to_end.shared_lake import SharedLake
from tbp_assets_tests.end_to_end.ui import Ui, running_ui
from tbp_assets_tests.end_to_end.workers import OTHER_WAY, StartWorker
from tbp_assets_tests.pages import blocks, read

pytestmark = pytest.mark.integration
FIRST, LAST = date(2024, 1, 2), date(2024, 1, 29)
SESSIONS = expected_sessions(FIRST, LAST)
# As the page says it, word for word.
LINES = [line for block in blocks(read("docs/scale.md"), "bash") for line in block.splitlines()]
(QUEUED,) = (line for line in LINES if "--queue" in line)
CHOICES = {"executor": "executor: in_process", "launcher": "launcher: default"}
# Of twenty weekdays. Each step of a run that workers do in parts is a process; two runs at once are enough of them.
DAYS_A_RUN = {"executor": 10, "launcher": 5}
STEPS = {"raw_day_file", "validated_bars", "market_data_raw", "data_quality_metrics"}


def chosen(project: Project, choice: str, broker: str, shared_lake: SharedLake) -> dict[str, str]:
    """Choose Celery, the broker and the bucket; return the variables that processes need."""
    project.change("pipeline.yml", CHOICES[choice], f"{choice}: celery")
    variables = {**shared_lake.variables, "TBP_CELERY_BROKER_URL": broker}
    return {**variables, **Session(project.settings(**variables)).dagster_environment()}


def workers_of_steps(project: Project) -> set[str]:
    """Return the workers that did steps, all of the steps among them."""
    found = defaultdict[str, set[str]](set)
    for event in engine_events(project):
        worker = event.engine_event_data.metadata.get("Celery worker")
        if worker:
            found[str(worker.value)].add(event.step_key or "")
    assert {step for steps in found.values() for step in steps} >= STEPS
    return set(found)


def workers_of_runs(project: Project) -> set[str]:
    """Return the processes that did runs, but for this one."""
    said = [re.search(r"pid: (\d+)", event.message or "") for event in engine_events(project)]
    return {found[1] for found in said if found} - {str(os.getpid())}


def engine_events(project: Project) -> list[dg.DagsterEvent]:
    """Return what Dagster's machinery said of all runs."""
    with open_instance(Session(project.settings())) as instance:
        return [
            record.event_log_entry.get_dagster_event()
            for run in instance.get_run_ids()
            for record in instance.get_records_for_run(run, of_type=dg.DagsterEventType.ENGINE_EVENT).records
        ]


def all_loaded(ui: Ui) -> bool:
    """Whether no run is left, and every day of the range is loaded or a holiday."""
    if ui.unfinished_runs() > 0:
        return False
    days = json.loads(ui.tbp("status", "--from", str(FIRST), "--to", str(LAST), "--json").stdout)["days"]
    return len(days) == 20 and {day["state"] for day in days} == {"loaded", "holiday"}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_queued_backfill_on_two_workers_brings_what_one_process_does(  # noqa: PLR0917  # fixtures
    project: Project, tbp: Tbp, broker: str, shared_lake: SharedLake, start_worker: StartWorker, choice: str
) -> None:
    project.publish({day: day_file(good_rows(day)) for day in SESSIONS})
    days = DAYS_A_RUN[choice]
    project.change("pipeline.yml", "max_partitions_per_run: 50", f"max_partitions_per_run: {days}")
    tbp("backfill", FIRST, LAST, "--json").must_be(0)
    alone = outcome(project, FIRST, LAST)
    forget(project)
    environment = chosen(project, choice, broker, shared_lake)
    start_worker(("tbp", "worker"), environment)
    start_worker(OTHER_WAY, environment)
    with running_ui({**os.environ, **environment}, project.root) as ui:
        queued = ui.tbp(*QUEUED.split()[1:], "--json", TBP_UI_URL=ui.url)
        assert queued.returncode == 0, queued.stderr
        assert len(json.loads(queued.stdout)["runs"]) == 20 // days
        assert wait_until(lambda: all_loaded(ui), 400, every=1), ui.log.read_text(encoding="utf-8")[-5000:]
    # A run that began before the one of earlier days was done measured without them.
    tbp("backfill", FIRST, LAST, "--json").must_be(0)
    assert outcome(project, FIRST, LAST) == alone
    assert shared_lake.manifests("lake") == len(SESSIONS) == 19
    done = workers_of_steps(project) if choice == "executor" else workers_of_runs(project)
    assert len(done) == 2
