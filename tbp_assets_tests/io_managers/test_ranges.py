"""A range of days through the assets: one day's fault stays that day's, and every cell tells the truth."""

from __future__ import annotations

import pytest

from tbp_assets.defs.shared import MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.io_managers.running import ALL, ASSETS, FAILED, FILLED, WEEK, failures, runs_of
from tbp_assets_tests.storage.days import count, query

pytestmark = pytest.mark.integration

SESSIONS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
TRUNCATED = day_file(good_rows(WEDNESDAY))[:-12]
CHECKS = [
    (RAW_DAY_FILE, "day_file_is_whole"),
    (VALIDATED_BARS, "bars_match_schema"),
    (VALIDATED_BARS, "every_row_accounted_for"),
    (MARKET_DATA_RAW, "every_row_accounted_for"),
    (MARKET_DATA_RAW, "database_matches_lake"),
]


def publish(project: Project, **changed: bytes) -> None:
    """Publish four sessions; `wednesday=…` replaces that day's file."""
    names = {"tuesday": TUESDAY, "wednesday": WEDNESDAY, "thursday": THURSDAY, "friday": FRIDAY}
    files = {day: day_file(good_rows(day)) for day in SESSIONS}
    project.publish(files | {names[name]: content for name, content in changed.items()})


def loaded_days(project: Project) -> list[tuple[str, int]]:
    """Return how many rows the database holds for each date."""
    return query(
        project.database(), "SELECT timestamp::date::text, count(*)::int FROM market_data_raw GROUP BY 1 ORDER BY 1"
    )  # type: ignore[return-value]


def test_good_range_fills_every_cell_of_every_asset(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        assert runs.days(NEW_YEAR, FRIDAY).success
        assert [runs.cells(asset) for asset in ASSETS] == [[FILLED] * 5] * 3
    assert loaded_days(project) == [(str(day), 3) for day in SESSIONS]


def test_every_day_of_a_good_range_has_its_check_results(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        runs.days(NEW_YEAR, FRIDAY)
        for asset, name in CHECKS:
            results = runs.checked(asset, name)
            assert list(results) == WEEK, name
            assert all(result.passed and result.targeted for result in results.values()), name


def test_truncated_file_fails_its_day_with_its_cause_and_loads_the_others(project: Project) -> None:
    publish(project, wednesday=TRUNCATED)
    with runs_of(project) as runs:
        said = failures(runs.days(NEW_YEAR, FRIDAY))
        assert [runs.cells(asset) for asset in ALL] == [[FILLED, FILLED, FAILED, FILLED, FILLED]] * 4
        assert all("not a whole gzip file" in runs.observed(asset, WEDNESDAY) for asset in ALL)
    assert set(said) == {"market_data_raw_checks", "data_quality_metrics_checks"}
    assert said["market_data_raw_checks"] == said["data_quality_metrics_checks"]
    assert said["market_data_raw_checks"].startswith("1 day stays open, 4 are done. 2024-01-03: rejected (file://")
    assert "2024-01-03.csv.gz: not a whole gzip file" in said["market_data_raw_checks"]
    assert loaded_days(project) == [(str(day), 3) for day in SESSIONS if day != WEDNESDAY]


def test_every_day_of_a_failed_range_has_its_check_results(project: Project) -> None:
    publish(project, wednesday=TRUNCATED)
    with runs_of(project) as runs:
        runs.days(NEW_YEAR, FRIDAY)
        for asset, name in CHECKS:
            results = runs.checked(asset, name)
            assert {day: result.passed for day, result in results.items()} == {day: day != WEDNESDAY for day in WEEK}
            assert all(result.targeted for day, result in results.items() if day != WEDNESDAY)
            assert "not a whole gzip file" in results[WEDNESDAY].description


@pytest.mark.parametrize("wednesday", [day_file(good_rows(WEDNESDAY)), TRUNCATED])
def test_each_day_shows_its_own_numbers(project: Project, wednesday: bytes) -> None:
    publish(project, wednesday=wednesday, friday=day_file(good_rows(FRIDAY, ["AAPL", "SPY", "ZZZZ"])))
    with runs_of(project) as runs:
        runs.days(NEW_YEAR, FRIDAY)
        rows = {
            day: runs.metadata(MARKET_DATA_RAW, day)["dagster/partition_row_count"] for day in WEEK if day != WEDNESDAY
        }
        assert rows == {NEW_YEAR: 0, TUESDAY: 3, THURSDAY: 3, FRIDAY: 2}
        assert [runs.metadata(RAW_DAY_FILE, day).get("lines") for day in (NEW_YEAR, TUESDAY, FRIDAY)] == [None, 5, 4]
        assert runs.metadata(VALIDATED_BARS, FRIDAY)["dagster/partition_row_count"] == 3
        assert runs.metadata(MARKET_DATA_RAW, NEW_YEAR)["state"] == "holiday"


def test_withheld_day_is_open_and_its_rows_accounted_for(project: Project) -> None:
    publish(project, thursday=day_file([*good_rows(THURSDAY), row("BAD", THURSDAY, low="")]))
    with runs_of(project) as runs:
        said = failures(runs.days(NEW_YEAR, FRIDAY))
        assert "2024-01-04: rejected (us_stocks_sip/" in said["market_data_raw_checks"]
        assert "The whole day is withheld" in said["market_data_raw_checks"]
        assert runs.cells(MARKET_DATA_RAW) == [FILLED, FILLED, FILLED, FAILED, FILLED]
        assert not runs.checked(VALIDATED_BARS, "bars_match_schema")[THURSDAY].passed
        assert runs.checked(VALIDATED_BARS, "every_row_accounted_for")[THURSDAY].passed
    assert loaded_days(project) == [(str(day), 3) for day in SESSIONS if day != THURSDAY]


def test_session_without_a_file_is_open_in_a_range(project: Project) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    with runs_of(project) as runs:
        said = failures(runs.days(NEW_YEAR, WEDNESDAY))
        assert "2024-01-03: missing (the provider has no file yet)" in said["market_data_raw_checks"]
        assert runs.cells(MARKET_DATA_RAW, [NEW_YEAR, TUESDAY, WEDNESDAY]) == [FILLED, FILLED, FAILED]


def test_second_run_of_a_range_mends_the_open_day_and_changes_no_other(project: Project) -> None:
    publish(project, wednesday=TRUNCATED)
    with runs_of(project) as runs:
        runs.days(NEW_YEAR, FRIDAY)
        before = query(project.database(), "SELECT ticker, timestamp, xmin::text, ingested_at FROM market_data_raw")
        publish(project)
        assert runs.days(NEW_YEAR, FRIDAY).success
        assert runs.cells(MARKET_DATA_RAW) == [FILLED] * 5
    after = query(project.database(), "SELECT ticker, timestamp, xmin::text, ingested_at FROM market_data_raw")
    assert set(before) < set(after)
    assert loaded_days(project) == [(str(day), 3) for day in SESSIONS]
    assert count(project.database(), "load_ledger") == 7
