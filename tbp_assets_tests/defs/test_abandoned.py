"""Runs of dead processes: two backfills were killed, and the UI's queue let no run start any more."""

from __future__ import annotations

import socket
import subprocess
from uuid import uuid4

import dagster as dg
import pytest

from tbp_assets.defs.abandoned import LAUNCHED_TAG, PROCESS_TAG, close_abandoned_runs, this_process

pytestmark = pytest.mark.unit


def started(instance: dg.DagsterInstance, **tags: str) -> str:
    """Record a run that has started, and return its id."""
    run = dg.DagsterRun("day_bars", str(uuid4()), status=dg.DagsterRunStatus.STARTED, tags=tags)
    return instance.add_run(run).run_id


def status(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return the status of a run."""
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status.value


def dead_process() -> str:
    """Return the name of a process that is gone."""
    process = subprocess.Popen(["true"])
    process.wait()
    return f"{socket.gethostname()} {process.pid} 1700000000"


def test_a_run_of_a_dead_process_has_failed(instance: dg.DagsterInstance) -> None:
    run = started(instance, **{PROCESS_TAG: dead_process()})
    close_abandoned_runs(instance)
    assert status(instance, run) == "FAILURE"


def test_a_run_of_a_living_process_goes_on(instance: dg.DagsterInstance) -> None:
    run = started(instance, **{PROCESS_TAG: this_process()})
    close_abandoned_runs(instance, no_ui=True)
    assert status(instance, run) == "STARTED"


def test_a_later_process_with_the_same_id_is_another_one(instance: dg.DagsterInstance) -> None:
    run = started(instance, **{PROCESS_TAG: f"{this_process().rsplit(maxsplit=1)[0]} 1700000000"})
    close_abandoned_runs(instance)
    assert status(instance, run) == "FAILURE"


def test_of_another_machine_nothing_is_known(instance: dg.DagsterInstance) -> None:
    run = started(instance, **{PROCESS_TAG: "elsewhere.example.com 1 1700000000"})
    close_abandoned_runs(instance, no_ui=True)
    assert status(instance, run) == "STARTED"


@pytest.mark.parametrize("tags", [{}, {LAUNCHED_TAG: "{}", PROCESS_TAG: "elsewhere 1 1"}])
def test_runs_of_the_ui_are_gone_when_no_ui_is_there(instance: dg.DagsterInstance, tags: dict[str, str]) -> None:
    run = started(instance, **tags)
    close_abandoned_runs(instance)
    assert status(instance, run) == "STARTED"
    close_abandoned_runs(instance, no_ui=True)
    assert status(instance, run) == "FAILURE"


def test_a_run_that_has_not_started_is_left_to_the_daemon(instance: dg.DagsterInstance) -> None:
    run = instance.add_run(dg.DagsterRun("day_bars", str(uuid4())))
    close_abandoned_runs(instance, no_ui=True)
    assert status(instance, run.run_id) == "NOT_STARTED"
