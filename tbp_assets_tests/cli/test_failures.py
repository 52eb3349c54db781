"""`tbp failures`: which days failed, why, and what happens next; nothing of it is open once a day is repaired."""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration


@pytest.fixture
def broken(project: Project, tbp: Tbp) -> Project:
    """A backfill of two days: a cut file, and a day of bad rows."""
    cut, bad = day_file(good_rows(TUESDAY))[:-20], [row("AAPL", WEDNESDAY, high=1), row("SPY", WEDNESDAY)]
    project.publish({TUESDAY: cut, WEDNESDAY: day_file(bad)})
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(1)
    return project


def test_each_failed_day_is_listed_with_its_cause(broken: Project, tbp: Tbp) -> None:
    said = tbp("failures")
    said.must_be(1)
    lines = {line.split()[0]: line for line in said.out.splitlines() if line.startswith("2024-")}
    assert list(lines) == [str(TUESDAY), str(WEDNESDAY)]
    assert "parsing" in lines[str(TUESDAY)]
    assert "quality" in lines[str(WEDNESDAY)]
    assert "failures: 1 parsing, 1 quality unresolved, 0 repaired (no transient one has ended yet)" in said.out
    assert "failures: 1 parsing, 1 quality unresolved" in tbp("status").out


def test_another_run_is_another_attempt_and_repair_ends_it(broken: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(1)
    assert [failed["attempts"] for failed in tbp("failures", "--json").json["failures"]] == [2, 2]
    broken.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY)})
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(0)
    told = tbp("failures", "--json").json
    assert (told["failures"], told["recovery_rate"]) == ([], None)
    repaired = tbp("failures", "--all", "--json").json["failures"]
    assert [(failed["trading_date"], failed["resolved_by"]) for failed in repaired] == [
        (str(TUESDAY), "person"), (str(WEDNESDAY), "person")
    ]  # fmt: skip
    assert "repaired by person" in tbp("failures", "--all").out
    assert "failures: none unresolved, 2 repaired" in tbp("status").out


def test_a_day_whose_attempts_are_used_up_is_left_to_a_person(broken: Project, tbp: Tbp) -> None:
    broken.change("pipeline.yml", "max_attempts: 12", "max_attempts: 1")
    said = tbp("failures", "--from", TUESDAY, "--to", TUESDAY)
    assert said.code == 1
    assert "left to a person: `tbp backfill 2024-01-02 2024-01-02`" in said.out
    assert "2024-01-03" not in said.out


def test_a_day_older_than_is_looked_back_on_is_said_to_need_a_person(broken: Project, tbp: Tbp) -> None:
    said = tbp("failures", "--from", TUESDAY, "--to", TUESDAY)
    said.must_be(1)
    assert "not asked for by itself: older than the 30 days" in " ".join(said.out.split())
    assert "at the next tick" not in said.out
    assert "left to a person: `tbp backfill 2024-01-02 2024-01-02`" in said.out
    (told,) = tbp("failures", "--from", TUESDAY, "--to", TUESDAY, "--json").json["failures"]
    assert told["next_attempt_at"] is None
    assert told["no_attempt_because"] == "not asked for by itself: older than the 30 days looked back on"


def test_without_failures_it_says_so(project: Project, tbp: Tbp) -> None:
    said = tbp("failures")
    said.must_be(0)
    assert "failures: none unresolved, 0 repaired" in said.out
    assert tbp("failures", "--json").json["failures"] == []
    assert "tbp failures" not in tbp("status").out
