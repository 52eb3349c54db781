"""The keys of pipeline.yml about days that failed change when they are asked for again, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.bars.day_state import day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.failures import Failure
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.defs.shared import Plan
from tbp_assets.storage.failed_downloads import DayFault, FailedDownloads
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY
from tbp_assets_tests.defs.conftest import instance
from tbp_assets_tests.defs.test_schedule import tick
from tbp_assets_tests.storage.days import query

__all__ = ["instance"]
pytestmark = pytest.mark.integration

AT = datetime(2024, 1, 3, 16, tzinfo=UTC)


def next_attempt(project: Project, attempts: int) -> datetime | None:
    failure = Failure(TUESDAY, "network", "cut off", attempts, AT, AT)
    return project.settings().pipeline.retry.patience.next_attempt(failure)


def test_first_pause_minutes_is_how_long_a_failed_day_is_left_alone(project: Project) -> None:
    project.change("pipeline.yml", "first_pause_minutes: 15", "first_pause_minutes: 4")
    assert next_attempt(project, 1) == AT + timedelta(minutes=4)


def test_longest_pause_hours_ends_the_doubling(project: Project) -> None:
    project.change("pipeline.yml", "longest_pause_hours: 24", "longest_pause_hours: 0.5")
    assert next_attempt(project, 9) == AT + timedelta(minutes=30)


def test_max_attempts_leaves_a_day_to_a_person(project: Project) -> None:
    project.change("pipeline.yml", "max_attempts: 12", "max_attempts: 2")
    assert next_attempt(project, 1)
    assert next_attempt(project, 2) is None


@pytest.mark.parametrize(("days", "left"), [(30, [WEDNESDAY]), (365, [TUESDAY, WEDNESDAY])])
def test_keep_resolved_days_is_how_long_repaired_failures_are_remembered(
    project: Project, instance: object, days: int, left: list[object]
) -> None:
    project.change("pipeline.yml", "keep_resolved_days: 365", f"keep_resolved_days: {days}")
    store = FailedDownloads(project.database(), US_STOCKS_DAY_AGGS, "polygon")
    store.record_batch([DayFault(day, "network", "cut off") for day in (TUESDAY, WEDNESDAY)], "run")
    store.mark_resolved([TUESDAY], "another run", "sensor")
    query(store.database, "UPDATE failed_downloads SET resolved_at = now() - interval '31 days' WHERE date = :day",
          day=TUESDAY)  # fmt: skip
    tick(project, instance)  # pyright: ignore[reportArgumentType]  # the fixture's instance
    assert [row.date for row in store.all(TUESDAY, WEDNESDAY)] == left


def test_closures_are_no_sessions(project: Project) -> None:
    project.change("pipeline.yml", "closures: []", f"closures: [{TUESDAY}]")
    expectation = Plan.of(project.settings()).expectation([TUESDAY, WEDNESDAY])
    states = [day_state(DayFacts(day), expectation, AT + timedelta(days=30)).state for day in (TUESDAY, WEDNESDAY)]
    assert states == ["holiday", "missing"]
