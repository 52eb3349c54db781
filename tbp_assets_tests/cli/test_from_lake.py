"""The lake alone fills an empty database: the same rows, and nothing is asked of the provider."""

from __future__ import annotations

import shutil
from uuid import uuid4

import pytest

from tbp_assets_tests.cli.table import bars, loads, rows, run
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration

WEEK = (NEW_YEAR, FRIDAY)
SESSIONS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
QUALITY = (
    "SELECT ticker, date, total_rows, accepted_rows, rejected_rows, rejection_reasons::text FROM data_quality_metrics"
)


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """A week that was loaded, of which one row was kept out."""
    files = {day: day_file(good_rows(day, [f"T{n}" for n in range(30)])) for day in SESSIONS}
    bad = [*good_rows(TUESDAY, [f"T{n}" for n in range(30)]), *good_rows(TUESDAY), row("NVDA", TUESDAY, high=1.0)]
    project.publish({**files, TUESDAY: day_file(bad), WEDNESDAY: day_file(good_rows(WEDNESDAY))})
    tbp("backfill", *WEEK).must_be(0)
    return project


def lose_database(project: Project) -> None:
    """Let the project use schemas that were never there before."""
    names = project.settings().database
    project.change("database.yml", f"\nschema: {names.schema_name} ", f"\nschema: bars_{uuid4().hex[:12]} ")
    fresh = f"\ndagster_schema: dagster_{uuid4().hex[:12]} "
    project.change("database.yml", f"\ndagster_schema: {names.dagster_schema} ", fresh)


def test_a_lost_database_comes_back_row_for_row_without_a_source(loaded: Project, tbp: Tbp) -> None:
    before, quality = bars(loaded.database()), rows(loaded.database(), f"{QUALITY} ORDER BY 1, 2")
    states = [(day["trading_date"], day["state"]) for day in status(tbp)["days"]]
    lose_database(loaded)
    shutil.rmtree(loaded.mirror)
    said = tbp("backfill", *WEEK, "--from-lake", "--json", TBP_FLAT_FILES_URL="")
    said.must_be(0)
    assert (said.json["days"], said.json["downloads"], said.json["open"]) == (5, 0, {})
    assert bars(loaded.database()) == before != []
    assert rows(loaded.database(), f"{QUALITY} ORDER BY 1, 2") == quality != []
    assert [(day["trading_date"], day["state"]) for day in status(tbp)["days"]] == states


def status(tbp: Tbp) -> dict[str, list[dict[str, object]]]:
    return tbp("status", "--from", NEW_YEAR, "--to", FRIDAY, "--json").json


def test_s3_needs_no_keys_for_it(loaded: Project, tbp: Tbp) -> None:
    before = bars(loaded.database())
    lose_database(loaded)
    tbp("backfill", *WEEK, "--from-lake", TBP_FLAT_FILES_URL="s3://flatfiles").must_be(0)
    assert bars(loaded.database()) == before


def test_the_plan_is_told_first(loaded: Project, tbp: Tbp) -> None:
    lose_database(loaded)
    plan = tbp("backfill", *WEEK, "--from-lake", "--dry-run", "--json", TBP_FLAT_FILES_URL="").json
    assert (plan["request"], plan["reload"], plan["done"]) == ([], [str(day) for day in SESSIONS], [str(NEW_YEAR)])


def test_what_is_loaded_is_left_alone_and_force_loads_it_again(loaded: Project, tbp: Tbp) -> None:
    before = loads(loaded.database())
    tbp("backfill", *WEEK, "--from-lake").must_be(0)
    assert loads(loaded.database()) == before
    said = tbp("backfill", *WEEK, "--from-lake", "--force", "--json")
    assert (said.code, said.json["inserted"], loads(loaded.database())) == (0, 0, before + 4)


def test_lost_rows_come_back(loaded: Project, tbp: Tbp) -> None:
    before = bars(loaded.database())
    run(loaded.database(), "DELETE FROM market_data_raw WHERE ticker = 'AAPL'")
    tbp("backfill", *WEEK, "--from-lake", TBP_FLAT_FILES_URL="").must_be(0)
    assert bars(loaded.database()) == before


def test_a_day_that_the_lake_cannot_serve_stays_open_and_the_others_are_loaded(loaded: Project, tbp: Tbp) -> None:
    parquet = next(loaded.store.rglob(f"{TUESDAY}.bars.*.parquet"))
    parquet.write_bytes(parquet.read_bytes()[:-1])
    lose_database(loaded)
    said = tbp("backfill", *WEEK, "--from-lake", "--json", TBP_FLAT_FILES_URL="")
    assert (said.code, list(said.json["open"]), said.json["days"]) == (1, [str(TUESDAY)], 4)
    assert "the lake cannot serve it: its files there are damaged" in said.json["open"][str(TUESDAY)]["detail"]
    # With the provider, or only its landed file, the day is judged again.
    tbp("backfill", *WEEK, TBP_FLAT_FILES_URL=loaded.mirror.as_uri()).must_be(0)
