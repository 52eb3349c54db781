"""The freshness check speaks of the newest session that is due, whatever ran or did not run."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.sessions import at_exchange
from tbp_assets.checks.freshness import latest_session_present
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, good_rows
from tbp_assets_tests.storage.days import load, query, universe, validated

pytestmark = pytest.mark.integration

SESSIONS = Expectation(frozenset({TUESDAY, WEDNESDAY, THURSDAY, FRIDAY}), time(13))
MONDAY = FRIDAY + timedelta(days=3)


def asked(project: Project, now: datetime, expectation: Expectation = SESSIONS) -> CheckOutcome:
    return latest_session_present(project.database(), US_STOCKS_DAY_AGGS, "polygon", expectation, now)


def fill(project: Project, *days: date) -> None:
    for day in days:
        load(project.database(), validated(good_rows(day), day))


def shown(outcome: CheckOutcome) -> list[object]:
    return [outcome.metadata[f"newest session {which}"].value for which in ("due", "in the database")]


def test_newest_due_session_that_is_there_passes(project: Project) -> None:
    fill(project, WEDNESDAY, THURSDAY)
    outcome = asked(project, at_exchange(FRIDAY, time(13)))
    assert (outcome.passed, outcome.description) == (True, "2024-01-04: 4 bars")
    assert shown(outcome) == ["2024-01-04", "2024-01-04"]


def test_newest_due_session_that_is_not_there_fails_and_says_what_to_run(project: Project) -> None:
    fill(project, TUESDAY, WEDNESDAY)
    outcome = asked(project, at_exchange(FRIDAY, time(13)))
    assert not outcome.passed
    assert outcome.description.endswith("run `tbp backfill 2024-01-04 2024-01-04`")
    assert shown(outcome) == ["2024-01-04", "2024-01-03"]


def test_session_is_not_due_a_minute_before_its_time(project: Project) -> None:
    fill(project, WEDNESDAY)
    assert asked(project, at_exchange(FRIDAY, time(12, 59))).passed
    assert not asked(project, at_exchange(FRIDAY, time(13))).passed


def test_fridays_session_stays_due_over_the_weekend(project: Project) -> None:
    fill(project, THURSDAY)
    assert not asked(project, at_exchange(MONDAY, time(9))).passed
    fill(project, FRIDAY)
    assert asked(project, at_exchange(MONDAY, time(9))).passed


def test_empty_database_fails(project: Project) -> None:
    outcome = asked(project, at_exchange(MONDAY, time(9)))
    assert not outcome.passed
    assert shown(outcome) == ["2024-01-05", "none in the last month"]


def test_ledger_row_without_bars_is_not_a_present_session(project: Project) -> None:
    load(project.database(), validated(good_rows(FRIDAY), FRIDAY), universe("QQQ"))
    assert query(project.database(), "SELECT count(*) FROM load_ledger") == [(1,)]
    assert not asked(project, at_exchange(MONDAY, time(9))).passed


def test_where_no_session_is_due_nothing_is_missing(project: Project) -> None:
    outcome = asked(project, at_exchange(TUESDAY, time(12)), SESSIONS)
    assert (outcome.passed, outcome.description) == (True, "No session is due yet.")
