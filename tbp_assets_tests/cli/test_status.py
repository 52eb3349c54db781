"""`tbp status`: the state of each day, from facts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows

pytestmark = pytest.mark.integration
WEEK = ("status", "--from", NEW_YEAR, "--to", FRIDAY)


@pytest.fixture
def week(project: Project, tbp: Tbp) -> Project:
    """A holiday, a loaded day, a damaged one, one without a file, and one never asked for."""
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, FRIDAY)})
    project.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY))[:-20]})
    tbp("backfill", NEW_YEAR, THURSDAY).must_be(1)
    return project


def test_each_day_has_a_state_and_a_reason(week: Project, tbp: Tbp) -> None:
    said = tbp(*WEEK, "--json")
    said.must_be(0)
    assert [(day["trading_date"], day["state"], day["loaded"]) for day in said.json["days"]] == [
        ("2024-01-01", "holiday", None),
        ("2024-01-02", "loaded", 3),
        ("2024-01-03", "rejected", None),
        ("2024-01-04", "missing", None),
        ("2024-01-05", "missing", None),
    ]
    assert "not a whole gzip file" in said.json["days"][2]["detail"]
    assert said.json["counts"] == {"holiday": 1, "loaded": 1, "rejected": 1, "missing": 2}
    assert said.json["open"] == ["2024-01-03", "2024-01-04", "2024-01-05"]


def test_a_person_reads_counts_and_open_days_below_the_table(week: Project, tbp: Tbp) -> None:
    lines = tbp(*WEEK).out.splitlines()
    assert lines[0].startswith(week.mirror.as_uri())
    loaded = next(line for line in lines if line.startswith("2024-01-02"))
    assert loaded.split() == ["2024-01-02", "loaded", "5", "4", "0", "3", "configured"]
    assert "2 missing, 1 holiday, 1 loaded, 1 rejected" in lines
    assert lines[-2] == "open: 2024-01-03..2024-01-05"
    assert lines[-1].startswith("failures: 1 parsing unresolved, 0 repaired")


def test_days_of_another_universe_are_told_with_the_command_that_loads_them(week: Project, tbp: Tbp) -> None:
    assert tbp(*WEEK, "--json").json["loaded_under_another_universe"] == []
    said = tbp(*WEEK, "--json", TBP_UNIVERSE="all")
    assert said.json["loaded_under_another_universe"] == ["2024-01-02"]
    assert "than 'all': 2024-01-02. `tbp backfill 2024-01-02 2024-01-02` loads them again" in tbp(*WEEK).out
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    assert tbp(*WEEK, "--json").json["loaded_under_another_universe"] == []


def test_asking_changes_nothing(week: Project, tbp: Tbp) -> None:
    before = {path: path.stat().st_mtime_ns for path in week.store.rglob("*")}
    tbp(*WEEK).must_be(0)
    assert {path: path.stat().st_mtime_ns for path in week.store.rglob("*")} == before


def test_without_dates_it_looks_from_the_first_loaded_day_to_yesterday(week: Project, tbp: Tbp) -> None:
    days = [date.fromisoformat(day["trading_date"]) for day in tbp("status", "--json").json["days"]]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert days[0] == TUESDAY
    assert yesterday - timedelta(days=4) <= days[-1] <= yesterday


def test_an_empty_database_shows_the_look_back_window(project: Project, tbp: Tbp) -> None:
    said = tbp("status", "--json")
    said.must_be(0)
    assert 7 <= len(said.json["days"]) <= 9
    assert {day["state"] for day in said.json["days"]} <= {"missing", "late", "holiday"}


def test_a_range_that_makes_no_sense_is_refused(project: Project, tbp: Tbp) -> None:
    tbp("status", "--from", FRIDAY, "--to", TUESDAY).must_be(2, "ends before it starts")
