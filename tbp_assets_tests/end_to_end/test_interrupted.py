"""Sixty days that are interrupted, killed or run twice at once end as sixty undisturbed days do."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.resources.database import DatabaseResource
from tbp_assets_tests.cli.table import bars, loads
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import TBP, Start, own_configuration

pytestmark = pytest.mark.integration
MARKET = {"TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
BACKFILL = ("backfill", "2024-01-02", "2024-03-25", "--json")
DAYS, SESSIONS = 60, 58
Bars = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def undisturbed(server_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Bars:
    """The bars that the range brings when nothing happens."""
    environment = {**own_configuration(tmp_path_factory.mktemp("undisturbed"), server_home), **MARKET}
    subprocess.run([TBP, *BACKFILL], env=environment, check=True, capture_output=True)
    settings = ConfigLoader(environment["TBP_CONFIG_DIR"], environment).load()
    database = DatabaseResource.from_settings(settings).connect()
    found = bars(database)
    database.engine.dispose()
    assert len({bar[3].date() for bar in found}) == SESSIONS
    return found


def landed(project: Project) -> int:
    """Return how many days have a landing manifest."""
    return len(list(project.store.glob("landing/**/*.json")))


def in_the_middle(project: Project, step: str) -> None:
    """Wait until some days have passed a step and others have not."""
    database = project.database()
    reached = {"landing": lambda: landed(project) >= 10, "load": lambda: loads(database) >= 10}[step]
    assert wait_until(reached, 60), "the backfill never came so far"
    assert loads(database) < SESSIONS, "the backfill was over too soon to be disturbed"


def finish(project: Project, tbp: Tbp) -> Bars:
    """Run the range again, and return all bars."""
    said = tbp(*BACKFILL, **MARKET)
    said.must_be(0)
    assert (said.json["days"], said.json["open"]) == (DAYS, {})
    assert list((project.store / "incoming").iterdir()) == []
    return bars(project.database())


@pytest.mark.parametrize("step", ["landing", "load"])
def test_ctrl_c_ends_with_one_message_and_the_same_command_goes_on(
    project: Project, start: Start, tbp: Tbp, undisturbed: Bars, step: str
) -> None:
    process = start(*BACKFILL, **MARKET)
    in_the_middle(project, step)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[1:] == [
        "tbp: interrupted; days that were committed stay, the same command goes on from there"
    ]
    assert list((project.store / "incoming").iterdir()) == []
    assert loads(project.database()) < SESSIONS
    assert finish(project, tbp) == undisturbed


@pytest.mark.parametrize("step", ["landing", "load"])
def test_a_killed_backfill_leaves_whole_days_and_run_again_equals_an_undisturbed_one(
    project: Project, start: Start, tbp: Tbp, undisturbed: Bars, step: str
) -> None:
    process = start(*BACKFILL, **MARKET)
    in_the_middle(project, step)
    process.kill()
    process.communicate()
    left = bars(project.database())
    days = {bar[3] for bar in left}
    assert left == [bar for bar in undisturbed if bar[3] in days]
    assert loads(project.database()) == len(days) < SESSIONS
    assert finish(project, tbp) == undisturbed


def test_two_backfills_at_once_equal_an_undisturbed_one(
    project: Project, start: Start, tbp: Tbp, undisturbed: Bars
) -> None:
    both = [start(*BACKFILL, **MARKET) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert bars(project.database()) == undisturbed
    assert finish(project, tbp) == undisturbed
