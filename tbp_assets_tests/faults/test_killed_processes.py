"""`kill -9` at each step: what is in the database is whole days of one version, and the next run makes up the rest."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

import pytest

from tbp_assets.embedded.provider import Fault
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import Start
from tbp_assets_tests.faults.book import Entry, entry
from tbp_assets_tests.faults.scene import DAYS, OTHERS, TICKERS, Scene
from tbp_assets_tests.faults.under_fire import gate
from tbp_assets_tests.warm.launcher import run

pytestmark = pytest.mark.integration

CONVERGED = "the next run"


@dataclass(frozen=True)
class Death:
    """A place in the code at which the process kills itself, and when it comes there for which time.

    Attributes:
        loaded: Days that are whole in the database afterwards.
    """

    name: str
    injected: str
    place: str
    when: str
    times: int
    loaded: int


# Days are landed before the first of them is validated.
MANIFEST = "tbp_assets.storage.manifests:Manifests.update"
LANDING, LAKE, LOAD = "tbp_assets.storage.landing", "tbp_assets.storage.lake", "tbp_assets.storage.load"
DEATHS = [
    Death("kill -9 after a download", "the file is there under its temporary name",
          f"{LANDING}:LandingZone._verified", "before", 2, 0),
    Death("kill -9 before the landing manifest", "the file has its name, the commit mark is missing",
          MANIFEST, "before", 2, 0),
    Death("kill -9 after the landing manifest", "the commit mark is written",
          MANIFEST, "after", 2, 0),
    Death("kill -9 between Parquet files", "accepted bars are written, quarantine and manifest are not",
          f"{LAKE}:Lake._stored", "after", 3, 0),
    Death("kill -9 after the lake manifest", "a day is validated, nothing of it is loaded",
          f"{LAKE}:Lake.write", "after", 2, 0),
    Death("kill -9 before COPY", "a transaction is open, its lock taken", f"{LOAD}:_write", "before", 2, 1),
    Death("kill -9 after COPY", "the bars are copied, the ledger row is not written", f"{LOAD}:_write", "after", 2, 1),
    Death("kill -9 before COMMIT", "bars and ledger row are written", f"{LOAD}:record", "after", 2, 1),
    Death("kill -9 after COMMIT", "the day is committed, Dagster not told",
          "tbp_assets.defs.market_data_raw:load_day", "after", 2, 2),
    Death("kill -9 before the quality's COMMIT", "a day's metrics are written, that it was measured is not",
          "tbp_assets.storage.quality:_replace", "after", 2, 0),
]  # fmt: skip


def killed(death: Death) -> None:
    """Run the backfill in a process that dies there."""
    words = [death.place, death.when, str(death.times), "backfill", str(DAYS[0]), str(DAYS[-1])]
    done = run([sys.executable, "-m", "tbp_assets_tests.faults.dying", *words], cwd=PROJECT_ROOT)
    assert done.returncode == -signal.SIGKILL, done.stderr


def run_again(scene: Scene, row: Entry) -> None:
    """Run the backfill again: all is there, nothing is left over."""
    scene.backfill().must_be(0)
    assert wait_until(lambda: scene.left_over() == [], 10), scene.left_over()
    assert scene.measured() == dict.fromkeys(scene.files, len(TICKERS + OTHERS))
    row.recovery, row.lost = CONVERGED, scene.lost()


@pytest.mark.parametrize("case", DEATHS, ids=lambda case: case.name)
def test_a_killed_backfill_leaves_whole_days(scene: Scene, case: Death) -> None:
    with entry("process", case.name, case.injected) as row:
        scene.project.database()
        killed(case)
        whole = scene.whole_days(scene.files)
        assert list(whole) == list(DAYS[: case.loaded])
        row.happened = f"{len(whole)} of {len(DAYS)} days are loaded, each whole"
        run_again(scene, row)


def test_a_killed_restatement_leaves_the_old_version_whole(scene: Scene) -> None:
    with entry("process", "kill -9 in a restatement", "changed rows are updated, the ledger row is missing") as row:
        scene.backfill().must_be(0)
        old = dict(scene.files)
        for day in DAYS:
            scene.publish(day, close=10.75)
        killed(Death("", "", f"{LOAD}:record", "before", 2, 1))
        assert scene.whole_days(old, scene.files) == dict(zip(DAYS, (1, 0, 0), strict=True))
        assert scene.query("SELECT count(*) FROM market_data_revisions") == [(5,)]
        row.happened = "days before it are of the new version, its day and those behind of the old one, each whole"
        run_again(scene, row)


def test_kill_in_the_middle_of_a_download(scene: Scene, start: Start) -> None:
    with entry("process", "kill -9 mid-download", "half of a file has arrived") as row:
        scene.project.change("s3.yml", "read_timeout_seconds: 0.5", "read_timeout_seconds: 300")
        scene.project.database()
        scene.provider.inject(Fault("stall", on=WEDNESDAY))
        process = start("backfill", *DAYS[::2])
        assert wait_until(lambda: any((scene.project.store / "incoming").glob(f"{process.pid}-*")), 120)
        process.kill()
        process.communicate()
        assert scene.left_over() != []
        assert scene.stored() == {}
        scene.provider.heal()
        row.happened = "half a file under a temporary name, which counts for nothing"
        run_again(scene, row)


def test_kill_in_the_middle_of_a_copy(scene: Scene, start: Start) -> None:
    with entry("process", "kill -9 mid-COPY", "some bars of a day are sent, others not") as row:
        with gate(scene.project) as session:
            process = start("backfill", *DAYS[::2])
            assert wait_until(lambda: bool(session.waiting()), 120)
            process.kill()
            process.communicate()
        assert wait_until(lambda: scene.left_over() == [], 10)
        assert scene.whole_days(scene.files) == {}
        assert TUESDAY not in scene.failures()
        row.happened = "the server notices and rolls the load back"
        run_again(scene, row)
