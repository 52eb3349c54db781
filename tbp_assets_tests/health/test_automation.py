"""Dagster's daemon and switches, as its own storage has them."""

from __future__ import annotations

import time

import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData
from dagster._daemon.types import DaemonHeartbeat
from dagster_postgres import PostgresRunStorage, PostgresScheduleStorage
from dagster_shared.error import SerializableErrorInfo

from tbp_assets.health.automation import NEEDED, daemon, switches
from tbp_assets.health.finding import Finding
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.health.looking import found, installation, told

pytestmark = pytest.mark.integration
THERE = {"daily_bars": True, "day_file_arrivals": True, "by_hand": False}


def url(project: Project) -> str:
    """Make Dagster's schema and return its URL."""
    database, schema = project.database(), project.settings().database.dagster_schema
    database.ensure_schema(schema)
    return database.address.url(schema).render_as_string(hide_password=False)


def beat(project: Project, *names: str, age: float = 0.0, fault: str = "") -> None:
    """Write heartbeats as the daemon does."""
    place = url(project)
    PostgresScheduleStorage(place)
    storage, errors = PostgresRunStorage(place), [SerializableErrorInfo(fault, [], None)] if fault else []
    for name in names:
        storage.add_daemon_heartbeat(DaemonHeartbeat(time.time() - age, name, "one", errors))


def switch(project: Project, name: str, status: InstigatorStatus) -> None:
    """Set a switch as the UI or the daemon does."""
    location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tbp_assets"), "__repository__")
    data = ScheduleInstigatorData("0 0 * * *", time.time())
    state = InstigatorState(RemoteInstigatorOrigin(location, name), InstigatorType.SCHEDULE, status, data)
    place = url(project)
    PostgresRunStorage(place)
    PostgresScheduleStorage(place).add_instigator_state(state)


def of_daemon(project: Project) -> Finding:
    return found(daemon, installation(project))


def of_switches(project: Project) -> Finding:
    return found(switches, installation(project, THERE))


def test_a_daemon_that_beats_is_ok(project: Project) -> None:
    beat(project, *NEEDED)
    told(of_daemon(project), "ok", "alive, the last sign of life is 0:00:0")


def test_where_no_daemon_ever_ran_nothing_is_made(project: Project) -> None:
    project.database()
    told(of_daemon(project), "warning", "no daemon ever ran here", "`tbp up`")
    told(of_switches(project), "ok", "on: daily_bars, day_file_arrivals")
    with project.database().transaction() as connection:
        schema = project.settings().database.dagster_schema
        assert connection.exec_driver_sql(f"SELECT to_regnamespace('{schema}')").scalar() is None


def test_a_backfill_alone_is_no_daemon(project: Project) -> None:
    beat(project)
    told(of_daemon(project), "warning", "no daemon ever ran here")


def test_a_part_that_is_silent_is_named(project: Project) -> None:
    beat(project, "SCHEDULER", "QUEUED_RUN_COORDINATOR", "BACKFILL")
    beat(project, "SENSOR", age=3700)
    told(of_daemon(project), "warning", "silent: SENSOR; the newest sign of life is 0:00:0")


def test_max_heartbeat_age_seconds_is_how_long_a_daemon_may_be_silent(project: Project) -> None:
    beat(project, *NEEDED, age=400)
    told(of_daemon(project), "warning", "silent: SCHEDULER, SENSOR,", "0:06:4")
    project.change("pipeline.yml", "max_heartbeat_age_seconds: 300", "max_heartbeat_age_seconds: 900")
    told(of_daemon(project), "ok")


def test_daemon_severity_is_what_a_dead_daemon_counts_as(project: Project) -> None:
    project.database()
    for age in (None, 9000):
        if age:
            beat(project, *NEEDED, age=age)
        project.change("pipeline.yml", "daemon_severity: ", "daemon_severity: error # ")
        assert of_daemon(project).status == "failed"
        project.change("pipeline.yml", "daemon_severity: error # ", "daemon_severity: ")
        assert of_daemon(project).status == "warning"


def test_a_daemon_that_tells_of_errors_is_a_warning(project: Project) -> None:
    beat(project, *NEEDED, fault="the code server is gone")
    told(of_daemon(project), "warning", "alive, but: the code server is gone")


def test_switches_that_are_on_are_ok(project: Project) -> None:
    for name, status in (("daily_bars", InstigatorStatus.DECLARED_IN_CODE), ("by_hand", InstigatorStatus.RUNNING)):
        switch(project, name, status)
    finding = of_switches(project)
    told(finding, "ok", "on: daily_bars, day_file_arrivals, by_hand")


def test_a_switch_that_is_off_is_a_warning(project: Project) -> None:
    switch(project, "day_file_arrivals", InstigatorStatus.STOPPED)
    told(of_switches(project), "warning", "off: day_file_arrivals; on: daily_bars", "Automation")


def test_switches_cannot_be_told_where_the_configuration_cannot_be_used(project: Project) -> None:
    told(found(switches, installation(project)), "warning", "not looked at: the configuration")
