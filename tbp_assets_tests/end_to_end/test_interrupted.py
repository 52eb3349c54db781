"""Ranges that are interrupted, killed or run twice at once end as undisturbed ones do."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.database import Database
from tbp_assets_tests.cli.table import bars, loads, rows
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import TBP, Start, own_configuration
from tbp_assets_tests.warm.launcher import run

pytestmark = pytest.mark.integration
MARKET = {"TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
SIXTY_DAYS, TWENTY_DAYS, TEN_DAYS = (("2024-01-02", last) for last in ("2024-03-25", "2024-01-31", "2024-01-15"))
INTERRUPTED = "tbp: interrupted; days that were committed stay, the same command goes on from there"
Bars = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def undisturbed(server_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Bars:
    """The bars that the range brings when nothing happens."""
    environment = {**own_configuration(tmp_path_factory.mktemp("undisturbed"), server_home), **MARKET}
    run([TBP, "backfill", *SIXTY_DAYS], env=environment, check=True)
    settings = ConfigLoader(environment["TBP_CONFIG_DIR"], environment).load()
    database = DatabaseResource.from_settings(settings).connect()
    found = bars(database)
    database.engine.dispose()
    assert len({bar[3] for bar in found}) == 58
    return found


def landed(project: Project) -> int:
    """Return how many days have a landing manifest."""
    return len(list(project.store.glob("landing/**/*.json")))


def begun(project: Project, database: Database, step: str) -> bool:
    """Whether some days have passed a step."""
    return landed(project) >= 3 if step == "landing" else loads(database) >= 3


def disturb(project: Project, process: subprocess.Popen[str], step: str, number: signal.Signals) -> tuple[str, str]:
    """Send a signal once some days have passed a step and others have not, and return what the process said."""
    database = project.database()
    assert wait_until(lambda: begun(project, database, step), 240), "the backfill never came so far"
    process.send_signal(number)
    said = process.communicate(timeout=30)
    assert process.returncode != 0, "the backfill was over too soon to be disturbed"
    return said


def finished(project: Project, tbp: Tbp, first: str, last: str) -> Bars:
    """Run the range again, and return all bars."""
    said = tbp("backfill", first, last, "--json", **MARKET)
    said.must_be(0)
    assert (said.json["open"], said.json["faults"]) == ({}, [])
    assert list((project.store / "incoming").iterdir()) == []
    return bars(project.database())


def up_to(last: str, undisturbed: Bars) -> Bars:
    """Return the bars of a shorter range."""
    return [bar for bar in undisturbed if str(bar[3].date()) <= last]


def test_ctrl_c_ends_with_one_message_and_the_same_command_goes_on(
    project: Project, start: Start, tbp: Tbp, undisturbed: Bars
) -> None:
    process = start("backfill", *TWENTY_DAYS, "--json", **MARKET)
    out, err = disturb(project, process, "landing", signal.SIGINT)
    assert (process.returncode, out, err.splitlines()[1:]) == (130, "", [INTERRUPTED])
    assert list((project.store / "incoming").iterdir()) == []
    assert bars(project.database()) == []
    assert finished(project, tbp, *TWENTY_DAYS) == up_to(TWENTY_DAYS[1], undisturbed)


def test_sigterm_during_a_load_keeps_the_days_that_were_committed(
    project: Project, start: Start, tbp: Tbp, undisturbed: Bars
) -> None:
    project.change("pipeline.yml", "max_partitions_per_run: 50", "max_partitions_per_run: 5")
    process = start("backfill", *TEN_DAYS, **MARKET)
    _, err = disturb(project, process, "load", signal.SIGTERM)
    assert (process.returncode, err.splitlines()) == (143, [INTERRUPTED])
    left = bars(project.database())
    assert left == [bar for bar in undisturbed if bar[3] in {kept[3] for kept in left}]
    assert len(left) < len(up_to(TEN_DAYS[1], undisturbed))
    assert finished(project, tbp, *TEN_DAYS) == up_to(TEN_DAYS[1], undisturbed)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_statement_that_runs_is_cancelled(project: Project, start: Start, number: signal.Signals, code: int) -> None:
    database = project.database()
    process = start("query", "SELECT pg_sleep(600)")
    asked = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'FETCH 1001%%'"
    assert wait_until(lambda: bool(rows(database, asked)), 60), "the statement never began"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.splitlines()[1:]) == (code, "", ["tbp: interrupted"])
    assert rows(database, asked) == []


def test_an_interrupt_that_is_lost_in_a_destructor_is_raised_again() -> None:
    lost = """
import os, signal, time
from tbp_assets.cli.ending import begin
ending = begin()
ending.be_gracious()
class Lost:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
try:
    Lost()
    time.sleep(60)
except KeyboardInterrupt:
    ending.end()
"""
    done = subprocess.run([sys.executable, "-c", lost], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (130, "tbp: interrupted\n")


def test_a_killed_backfill_leaves_whole_days_and_run_again_equals_an_undisturbed_one(
    project: Project, start: Start, tbp: Tbp, undisturbed: Bars
) -> None:
    disturb(project, start("backfill", *SIXTY_DAYS, **MARKET), "load", signal.SIGKILL)
    left = bars(project.database())
    days = {bar[3] for bar in left}
    assert left == [bar for bar in undisturbed if bar[3] in days]
    assert 3 <= loads(project.database()) == len(days) < 58
    assert finished(project, tbp, *SIXTY_DAYS) == undisturbed
    runs = f"{project.settings().database.dagster_schema}.runs"
    assert rows(project.database(), f"SELECT DISTINCT status FROM {runs} ORDER BY 1") == [("FAILURE",), ("SUCCESS",)]


def test_what_a_killed_download_left_is_swept_away(project: Project, start: Start, tbp: Tbp, undisturbed: Bars) -> None:
    process = start("backfill", *TEN_DAYS, **MARKET)
    disturb(project, process, "landing", signal.SIGKILL)
    (project.store / "incoming" / f"{process.pid}-half").write_bytes(b"half a file")
    assert finished(project, tbp, *TEN_DAYS) == up_to(TEN_DAYS[1], undisturbed)


def test_two_backfills_at_once_equal_an_undisturbed_one(project: Project, start: Start, undisturbed: Bars) -> None:
    both = [start("backfill", *TWENTY_DAYS, **MARKET) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert bars(project.database()) == up_to(TWENTY_DAYS[1], undisturbed)
    assert list((project.store / "incoming").iterdir()) == []
