"""The file that several processes write to and put aside at once: no line is lost or torn, and nothing is stopped."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tbp_assets.logs.events import DAY_LOADED
from tbp_assets.logs.files import FILE_NAME, LogFile
from tbp_assets.logs.reading import LogReader

pytestmark = pytest.mark.integration
PROCESSES, LINES = 4, 400
WRITE = """
import logging, sys
from pathlib import Path
from tbp_assets.logs.events import DAY_LOADED
from tbp_assets.logs.files import LogFile
logger = logging.getLogger("writer")
logger.setLevel("INFO")
logger.addHandler(LogFile(Path(sys.argv[1]), 0.02, 90))
print("ready", flush=True)
sys.stdin.read(1)
for n in range(int(sys.argv[3])):
    DAY_LOADED.log(logger, "x" * (n % 300), run_id=sys.argv[2], rows=n)
"""


def writing_to(directory: Path) -> logging.Logger:
    logger = logging.getLogger(f"writing to {directory}")
    logger.setLevel(logging.INFO)
    logger.addHandler(LogFile(directory, 1, 2))
    return logger


def said(directory: Path) -> list[tuple[str, int]]:
    return [(line["event"], line.get("rows", line.get("lost", 0))) for line in LogReader(directory).lines()]


def test_no_line_of_several_processes_is_lost_or_torn_while_files_are_put_aside(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, tmp_path, str(n), str(LINES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for n in range(PROCESSES)
    ]
    try:
        for writer in writers:
            assert writer.stdout
            assert writer.stdout.readline() == b"ready\n"
        for writer in writers:
            assert writer.stdin
            writer.stdin.write(b"x")
            writer.stdin.flush()
        assert [writer.wait(120) for writer in writers] == [0] * PROCESSES
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    files = list(tmp_path.glob(f"{FILE_NAME}*"))
    assert 10 < len(files) < 90
    lines = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert Counter((line["run_id"], line["rows"]) for line in lines) == Counter(
        (str(process), n) for process in range(PROCESSES) for n in range(LINES)
    )
    reader = LogReader(tmp_path)
    read = [(line["run_id"], line["rows"]) for line in reader.lines()]
    assert (len(read), reader.unreadable) == (PROCESSES * LINES, 0)
    assert [rows for run, rows in read if run == "0"] == list(range(LINES)), "oldest first"


def test_a_full_disk_is_told_once_and_what_was_lost_is_counted_when_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logger, path = writing_to(tmp_path), tmp_path / FILE_NAME
    path.symlink_to("/dev/full")
    for n in range(3):
        DAY_LOADED.log(logger, "x", rows=n)
    warned = capsys.readouterr().err
    assert warned.count("cannot be written") == warned.count("\n") == 1
    assert "No space left on device" in warned
    path.unlink()
    DAY_LOADED.log(logger, "y", rows=3)
    DAY_LOADED.log(logger, "z", rows=4)
    assert said(tmp_path) == [("day_loaded", 3), ("lines_lost", 3), ("day_loaded", 4)]
    assert capsys.readouterr().err == ""


def test_a_file_in_the_place_of_the_directory_stops_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").write_text("mine", encoding="utf-8")
    logger = writing_to(tmp_path / "logs")
    DAY_LOADED.log(logger, "x")
    DAY_LOADED.log(logger, "y")
    assert capsys.readouterr().err.count("logs/tbp.jsonl cannot be written") == 1
    assert (tmp_path / "logs").read_text(encoding="utf-8") == "mine"


def test_a_directory_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    logger = writing_to(tmp_path / "deep" / "logs")
    DAY_LOADED.log(logger, "x", rows=1)
    for path in (tmp_path / "deep" / "logs").iterdir():
        path.unlink()
    (tmp_path / "deep" / "logs").rmdir()
    for n in (2, 3):
        DAY_LOADED.log(logger, "x", rows=n)
    assert ("day_loaded", 3) in said(tmp_path / "deep" / "logs")
