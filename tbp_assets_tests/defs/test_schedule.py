"""The daily run: asks for every open day of the look-back window that the provider lists, and for nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.errors import DagsterUserCodeExecutionError
from sqlalchemy import text

from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.defs.assembly import build_definitions
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.defs.ticks import tick_schedule, tick_sensor

pytestmark = pytest.mark.integration
SESSIONS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
SATURDAY = datetime(2024, 1, 6, 11, 30, tzinfo=ZoneInfo("America/New_York"))
WEEK = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]


def publish(project: Project, *days: date) -> None:
    """Publish good files."""
    project.publish({day: day_file(good_rows(day)) for day in days})


def tick(
    project: Project, instance: dg.DagsterInstance, moment: datetime = SATURDAY, name: str = "daily_bars"
) -> dg.ScheduleExecutionData:
    """Evaluate the schedule at a moment."""
    return tick_schedule(project, instance, moment, name)


def asked(found: dg.ScheduleExecutionData) -> list[str | None]:
    """Return the partitions that a tick asks for."""
    return [request.partition_key for request in found.run_requests or ()]


def attempted_at(project: Project, moment: datetime) -> None:
    """Move every failure to a moment."""
    with project.database().transaction() as connection:
        connection.execute(text("UPDATE failed_downloads SET last_attempt_at = :moment"), {"moment": moment})


def unfinished(instance: dg.DagsterInstance, job: str, **tags: str) -> None:
    """Record a run that has started and not ended."""
    named = {f"dagster/{name}": value for name, value in tags.items()}
    instance.add_run(dg.DagsterRun(job, str(uuid4()), status=dg.DagsterRunStatus.STARTED, tags=named))


def test_open_days_that_the_provider_lists_are_asked_for(project: Project, instance: dg.DagsterInstance) -> None:
    publish(project, TUESDAY, FRIDAY)
    assert asked(tick(project, instance)) == ["2024-01-01", "2024-01-02", "2024-01-05"]


def test_the_window_ends_yesterday_and_begins_look_back_days_before(
    project: Project, instance: dg.DagsterInstance
) -> None:
    publish(project, *SESSIONS)
    project.change("pipeline.yml", "look_back_days: 10", "look_back_days: 3")
    assert asked(tick(project, instance)) == ["2024-01-03", "2024-01-04", "2024-01-05"]
    assert asked(tick(project, instance, SATURDAY.replace(day=5))) == ["2024-01-02", "2024-01-03", "2024-01-04"]


def test_days_that_are_done_are_not_asked_for_again(project: Project, instance: dg.DagsterInstance, tbp: Tbp) -> None:
    publish(project, TUESDAY, WEDNESDAY)
    tbp("backfill", "2024-01-01", WEDNESDAY).must_be(0)
    publish(project, THURSDAY)
    assert asked(tick(project, instance)) == ["2024-01-04"]


def test_nothing_to_do_is_said_so(project: Project, instance: dg.DagsterInstance, tbp: Tbp) -> None:
    publish(project, TUESDAY)
    tbp("backfill", "2024-01-01", TUESDAY).must_be(0)
    found = tick(project, instance)
    assert (asked(found), found.skip_message) == ([], "No open day that the provider lists.")


def test_a_bad_day_and_a_restated_one_are_asked_for_at_every_tick_past_the_pause(
    project: Project, instance: dg.DagsterInstance, tbp: Tbp
) -> None:
    publish(project, TUESDAY, WEDNESDAY, THURSDAY)
    project.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY))[:-20]})
    tbp("backfill", "2024-01-01", THURSDAY).must_be(1)
    project.publish({THURSDAY: day_file(good_rows(THURSDAY, ["AAPL", "SPY"]))})
    assert asked(tick(project, instance)) == ["2024-01-04"]
    attempted_at(project, SATURDAY - timedelta(minutes=15))
    first, second = tick(project, instance), tick(project, instance, SATURDAY.replace(day=9))
    assert asked(first) == asked(second) == ["2024-01-03", "2024-01-04"]
    keys = [request.run_key for found in (first, second) for request in found.run_requests or ()]
    assert len(set(keys)) == 4, "a run key seen before would be dropped by the daemon"


@pytest.mark.parametrize("job", ["day_bars", "__ASSET_JOB"])
def test_days_in_progress_are_left_alone_whoever_started_them(
    project: Project, instance: dg.DagsterInstance, job: str
) -> None:
    publish(project, *SESSIONS)
    unfinished(instance, job, partition="2024-01-02")
    ends = {"asset_partition_range_start": "2024-01-04", "asset_partition_range_end": "2024-01-05"}
    unfinished(instance, job, **ends)
    assert asked(tick(project, instance)) == ["2024-01-01", "2024-01-03"]


def test_a_run_that_was_killed_long_ago_does_not_keep_its_day_for_ever(
    project: Project, instance: dg.DagsterInstance
) -> None:
    now = datetime.now(UTC)
    newest = weekdays(exchange_date(now) - timedelta(days=5), exchange_date(now) - timedelta(days=1))[-1]
    publish(project, newest)
    unfinished(instance, "day_bars", partition=str(newest))
    assert str(newest) not in asked(tick(project, instance, now))
    assert str(newest) in asked(tick(project, instance, now + timedelta(days=1)))


def test_each_request_is_a_run_of_the_day_bars(project: Project, instance: dg.DagsterInstance) -> None:
    publish(project, *SESSIONS)
    definitions = build_definitions(project.settings())
    schedule = definitions.resolve_schedule_def("daily_bars")
    assert (schedule.job_name, asked(tick(project, instance))) == ("day_bars", WEEK)


def test_a_source_that_cannot_be_asked_fails_the_tick_with_the_cure(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.settings(TBP_FLAT_FILES_URL="file:///nowhere/at/all")
    with pytest.raises(DagsterUserCodeExecutionError) as failed:
        tick(project, instance)
    assert "/nowhere/at/all is no directory" in str(failed.value.__cause__)


def test_without_a_source_every_tick_is_skipped_and_says_what_to_set(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.settings(TBP_FLAT_FILES_URL="")
    found = tick(project, instance)
    assert "Nothing is asked for: no source of day files: set TBP_FLAT_FILES_URL to" in str(found.skip_message)
    assert asked(tick(project, instance, name="measure_again")) == []
    for name in ("day_file_arrivals", "alerts"):
        assert tick_sensor(project, instance, name) == ()


def test_it_ticks_tuesday_to_saturday_when_the_configuration_says(project: Project) -> None:
    project.change("pipeline.yml", 'ask_at: "11:30"', 'ask_at: "07:05"')
    schedule = build_definitions(project.settings()).resolve_schedule_def("daily_bars")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("5 7 * * 2-6", "America/New_York")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_freshness_ticks_every_day_after_files_are_due(project: Project) -> None:
    project.change("pipeline.yml", 'expected_by: "13:00"', 'expected_by: "14:45"')
    found = build_definitions(project.settings()).resolve_schedule_def("freshness_daily")
    assert (found.cron_schedule, found.job_name) == ("15 15 * * *", "freshness")
    assert found.default_status == dg.DefaultScheduleStatus.RUNNING


def test_days_that_look_back_on_a_restated_one_are_measured_again(
    project: Project, instance: dg.DagsterInstance, tbp: Tbp
) -> None:
    publish(project, *SESSIONS)
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    assert asked(tick(project, instance, name="measure_again")) == []
    project.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY)[:2])})
    tbp("backfill", WEDNESDAY, WEDNESDAY).must_be(0)
    unfinished(instance, "measure_quality", partition=str(FRIDAY))
    assert asked(tick(project, instance, name="measure_again")) == [str(THURSDAY)]
