"""What the quick start promises: a scheduled day loads by itself; a damaged one is told once, mended, told well once.

The schedule ticks when its cron would, every run that a tick asks for is executed, the alerts arrive over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator  # what the daemon asks; not exported

from tbp_assets.bars.sessions import EXCHANGE_ZONE, exchange_date, expected_sessions
from tbp_assets.defs.assembly import build_definitions
from tbp_assets_tests.alerts.desk import Desk
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import day_file, good_rows
from tbp_assets_tests.defs.ticks import tick_schedule, tick_sensor
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration
YESTERDAY = exchange_date(datetime.now(UTC)) - timedelta(days=1)
SESSIONS = sorted(expected_sessions(YESTERDAY - timedelta(days=20), YESTERDAY))
NEWEST = SESSIONS[-1]
# The daily run after the newest session: Tuesday to Saturday, 11:30 in New York.
MORNING = datetime.combine(NEWEST + timedelta(days=1), time(11, 30), EXCHANGE_ZONE)
GOOD = {day: day_file(good_rows(day)) for day in SESSIONS}


@pytest.fixture
def quiet_desk(desk: Desk) -> Desk:
    """A desk with every event, told by webhook alone; the newest session's file is cut short."""
    desk.project.settings(TBP_ALERT_EMAIL_TO="")
    desk.project.publish({**GOOD, NEWEST: GOOD[NEWEST][:-20]})
    return desk


def executed(desk: Desk, instance: dg.DagsterInstance, requests: Iterable[dg.RunRequest]) -> dict[date, bool]:
    """Execute each run that a tick asked for, and return whether it succeeded, by trading date."""
    job, done = build_definitions(desk.project.settings()).resolve_job_def("day_bars"), dict[date, bool]()
    for request in requests:
        assert request.partition_key
        ran = job.execute_in_process(
            partition_key=request.partition_key, tags=request.tags, instance=instance, raise_on_error=False
        )
        done[date.fromisoformat(request.partition_key)] = ran.success
    return done


def loaded(desk: Desk) -> dict[date, int]:
    """Return the bars of each trading date in the table."""
    sql = "SELECT (timestamp AT TIME ZONE 'America/New_York')::date, count(*) FROM market_data_raw GROUP BY 1"
    return dict(query(desk.project.database(), sql))


def told(desk: Desk) -> list[str]:
    """Let the sensor tick twice and a cron job of `tbp alerts` run, and return what the webhook got."""
    desk.tick()
    desk.tick()
    desk.tbp("alerts").must_be(0)
    return desk.new()[0]


def test_a_scheduled_day_loads_by_itself_and_a_damaged_one_is_told_once_until_it_is_mended(quiet_desk: Desk) -> None:
    desk, window = quiet_desk, [day for day in SESSIONS if day >= MORNING.date() - timedelta(days=10)]
    assert len(window) > 3
    with desk.watch() as watch:
        asked = tick_schedule(desk.project, watch.instance, MORNING, "daily_bars").run_requests or ()
        done = executed(desk, watch.instance, asked)
        assert [day for day, success in done.items() if not success] == [NEWEST]
        assert loaded(desk) == dict.fromkeys(window[:-1], 3)

        (said,) = told(desk)
        assert said.startswith("tbp_assets: 1 run failed, for 1 trading date\n")
        assert f"- {NEWEST} rejected (" in said
        assert "not a whole gzip file" in said
        assert f"`tbp backfill {NEWEST} {NEWEST}` repeats what is open" in said
        assert told(desk) == []

        desk.project.publish({NEWEST: GOOD[NEWEST]})
        asked = tick_sensor(desk.project, watch.instance, "day_file_arrivals")
        assert NEWEST in executed(desk, watch.instance, asked)
        assert loaded(desk) == dict.fromkeys(window, 3)

        (said,) = told(desk)
        assert said.startswith("tbp_assets: all well again\n")
        assert f"{NEWEST} is as it should be" in said
        assert told(desk) == []
        later = MORNING + timedelta(minutes=1)
        assert not tick_schedule(desk.project, watch.instance, later, "daily_bars").run_requests


def test_the_morning_of_this_test_is_one_on_which_the_schedule_ticks(project: Project) -> None:
    schedule = build_definitions(project.settings()).resolve_schedule_def("daily_bars")
    assert isinstance(schedule.cron_schedule, str)
    ticks = cron_string_iterator(MORNING.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    assert next(ticks) == MORNING
