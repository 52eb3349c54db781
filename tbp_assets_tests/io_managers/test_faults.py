"""Faults of our own disk and database: what is done stays done and is reported, the rest says what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tbp_assets.defs.shared import MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets.storage.migrations import newest_version
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.io_managers.running import FAILED, FILLED, failures, retries, runs_of
from tbp_assets_tests.storage.days import lake_in, landing_zone, query

pytestmark = pytest.mark.integration

SESSIONS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
ROWS = "SELECT ticker, timestamp, xmin::text FROM market_data_raw ORDER BY 1, 2"
NO_WAIT = ("delay_seconds: 5", "delay_seconds: 0")


def publish(project: Project) -> None:
    project.publish({day: day_file(good_rows(day)) for day in SESSIONS})


def dates_stored(project: Project) -> list[str]:
    return [
        day
        for (day,) in query(project.database(), "SELECT DISTINCT timestamp::date::text FROM market_data_raw ORDER BY 1")
    ]


def parquet_of_wednesday(project: Project) -> Path:
    fact = lake_in(project.store).fact(WEDNESDAY)
    assert fact is not None
    assert fact.bars is not None
    return project.store / lake_in(project.store).key(WEDNESDAY, fact.bars)


def test_fault_in_the_middle_of_a_range_keeps_and_reports_the_days_before_it(project: Project) -> None:
    publish(project)
    query(project.database(), "ALTER TABLE load_ledger ADD CONSTRAINT broken CHECK (trading_date <> '2024-01-04')")
    with runs_of(project) as runs:
        result = runs.days(NEW_YEAR, FRIDAY)
        assert runs.cells(MARKET_DATA_RAW) == [FILLED, FILLED, FILLED, FAILED, FAILED]
        assert list(runs.checked(MARKET_DATA_RAW, "database_matches_lake")) == [NEW_YEAR, TUESDAY, WEDNESDAY]
    assert 'check constraint "broken"' in failures(result)["market_data_raw"]
    assert retries(result) == 0
    assert dates_stored(project) == ["2024-01-02", "2024-01-03"]


def test_altered_parquet_leaves_its_day_open_and_the_others_loaded(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        runs.days(TUESDAY, FRIDAY)
        query(project.database(), "TRUNCATE market_data_raw, load_ledger")
        path = parquet_of_wednesday(project)
        path.write_bytes(path.read_bytes() + b"x")
        said = failures(runs.load(TUESDAY, FRIDAY))
        assert runs.cells(MARKET_DATA_RAW, SESSIONS) == [FILLED, FAILED, FILLED, FILLED]
    assert "was altered; materialize validated_bars again" in said["market_data_raw_checks"]
    assert dates_stored(project) == ["2024-01-02", "2024-01-04", "2024-01-05"]


def test_altered_parquet_is_mended_from_the_landed_file(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        runs.days(TUESDAY, FRIDAY)
        before = query(project.database(), ROWS)
        parquet_of_wednesday(project).unlink()
        assert runs.days(TUESDAY, FRIDAY).success
        assert runs.checked(VALIDATED_BARS, "bars_match_schema")[WEDNESDAY].passed
    assert query(project.database(), ROWS) == before


def test_altered_landed_file_leaves_its_day_open_and_the_others_validated(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        runs.only(RAW_DAY_FILE, TUESDAY, FRIDAY)
        zone = landing_zone(project.store)
        fact = zone.fact(WEDNESDAY)
        assert fact is not None
        assert fact.file is not None
        (project.store / zone.directory(WEDNESDAY) / fact.file.name).write_bytes(b"altered")
        said = failures(runs.only(VALIDATED_BARS, TUESDAY, FRIDAY))
        assert runs.cells(VALIDATED_BARS, SESSIONS) == [FILLED, FAILED, FILLED, FILLED]
    assert said["validated_bars_checks"].startswith("1 day stays open, 3 are done. 2024-01-03: rejected")
    lake = lake_in(project.store)
    assert [lake.fact(day) is not None for day in SESSIONS] == [True, False, True, True]


def test_altered_landed_file_is_downloaded_again(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        runs.only(RAW_DAY_FILE, TUESDAY, FRIDAY)
        for path in (project.store / landing_zone(project.store).directory(TUESDAY)).glob("*.gz"):
            path.write_bytes(b"altered")
        assert runs.days(TUESDAY, FRIDAY).success
    assert len(dates_stored(project)) == 4


def test_database_that_is_down_is_tried_again_and_named(project: Project) -> None:
    publish(project)
    project.change("pipeline.yml", *NO_WAIT)
    project.change("pipeline.yml", "max_retries: 3", "max_retries: 1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with runs_of(project, DB_HOST="127.0.0.1", DB_PORT=port, DB_USER="tbp", DB_PASSWORD="secret-of-the-test") as runs:
        result = runs.days(TUESDAY, FRIDAY)
        assert [runs.cells(asset, SESSIONS) for asset in (VALIDATED_BARS, MARKET_DATA_RAW)] == [
            [FILLED] * 4,
            [FAILED] * 4,
        ]
    said = failures(result)
    assert set(said) == {"market_data_raw", "data_quality_metrics"}
    assert all(f"DatabaseUnavailableError: postgresql://tbp@127.0.0.1:{port}" in words for words in said.values())
    assert (retries(result), "secret-of-the-test" in str(said)) == (2, False)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("wrong-and-secret", "password authentication failed"),
        (None, f"has no tables yet; this release needs {newest_version()}: run `tbp migrate`"),
    ],
)
def test_database_that_refuses_us_fails_at_once_with_the_cure(
    project: Project, password: str | None, words: str
) -> None:
    publish(project)
    address = project.database().address
    project.change("database.yml", f"schema: {address.schema} ", "schema: never_migrated ")
    secret = password or address.password.get_secret_value()
    with runs_of(
        project,
        DB_HOST=address.host,
        DB_PORT=str(address.port),
        DB_NAME=address.name,
        DB_USER=address.user,
        DB_PASSWORD=secret,
    ) as runs:
        result = runs.days(TUESDAY, FRIDAY)
    said = failures(result)
    assert set(said) == {"market_data_raw", "data_quality_metrics"}
    assert all(words in each for each in said.values())
    assert retries(result) == 0
    assert not any(secret in (event.message or "") for event in result.all_events)
