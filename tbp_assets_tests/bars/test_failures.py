"""How long a day that failed is left alone, and when it is left to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.bars.failures import Failure, Patience
from tbp_assets_tests.day_files import TUESDAY

pytestmark = pytest.mark.unit

AT = datetime(2024, 1, 3, 16, tzinfo=UTC)
FAILURE = Failure(TUESDAY, "network", "cut off", attempts=1, created_at=AT, last_attempt_at=AT)
PATIENCE = Patience(timedelta(minutes=15), timedelta(hours=2), max_attempts=6)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 15), (2, 30), (3, 60), (4, 120), (5, 120)])
def test_pauses_double_up_to_the_longest(attempts: int, minutes: int) -> None:
    failure = replace(FAILURE, attempts=attempts)
    assert PATIENCE.next_attempt(failure) == AT + timedelta(minutes=minutes)


@pytest.mark.parametrize("attempts", [6, 7, 10_000])
def test_after_the_last_attempt_a_day_is_left_to_a_person(attempts: int) -> None:
    failure = replace(FAILURE, attempts=attempts)
    assert PATIENCE.next_attempt(failure) is None
    assert not PATIENCE.over(failure, AT + timedelta(days=3650))


def test_many_attempts_do_not_overflow() -> None:
    patient = replace(PATIENCE, max_attempts=1_000_000)
    assert patient.next_attempt(replace(FAILURE, attempts=999_999)) == AT + timedelta(hours=2)


def test_a_pause_is_over_at_its_end_and_not_before() -> None:
    end = AT + timedelta(minutes=15)
    assert PATIENCE.over(FAILURE, end)
    assert not PATIENCE.over(FAILURE, end - timedelta(seconds=1))


def test_a_day_that_never_failed_need_not_wait() -> None:
    assert PATIENCE.over(None, AT)
