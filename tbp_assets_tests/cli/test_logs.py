"""`tbp logs` shows what commands did; a log that cannot be written stops none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows

pytestmark = pytest.mark.integration
DAYS = [TUESDAY, WEDNESDAY, THURSDAY]


@pytest.fixture
def log(project: Project) -> Path:
    """Two good days and a torn one at the provider; the directory of the log."""
    files = {day: day_file(good_rows(day)) for day in DAYS}
    project.publish({**files, THURSDAY: files[THURSDAY][:-20]})
    project.change("pipeline.yml", "delay_seconds: 5", "delay_seconds: 0")
    project.settings(TBP_LOG_DIR=str(project.root / "logs"))
    return project.root / "logs"


def lines(tbp: Tbp, *words: str) -> list[dict[str, Any]]:
    said = tbp("logs", "--json", "--limit", "1000", *words)
    said.must_be(0)
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_backfill_is_told_from_begin_to_end(log: Path, tbp: Tbp) -> None:
    report = tbp("backfill", TUESDAY, THURSDAY, "--json")
    report.must_be(1)
    told = lines(tbp)
    events = [line["event"] for line in told]
    assert events[0] == "backfill_started"
    assert events[-1] == "backfill_finished"
    assert {"run_started", "run_failed", "step_failed", "download_failed", "day_left_open"} < set(events)
    for event in ("day_landed", "day_validated", "day_loaded", "day_measured"):
        found = [line for line in told if line["event"] == event]
        assert sorted(line["partition"] for line in found) == [str(TUESDAY), str(WEDNESDAY)]
        assert all(line["run_id"] and line["job"] == "day_bars" and line["seconds"] >= 0 for line in found)
        assert {line["data_source"] for line in found} == {"polygon"}
    loaded = next(line for line in told if line["event"] == "day_loaded")
    assert (loaded["asset"], loaded["rows"], loaded["inserted"]) == ("market_data_raw", 3, 3)
    (finished,) = (line for line in told if line["event"] == "backfill_finished")
    assert (finished["level"], finished["days_open"], finished["inserted"]) == ("error", 1, 6)
    assert finished["backfill_id"] == report.json["backfill"]
    (run,) = (line for line in told if line["event"] == "run_failed")
    assert (run["first"], run["last"], run["backfill_id"]) == (str(TUESDAY), str(THURSDAY), finished["backfill_id"])
    failed = next(line for line in told if line["event"] == "step_failed")
    assert "1 day stays open, 2 are done. 2024-01-04" in failed["message"]
    per_day = [line for line in told if line.get("partition") == str(TUESDAY)]
    assert len(per_day) <= 6, "a handful of lines a day"


def test_options_narrow_what_is_shown(log: Path, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, THURSDAY)
    everything = lines(tbp)
    run = next(line["run_id"] for line in everything if "run_id" in line)
    assert {line["level"] for line in lines(tbp, "--level", "warning")} == {"warning", "error"}
    assert {line["partition"] for line in lines(tbp, "--day", "2024-01-02") if "partition" in line} == {"2024-01-02"}
    assert {line["run_id"] for line in lines(tbp, "--run", run[:6])} == {run}
    assert {line["event"] for line in lines(tbp, "--event", "day_loaded")} == {"day_loaded"}
    assert lines(tbp, "--since", "1h") == everything
    today = everything[0]["time"][:10]
    assert lines(tbp, "--from", today) == everything
    assert lines(tbp, "--to", "2024-01-01") == []
    last = tbp("logs", "--limit", "1")
    last.must_be(0, f"({len(everything) - 1} earlier lines are not shown: --limit)")
    assert last.out.count("\n") == 1
    assert "backfill_finished" in last.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--level", "loud"], "--level 'loud' is unknown: debug, info, warning, error, critical"),
        (["--event", "day_lost"], "--event 'day_lost' is unknown"),
        (["--since", "yesterday"], "write 90s, 30m, 2h or 3d"),
        (["--from", "2024-13-01"], "write YYYY-MM-DD or YYYY-MM-DDTHH:MM, in UTC"),
        (["--from", "2024-01-01", "--since", "1h"], "--since and --from both say where to begin"),
    ],
)
def test_words_that_make_no_sense_are_refused(log: Path, tbp: Tbp, words: list[str], complaint: str) -> None:
    tbp("logs", *words).must_be(2, complaint)


def test_a_log_of_nothing_is_told(log: Path, tbp: Tbp) -> None:
    tbp("logs").must_be(0, f"nothing was logged that is asked for ({log})")


def test_a_command_that_fails_is_in_the_log_and_says_it_once(log: Path, tbp: Tbp) -> None:
    tbp("backfill", "2024-01-06", "2024-01-07").must_be(2)
    assert not log.exists(), "what makes no sense is nobody's failure"
    nobody = {"DB_HOST": "127.0.0.1", "DB_PORT": "1", "DB_USER": "me", "DB_PASSWORD": "mine"}
    said = tbp("backfill", TUESDAY, THURSDAY, **nobody)
    assert (said.code, said.err.count("tbp: ")) == (1, 1), said
    (line,) = lines(tbp, "--event", "command_failed")
    assert (line["command"], line["error"], line["level"]) == ("backfill", "database", "error")
    assert f"tbp: {line['message']}" == said.err
