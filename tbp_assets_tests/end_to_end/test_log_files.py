"""The log while processes run: followed by another one, told by workers, in nobody's way where it cannot be written."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.end_to_end.processes import Start

pytestmark = pytest.mark.integration
DAYS = [TUESDAY, WEDNESDAY, THURSDAY]
WAIT_SECONDS = 170
EARLIER = {"time": "2024-01-01T00:00:00.000000+00:00", "level": "info", "event": "day_loaded", "message": "earlier"}


@pytest.fixture
def log(project: Project) -> Path:
    """Three good days at the provider; the directory of the log."""
    project.publish({day: day_file(good_rows(day)) for day in DAYS})
    project.settings(TBP_LOG_DIR=str(project.root / "logs"))
    return project.root / "logs"


def test_follow_shows_what_two_workers_log_meanwhile(log: Path, start: Start) -> None:
    log.mkdir()
    (log / "tbp.jsonl").write_text(f"{json.dumps(EARLIER)}\n")
    following = start("logs", "--follow", "--event", "day_loaded", "--json")
    assert following.stdout
    assert json.loads(following.stdout.readline()) == EARLIER, "what was logged before comes first"
    backfill = start("backfill", TUESDAY, THURSDAY, "--jobs", "2")
    told = [json.loads(following.stdout.readline()) for _ in DAYS]
    assert sorted(line["partition"] for line in told) == [str(day) for day in DAYS]
    assert len({line["pid"] for line in told}) == 2
    assert backfill.pid not in {line["pid"] for line in told}
    _, err = backfill.communicate(timeout=WAIT_SECONDS)
    assert backfill.returncode == 0, err
    following.send_signal(signal.SIGINT)
    assert following.wait(30) == 130


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_log_that_cannot_be_written_stops_no_backfill_and_is_told_once(log: Path, start: Start, jobs: str) -> None:
    log.mkdir()
    (log / "tbp.jsonl").symlink_to("/dev/full")
    process = start("backfill", TUESDAY, THURSDAY, "--jobs", jobs)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, err
    assert dict(line.rsplit(maxsplit=1) for line in out.splitlines() if "inserted" in line) == {"  inserted": "9"}
    assert err.count("cannot be written (No space left on device)") == 1, err
    assert "Traceback" not in err
