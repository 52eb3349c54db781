"""Trading dates: their bounds in UTC, and the sessions of the New York Stock Exchange."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbp_assets.bars.sessions import at_exchange, day_bounds, exchange_date, expected_sessions, is_weekday, weekdays

pytestmark = pytest.mark.unit

SPRING_FORWARD, FALL_BACK = date(2024, 3, 10), date(2024, 11, 3)


@pytest.mark.parametrize(("day", "hours"), [(SPRING_FORWARD, 23), (FALL_BACK, 25), (date(2024, 1, 2), 24)])
def test_a_day_has_as_many_hours_as_new_york_gives_it(day: date, hours: int) -> None:
    start, end = day_bounds(day)
    assert end - start == timedelta(hours=hours)


def test_a_day_begins_at_midnight_in_new_york() -> None:
    assert day_bounds(date(2024, 1, 2))[0] == datetime(2024, 1, 2, 5, tzinfo=UTC)
    assert day_bounds(date(2024, 7, 1))[0] == datetime(2024, 7, 1, 4, tzinfo=UTC)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_days_follow_each_other_without_gap_or_overlap(day: date) -> None:
    start, end = day_bounds(day)
    assert end == day_bounds(day + timedelta(days=1))[0]
    assert exchange_date(start) == exchange_date(end - timedelta(microseconds=1)) == day


def test_a_clock_time_in_new_york_moves_with_the_season() -> None:
    assert at_exchange(date(2024, 3, 8), time(11, 30)) == datetime(2024, 3, 8, 16, 30, tzinfo=UTC)
    assert at_exchange(date(2024, 3, 11), time(11, 30)) == datetime(2024, 3, 11, 15, 30, tzinfo=UTC)


def test_the_date_in_new_york_lags_utc_in_the_evening() -> None:
    assert exchange_date(datetime(2024, 1, 3, 4, 59, tzinfo=UTC)) == date(2024, 1, 2)
    assert exchange_date(datetime(2024, 1, 3, 5, tzinfo=UTC)) == date(2024, 1, 3)


def test_weekends_are_no_weekdays() -> None:
    week = [date(2024, 1, 1) + timedelta(days=n) for n in range(7)]
    assert [is_weekday(day) for day in week] == [True] * 5 + [False] * 2


def test_weekdays_include_both_ends_and_holidays() -> None:
    assert weekdays(date(2024, 1, 1), date(2024, 1, 8)) == [date(2024, 1, n) for n in (1, 2, 3, 4, 5, 8)]
    assert weekdays(date(2024, 1, 6), date(2024, 1, 7)) == []
    assert weekdays(date(2024, 1, 5), date(2024, 1, 4)) == []


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [(date(2024, 1, 1), date(2024, 1, 31), 21), (date(2020, 1, 1), date(2024, 12, 31), 1258)],
)
def test_sessions_are_counted_as_the_exchange_held_them(start: date, end: date, count: int) -> None:
    assert len(expected_sessions(start, end)) == count


@pytest.mark.parametrize("day", [date(2025, 1, 9), date(2024, 1, 1), date(2024, 3, 29), date(2022, 6, 20)])
def test_the_exchange_was_closed(day: date) -> None:
    assert expected_sessions(day, day) == frozenset()


@pytest.mark.parametrize("day", [date(2024, 7, 3), date(2024, 11, 29), date(2025, 12, 24), date(2024, 1, 2)])
def test_a_short_day_is_a_session(day: date) -> None:
    assert expected_sessions(day, day) == {day}


def test_sessions_are_known_from_the_vendors_first_file_on() -> None:
    first = date(2003, 9, 10)
    assert first in expected_sessions(first, date(2003, 9, 12))


def test_sessions_before_the_calendar_begins_are_none_and_no_fault() -> None:
    assert expected_sessions(date(1999, 1, 1), date(2003, 1, 3)) == {date(2003, 1, 2), date(2003, 1, 3)}


def test_sessions_of_the_coming_year_are_known() -> None:
    today = datetime.now(UTC).date()
    assert expected_sessions(today, today + timedelta(days=14))


@pytest.mark.parametrize("year", range(2024, 2035))
def test_a_year_may_end_on_any_day_of_the_week(year: int) -> None:
    found = expected_sessions(date(year, 12, 22), date(year, 12, 31))
    assert 5 <= len(found) <= 7
    assert max(found) >= date(year, 12, 29)


@pytest.mark.parametrize("end", [date(2019, 12, 31), date(2020, 1, 2), date(2029, 12, 31)])
def test_the_last_session_of_a_range_is_there_at_the_turn_of_a_decade(end: date) -> None:
    assert max(expected_sessions(end - timedelta(days=5), end)) == end


@pytest.mark.parametrize("end", [date(2005, 12, 31), date(2028, 12, 31), date(2039, 12, 31)])
def test_a_range_may_end_on_the_weekend_with_which_a_year_ends(end: date) -> None:
    assert max(expected_sessions(end - timedelta(days=5), end)) == end - timedelta(days=end.weekday() - 4)
