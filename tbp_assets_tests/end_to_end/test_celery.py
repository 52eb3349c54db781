"""Runs whose steps work on two Celery workers, with a real broker, bring what one process brings."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from datetime import date

import dagster as dg
import pytest

from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.cli.session import Session
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import day_file, good_rows
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.outcome import forget, outcome
from tbp_assets_tests.end_to_end.shared_lake import SharedLake
from tbp_assets_tests.end_to_end.ui import Ui, running_ui
from tbp_assets_tests.end_to_end.workers import OTHER_WAY, StartWorker

pytestmark = pytest.mark.integration
FIRST, LAST = date(2024, 1, 2), date(2024, 3, 25)
SESSIONS = expected_sessions(FIRST, LAST)


def chosen(project: Project, broker: str, shared_lake: SharedLake) -> dict[str, str]:
    """Choose Celery, the broker and the bucket; return the variables that processes need."""
    project.change("pipeline.yml", "executor: in_process", "executor: celery")
    variables = {**shared_lake.variables, "TBP_CELERY_BROKER_URL": broker}
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


def all_loaded(ui: Ui) -> bool:
    """Whether every day of the range is loaded or a holiday, and no run is left."""
    days = json.loads(ui.tbp("status", "--from", str(FIRST), "--to", str(LAST), "--json").stdout)["days"]
    return len(days) == 60 and {day["state"] for day in days} == {"loaded", "holiday"} and ui.unfinished_runs() == 0


def test_a_queued_backfill_on_two_workers_brings_what_one_process_does(
    project: Project, tbp: Tbp, broker: str, shared_lake: SharedLake, start_worker: StartWorker
) -> None:
    project.publish({day: day_file(good_rows(day)) for day in SESSIONS})
    project.change("pipeline.yml", "max_partitions_per_run: 50", "max_partitions_per_run: 15")
    tbp("backfill", FIRST, LAST, "--json").must_be(0)
    alone = outcome(project)
    forget(project)
    environment = chosen(project, broker, shared_lake)
    start_worker(("tbp", "worker"), environment)
    start_worker(OTHER_WAY, environment)
    with running_ui({**os.environ, **environment}, project.root) as ui:
        queued = ui.tbp("backfill", str(FIRST), str(LAST), "--queue", "--json", TBP_UI_URL=ui.url)
        assert queued.returncode == 0, queued.stderr
        assert len(json.loads(queued.stdout)["runs"]) == 4
        assert wait_until(lambda: all_loaded(ui), 400), ui.log.read_text(encoding="utf-8")[-5000:]
    # A run that began before the one of earlier days was done measured without them.
    tbp("backfill", FIRST, LAST, "--json").must_be(0)
    assert outcome(project) == alone
    assert shared_lake.manifests("lake") == len(SESSIONS) == 58
    steps = workers_of_steps(project)
    assert len(steps) == 2
    assert {step for done in steps.values() for step in done} >= {
        "raw_day_file", "validated_bars", "market_data_raw", "data_quality_metrics"
    }  # fmt: skip
