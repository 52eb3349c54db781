"""`tbp backfill --dry-run`: says what would be done, and does nothing."""

from __future__ import annotations

from datetime import date

import pytest

from tbp_assets_tests.cli.table import loads, rows
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows

pytestmark = pytest.mark.integration
DRY_RUN = ("backfill", NEW_YEAR, FRIDAY, "--dry-run", "--json")


def published(project: Project, *days: date) -> int:
    """Publish days and return the size of their files."""
    files = {day: day_file(good_rows(day)) for day in days}
    project.publish(files)
    return sum(map(len, files.values()))


def test_days_files_and_bytes_are_told_before_anything_exists(project: Project, tbp: Tbp) -> None:
    size = published(project, TUESDAY, WEDNESDAY, THURSDAY)
    said = tbp(*DRY_RUN)
    said.must_be(0)
    assert said.json == {
        "days": 4, "request": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], "reload": [],
        "measure": [], "done": [],
        "unavailable": {"2024-01-05": "missing"}, "files": 3, "landed": [], "bytes": size,
    }  # fmt: skip


def test_nothing_is_written_and_nothing_recorded(project: Project, tbp: Tbp) -> None:
    published(project, TUESDAY)
    tbp(*DRY_RUN).must_be(0)
    assert not project.store.exists()
    assert loads(project.database()) == 0
    dagster = project.settings().database.dagster_schema
    sql = f"SELECT count(*) FROM information_schema.tables WHERE table_schema = '{dagster}'"
    assert rows(project.database(), sql) == [(0,)]


def test_what_is_done_is_told_apart_from_what_is_left(project: Project, tbp: Tbp) -> None:
    published(project, TUESDAY, WEDNESDAY)
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(0)
    size = published(project, THURSDAY)
    plan = tbp("backfill", TUESDAY, THURSDAY, "--dry-run", "--json").json
    assert (plan["done"], plan["request"], plan["bytes"]) == (["2024-01-02", "2024-01-03"], ["2024-01-04"], size)


def test_a_person_reads_the_same(project: Project, tbp: Tbp) -> None:
    size = published(project, TUESDAY, WEDNESDAY, THURSDAY)
    said = tbp(*DRY_RUN[:-1]).out
    assert "2024-01-01..2024-01-04" in said
    assert "not to be had" in said
    assert f"files to download: 3, {size} bytes" in said


def test_days_of_a_market_made_on_demand_have_no_size(project: Project, tbp: Tbp) -> None:
    said = tbp(*DRY_RUN, TBP_FLAT_FILES_URL="synthetic://market?seed=7&tickers=60")
    assert (said.json["files"], said.json["bytes"]) == (4, None)
    assert "size unknown" in tbp(*DRY_RUN[:-1]).out
