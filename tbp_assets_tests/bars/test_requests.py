"""What to ask for: the listing decides, and a day that cannot be had is not asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.facts import DayFacts, LandingFact, Listed
from tbp_assets.bars.failures import Failure, Patience
from tbp_assets.bars.requests import Window, days_to_request, next_request
from tbp_assets_tests.bars.day_facts import FIRST, SECOND, lake_fact, landing_fact, listed, loaded, restated
from tbp_assets_tests.day_files import NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY

pytestmark = pytest.mark.unit

EXPECTATION = Expectation(frozenset({TUESDAY, WEDNESDAY, THURSDAY}), time(13, 0))
NOW = datetime(2024, 1, 5, 16, 30, tzinfo=UTC)


PATIENCE = Patience(timedelta(minutes=15), timedelta(days=1), max_attempts=12)


def asked(
    *facts: DayFacts,
    listing: Mapping[date, Listed],
    in_progress: Collection[date] = (),
    patience: Patience | None = None,
) -> list[date]:
    return days_to_request(facts, listing, in_progress=in_progress, expectation=EXPECTATION, now=NOW, patience=patience)


def test_a_listed_day_that_is_not_loaded_is_asked_for() -> None:
    assert asked(DayFacts(TUESDAY), listing={TUESDAY: listed()}) == [TUESDAY]


def test_a_missing_day_that_is_not_listed_is_not_asked_for() -> None:
    assert asked(DayFacts(TUESDAY), DayFacts(THURSDAY), listing={}) == []


def test_a_day_said_to_be_absent_before_is_asked_for_once_it_is_listed() -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY, "absent", None))
    assert asked(facts, listing={}) == []
    assert asked(facts, listing={TUESDAY: listed()}) == [TUESDAY]


def test_a_loaded_day_is_not_asked_for_again() -> None:
    assert asked(loaded(TUESDAY), listing={TUESDAY: listed()}) == []


def test_a_restated_file_is_asked_for() -> None:
    assert asked(loaded(TUESDAY), listing={TUESDAY: listed(SECOND)}) == [TUESDAY]


def test_a_loaded_day_that_the_provider_no_longer_lists_is_left_alone() -> None:
    assert asked(loaded(TUESDAY), listing={}) == []


def test_a_day_in_progress_is_not_asked_for_twice() -> None:
    facts, listing = [DayFacts(TUESDAY), DayFacts(WEDNESDAY)], {TUESDAY: listed(), WEDNESDAY: listed()}
    assert asked(*facts, listing=listing, in_progress={TUESDAY}) == [WEDNESDAY]


def test_a_holiday_is_asked_for_once_so_that_its_absence_is_recorded() -> None:
    assert asked(DayFacts(NEW_YEAR), listing={}) == [NEW_YEAR]
    assert asked(DayFacts(NEW_YEAR, landing_fact(NEW_YEAR, "absent", None)), listing={}) == []


def test_a_file_listed_on_a_holiday_is_asked_for() -> None:
    recorded = DayFacts(NEW_YEAR, landing_fact(NEW_YEAR, "absent", None))
    assert asked(recorded, listing={NEW_YEAR: listed()}) == [NEW_YEAR]


@pytest.mark.parametrize("validated", [True, False])
def test_a_day_landed_but_not_loaded_is_asked_for_even_when_no_longer_listed(validated: bool) -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY), lake_fact(TUESDAY) if validated else None)
    assert asked(facts, listing={}) == [TUESDAY]


def test_a_restated_file_landed_but_not_loaded_is_asked_for() -> None:
    assert asked(restated(TUESDAY, None), listing={}) == [TUESDAY]


def test_a_day_without_entitlement_is_asked_for_while_it_is_listed() -> None:
    facts = DayFacts(TUESDAY, landing_fact(TUESDAY, "forbidden", None))
    assert asked(facts, listing={TUESDAY: listed()}) == [TUESDAY]
    assert asked(facts, listing={}) == []


def failed(*, attempts: int = 1, version: str = FIRST) -> DayFacts:
    """Return a listed day whose file did not arrive an hour ago."""
    hour_ago = NOW - timedelta(hours=1)
    failure = Failure(TUESDAY, "network", "cut off", attempts, hour_ago, hour_ago)
    return DayFacts(TUESDAY, LandingFact(TUESDAY, "unreachable", hour_ago, etag=version), failure=failure)


@pytest.mark.parametrize(("attempts", "days"), [(2, [TUESDAY]), (3, [TUESDAY]), (4, []), (9, []), (12, [])])
def test_a_failed_day_is_asked_for_when_its_pause_is_over(attempts: int, days: list[date]) -> None:
    assert asked(failed(attempts=attempts), listing={TUESDAY: listed()}, patience=PATIENCE) == days


def test_a_person_who_asks_need_not_wait() -> None:
    assert asked(failed(attempts=12), listing={TUESDAY: listed()}, patience=None) == [TUESDAY]


def test_a_version_that_was_never_tried_is_asked_for_at_once() -> None:
    assert asked(failed(attempts=12), listing={TUESDAY: listed(SECOND)}, patience=PATIENCE) == [TUESDAY]


def test_a_file_of_the_same_etag_and_another_size_is_another_version() -> None:
    assert asked(loaded(TUESDAY), listing={TUESDAY: replace(listed(), bytes=99)}) == [TUESDAY]
    assert asked(loaded(TUESDAY), listing={TUESDAY: replace(listed(), bytes=None)}) == []


def test_a_file_replaced_between_listing_and_download_is_known_by_both_its_etags() -> None:
    landing = loaded(TUESDAY).landing
    assert landing is not None
    facts = replace(loaded(TUESDAY), landing=replace(landing, etag="as listed"))
    assert asked(facts, listing={TUESDAY: listed("as listed")}) == []
    assert asked(facts, listing={TUESDAY: listed(FIRST)}) == []
    assert asked(facts, listing={TUESDAY: listed(SECOND)}) == [TUESDAY]


def test_days_come_oldest_first() -> None:
    facts = [DayFacts(day) for day in (THURSDAY, TUESDAY, WEDNESDAY)]
    assert asked(*facts, listing={day.trading_date: listed() for day in facts}) == [TUESDAY, WEDNESDAY, THURSDAY]


def test_a_listed_day_outside_the_window_is_not_asked_for() -> None:
    assert asked(DayFacts(TUESDAY), listing={THURSDAY: listed()}) == []


def test_a_loaded_day_that_the_lake_lost_is_validated_again() -> None:
    assert asked(replace(loaded(TUESDAY), lake=None), listing={TUESDAY: listed()}) == [TUESDAY]


WINDOW = Window(date(2020, 1, 1), look_back_days=10, correction_days=30)
FAULT = Failure(TUESDAY, "parsing", "cut short", 1, NOW - timedelta(days=1), NOW - timedelta(days=1))


@pytest.mark.parametrize("ago", [1, 9, 10, 11, 29, 30, 31, 900])
@pytest.mark.parametrize("asked_before", [True, False])
@pytest.mark.parametrize("attempts", [1, 12])
def test_what_is_said_of_a_failed_day_is_what_is_asked_for(ago: int, attempts: int, *, asked_before: bool) -> None:
    now = NOW
    day = (now - timedelta(days=ago)).date()
    fault = replace(FAULT, trading_date=day, attempts=attempts)
    known = DayFacts(day, landing_fact(day, "unusable", None) if asked_before else None, failure=fault)
    said = next_request(known, fault, WINDOW, PATIENCE, now)
    looked_at = WINDOW.includes(day, asked=asked_before, now=now)
    assert looked_at == (ago <= (30 if asked_before else 10))
    assert said.person == (not looked_at or attempts == 12)
    assert bool(said.why) == (said.due is None)
    assert (said.due is not None and said.due <= now) == (looked_at and PATIENCE.over(fault, now))


def test_a_day_without_a_file_is_said_to_wait_for_one() -> None:
    known = DayFacts(THURSDAY, landing_fact(THURSDAY, "absent", None))
    said = next_request(known, replace(FAULT, trading_date=THURSDAY), WINDOW, PATIENCE, NOW)
    assert (said.due, said.why, said.person) == (None, "once the provider lists its file", False)
