"""The state of a day, derived from facts, what was expected, and the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from tbp_assets.bars.day_state import DayState, Expectation, State, day_state
from tbp_assets.bars.facts import DayFacts, LakeStatus, LandingStatus
from tbp_assets.errors import Category
from tbp_assets_tests.bars.day_facts import SECOND, lake_fact, landing_fact, load_fact, loaded, restated
from tbp_assets_tests.day_files import NEW_YEAR, TUESDAY

pytestmark = pytest.mark.unit

EXPECTATION = Expectation(frozenset({TUESDAY}), time(13, 0))
DUE = datetime(2024, 1, 3, 18, tzinfo=UTC)  # 13:00 in New York on the day after
EARLY, LATE = DUE - timedelta(seconds=1), DUE


def state(facts: DayFacts, now: datetime = LATE) -> DayState:
    return day_state(facts, EXPECTATION, now)


def test_a_day_whose_file_is_in_the_database_is_loaded() -> None:
    assert state(loaded(TUESDAY)) == DayState("loaded")


def test_a_day_without_session_and_file_is_a_holiday() -> None:
    assert state(DayFacts(NEW_YEAR)).state == "holiday"
    assert state(DayFacts(NEW_YEAR, landing_fact(NEW_YEAR, "absent", None))).state == "holiday"


def test_a_day_never_asked_for_is_late_and_then_missing_by_time_alone() -> None:
    assert state(DayFacts(TUESDAY), EARLY) == DayState("late", "never asked for")
    assert state(DayFacts(TUESDAY), LATE) == DayState("missing", "never asked for")


def test_an_absent_file_is_late_and_then_missing_by_time_alone() -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY, "absent", None))
    assert state(facts, EARLY) == DayState("late", "the provider has no file yet")
    assert state(facts, LATE) == DayState("missing", "the provider has no file yet", "not_published")


def test_a_file_is_due_at_new_york_time_on_the_day_after() -> None:
    assert EXPECTATION.due(TUESDAY) == DUE
    summer = TUESDAY.replace(month=7)
    assert EXPECTATION.due(summer) == datetime(2024, 7, 3, 17, tzinfo=UTC)


def test_a_refused_download_is_not_entitled_and_never_no_data() -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY, "forbidden", None, cause="HTTP 403"))
    assert state(facts) == DayState("not_entitled", "HTTP 403", "not_entitled")


def test_a_refused_download_on_a_holiday_is_no_holiday() -> None:
    facts = DayFacts(NEW_YEAR, landing_fact(NEW_YEAR, "forbidden", None))
    assert state(facts).state == "not_entitled"


def test_an_unusable_file_is_rejected_with_its_cause() -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY, "unusable", None, cause="not a whole gzip file"))
    assert state(facts) == DayState("rejected", "not a whole gzip file", "parsing")


@pytest.mark.parametrize(("status", "error"), [("withheld", "quality"), ("refused", "parsing")])
def test_a_file_that_validation_refused_is_rejected(status: LakeStatus, error: Category) -> None:
    lake = lake_fact(TUESDAY, status, cause="60 % of the rows")
    assert state(DayFacts(TUESDAY, landing_fact(TUESDAY), lake)) == DayState("rejected", "60 % of the rows", error)


def test_a_landed_file_is_open_until_it_is_loaded() -> None:
    landed = DayFacts(TUESDAY, landing_fact(TUESDAY))
    assert state(landed, EARLY) == DayState("missing", "landed, not yet loaded")
    assert state(replace(landed, lake=lake_fact(TUESDAY))).open


def test_a_file_on_a_day_without_session_is_worked_on_like_any_other() -> None:
    assert state(DayFacts(NEW_YEAR, landing_fact(NEW_YEAR))).state == "missing"
    assert state(loaded(NEW_YEAR)).state == "loaded"


def test_a_restated_file_opens_a_loaded_day_again() -> None:
    assert state(restated(TUESDAY, None)) == DayState("missing", "a restated file is landed, not yet loaded")
    assert state(restated(TUESDAY, "validated")).open


def test_a_restated_file_that_is_rejected_is_reported_though_the_day_stays_loaded() -> None:
    facts = restated(TUESDAY, "withheld")
    assert facts.load is not None
    assert state(facts) == DayState("rejected", "too many bad rows", "quality")


def test_an_unusable_restated_file_is_reported_though_the_day_stays_loaded() -> None:
    facts = replace(loaded(TUESDAY), landing=landing_fact(TUESDAY, "unusable", cause="cut short"))
    assert state(facts) == DayState("rejected", "cut short", "parsing")


@pytest.mark.parametrize(("answer", "detail"), [("absent", "withdrawn"), ("forbidden", "refuses")])
def test_a_loaded_day_stays_loaded_when_the_provider_no_longer_gives_the_file(
    answer: LandingStatus, detail: str
) -> None:
    found = state(replace(loaded(TUESDAY), landing=landing_fact(TUESDAY, answer)))
    assert (found.state, found.open) == ("loaded", False)
    assert detail in found.detail


def test_a_file_that_did_not_arrive_is_late_and_then_missing_with_its_cause() -> None:
    fact = replace(landing_fact(TUESDAY, "unreachable", None, cause="HTTP 503"), error="rate_limit")
    assert state(DayFacts(TUESDAY, fact), EARLY) == DayState("late", "HTTP 503", "rate_limit")
    assert state(DayFacts(TUESDAY, fact), LATE) == DayState("missing", "HTTP 503", "rate_limit")


def test_a_loaded_day_is_open_again_while_its_newest_file_does_not_arrive() -> None:
    fact = replace(landing_fact(TUESDAY, "unreachable", cause="cut off"), error="network")
    found = state(replace(loaded(TUESDAY), landing=fact))
    assert found == DayState("missing", "an older file is loaded, the newest did not arrive: cut off", "network")


def test_a_loaded_day_stays_loaded_when_the_landing_zone_is_lost() -> None:
    assert state(DayFacts(TUESDAY, load=load_fact(TUESDAY))).state == "loaded"


def test_a_verdict_on_an_older_file_says_nothing_of_the_newer() -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY, version=SECOND), lake_fact(TUESDAY, "withheld"))
    assert state(facts).state == "missing"


def test_a_state_is_said_with_its_detail() -> None:
    assert str(DayState("loaded")) == "loaded"
    assert str(DayState("missing", "never asked for")) == "missing (never asked for)"


@pytest.mark.parametrize(
    ("name", "is_open"),
    [
        ("loaded", False),
        ("holiday", False),
        ("late", True),
        ("missing", True),
        ("not_entitled", True),
        ("rejected", True),
    ],
)
def test_only_loaded_days_and_holidays_are_closed(name: State, is_open: bool) -> None:
    assert DayState(name).open is is_open
