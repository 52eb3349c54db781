"""docs/faults.md has a row for each fault of the matrix, and no other; that the rows are true, each fault asserts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.faults.book import PAGE, REPORT_VARIABLE, Entry, entries, entry
from tbp_assets_tests.faults.page import page
from tbp_assets_tests.faults.test_day_file_faults import SPOILT
from tbp_assets_tests.faults.test_whole_days import PLANTED, SEEDS

pytestmark = pytest.mark.unit


def rows_of_the_page() -> list[str]:
    return [row for row in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| (?!fault|---)", row)]


def test_the_page_has_a_row_for_each_fault() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "fault", "tbp_assets_tests/faults"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    tests = [line for line in listed.stdout.splitlines() if "::" in line]
    # One test is about all day files, one for each market about all whole days.
    several = len(SPOILT) + len(SEEDS) * len(PLANTED)
    assert len(rows_of_the_page()) == len(tests) - 1 - len(SEEDS) + several >= 40


def test_no_row_of_the_page_tells_of_a_loss() -> None:
    assert [row for row in rows_of_the_page() if row.split(" | ")[3] != "0" or "**" in row] == []


def test_a_fault_that_was_not_stood_is_written_down_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report.jsonl"
    monkeypatch.setenv(REPORT_VARIABLE, str(report))
    with pytest.raises(AssertionError, match="3 rows lost"), entry("process", "a fault", "something") as row:
        row.happened, row.recovery, row.lost = "something", "the next run", 3
    assert [row.broken for row in entries(report)] == ["a fault: 3 rows lost"]
    assert "| a fault | something | **a fault: 3 rows lost** | 3 | the next run |" in page(entries(report))


def test_a_row_that_the_page_does_not_have_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REPORT_VARIABLE, raising=False)
    with pytest.raises(AssertionError, match="make faults"), entry("process", "unheard of", "something") as row:
        row.happened, row.recovery, row.lost = "something", "the next run", 0


def test_a_row_that_says_nothing_fails() -> None:
    with pytest.raises(AssertionError, match="was not said"), entry("process", "a fault", "something"):
        pass


def test_an_entry_is_one_line_of_the_page() -> None:
    row = Entry("process", "a | b", "something", "this", "that", 0)
    assert r"| a \| b | something | this | 0 | that |" in page([row])
