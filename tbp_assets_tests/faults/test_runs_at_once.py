"""Runs that meet on the same days."""

from __future__ import annotations

import signal

import pytest

from tbp_assets_tests.day_files import THURSDAY, TUESDAY
from tbp_assets_tests.end_to_end.processes import Start
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import DAYS, Scene
from tbp_assets_tests.faults.under_fire import gate

pytestmark = pytest.mark.integration
RANGE = ("backfill", *DAYS[::2])


def test_two_runs_on_the_same_days(scene: Scene, start: Start) -> None:
    with entry("concurrency", "two runs on one day", "both stand in the same day's load before either is done") as row:
        scene.project.database()
        with gate(scene.project) as session:
            both = [start(*RANGE), start(*RANGE)]
            while len(session.waiting()) < 2:
                assert all(process.poll() is None for process in both)
        said = [process.communicate(timeout=170) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        loads = scene.query("SELECT trading_date, sum(inserted)::int, count(*) FROM load_ledger GROUP BY 1 ORDER BY 1")
        assert [(day, rows) for day, rows, _ in loads] == [(day, 5) for day in DAYS]
        assert scene.left_over() == []
        row.happened = "one loads, the other waits for it and finds nothing to change"
        row.recovery, row.lost = "none is needed", scene.lost()


def test_a_run_that_was_overtaken_does_not_bring_an_old_version_back(scene: Scene, start: Start) -> None:
    with entry("concurrency", "a run overtaken by another", "it stands still while a newer version is loaded") as row:
        with gate(scene.project) as session:
            slow = start(*RANGE)
            session.wait_for_ours()
            slow.send_signal(signal.SIGSTOP)
        # The session of the stopped process keeps its transaction, and with it the first day's lock.
        scene.publish(THURSDAY, close=10.75)
        scene.backfill(THURSDAY, THURSDAY).must_be(0)
        slow.send_signal(signal.SIGCONT)
        _, err = slow.communicate(timeout=170)
        assert slow.returncode == 0, err
        assert list(scene.whole_days(scene.files)) == list(DAYS)
        assert TUESDAY in scene.whole_days(scene.files)
        row.happened = "it goes on with the version that the lake holds by then"
        row.recovery, row.lost = "none is needed", scene.lost()
