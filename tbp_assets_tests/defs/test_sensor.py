"""The arrival sensor: what appeared, changed or is due again is run, whenever that was; nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import text

from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.defs.assembly import build_definitions
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import day_file, good_rows, row
from tbp_assets_tests.defs.ticks import tick_sensor

pytestmark = pytest.mark.integration

YESTERDAY = exchange_date(datetime.now(UTC)) - timedelta(days=1)
SESSIONS = sorted(expected_sessions(YESTERDAY - timedelta(days=60), YESTERDAY))
OLDER, NEWEST = SESSIONS[-2:]


def tick(project: Project, instance: dg.DagsterInstance) -> list[str]:
    """Evaluate the sensor, and return the partitions it asks for."""
    return [request.partition_key or "" for request in tick_sensor(project, instance, "day_file_arrivals")]


def publish(project: Project, *days: date, tickers: tuple[str, ...] = ("AAPL", "SPY")) -> None:
    project.publish({day: day_file(good_rows(day, tickers)) for day in days})


@pytest.fixture
def week(project: Project, tbp: Tbp) -> Project:
    """A project in which everything of the look-back window is done, up to the newest session but one."""
    publish(project, *(day for day in SESSIONS if day < NEWEST))
    tbp("backfill", SESSIONS[-12], OLDER).must_be(0)
    return project


def test_a_file_is_seen_by_the_tick_after_it_appeared(week: Project, instance: dg.DagsterInstance) -> None:
    assert str(NEWEST) not in tick(week, instance)
    publish(week, NEWEST)
    assert str(NEWEST) in tick(week, instance), "a listing remembered from the tick before would hide it"


def test_a_changed_file_is_run_alone(week: Project, instance: dg.DagsterInstance) -> None:
    holidays = tick(week, instance)
    week.publish({OLDER: day_file([row("AAPL", OLDER, close=10.75)])})
    assert set(tick(week, instance)) - set(holidays) == {str(OLDER)}


@pytest.mark.parametrize(("days", "found"), [(30, True), (10, False)])
def test_correction_window_days_is_how_far_back_changed_files_are_found(
    project: Project, instance: dg.DagsterInstance, tbp: Tbp, days: int, found: bool
) -> None:
    project.change("pipeline.yml", "correction_window_days: 30", f"correction_window_days: {days}")
    old = next(day for day in SESSIONS if (YESTERDAY - day).days < 20)
    publish(project, old)
    tbp("backfill", old, old).must_be(0)
    publish(project, old, tickers=("AAPL", "MSFT"))
    assert (str(old) in tick(project, instance)) == found


def test_an_old_day_that_was_never_asked_for_is_no_arrival(project: Project, instance: dg.DagsterInstance) -> None:
    publish(project, *SESSIONS)
    asked = tick(project, instance)
    assert asked
    assert date.fromisoformat(asked[0]) >= YESTERDAY - timedelta(days=10)


def test_a_day_that_failed_is_left_alone_until_its_pause_is_over(
    project: Project, instance: dg.DagsterInstance, tbp: Tbp
) -> None:
    project.publish({NEWEST: b"no gzip"})
    tbp("backfill", NEWEST, NEWEST).must_be(1)
    assert str(NEWEST) not in tick(project, instance)
    with project.database().transaction() as connection:
        connection.execute(text("UPDATE failed_downloads SET last_attempt_at = now() - interval '15 minutes'"))
    assert str(NEWEST) in tick(project, instance)
    publish(project, NEWEST)
    with project.database().transaction() as connection:
        connection.execute(text("UPDATE failed_downloads SET last_attempt_at = now(), attempts = 99"))
    assert str(NEWEST) in tick(project, instance), "another version of the file is asked for at once"


def test_a_source_that_cannot_be_asked_fails_the_tick(project: Project, instance: dg.DagsterInstance) -> None:
    project.settings(TBP_FLAT_FILES_URL="file:///nowhere/at/all")
    with pytest.raises(dg.Failure, match="/nowhere/at/all is no directory"):
        tick(project, instance)


def test_watch_seconds_is_the_interval_of_the_sensor(project: Project) -> None:
    project.change("pipeline.yml", "watch_seconds: 300", "watch_seconds: 77")
    sensor = build_definitions(project.settings()).resolve_sensor_def("day_file_arrivals")
    assert sensor.minimum_interval_seconds == 77
