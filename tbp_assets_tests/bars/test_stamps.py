"""window_start: nanoseconds, UTC, of the file's own trading date in New York."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.bars.splitting import split
from tbp_assets.bars.validation import validate
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.bars.judging import judge, judge_minutes, landed
from tbp_assets_tests.day_files import LIMITS, REAL_DATA, TUESDAY, day_file, row, stamp

pytestmark = pytest.mark.unit

EXCERPTS = REAL_DATA.parent / "excerpts"
MINUTES = EXCERPTS / "stocks_minute_candlesticks_example.csv"
DAYS = EXCERPTS / "stocks_day_candlesticks_example.csv"
EXCERPT_DAY = date(2023, 3, 28)
HOUR = 3_600_000_000_000
SUMMER = date(2024, 7, 1)


def test_a_stamp_is_kept_to_the_nanosecond_in_utc() -> None:
    accepted = judge([row()]).accepted
    assert accepted.schema["timestamp"] == pl.Datetime("ns", "UTC")
    assert accepted["timestamp"].to_physical().to_list() == [1704171600000000000]
    assert accepted["timestamp"].to_list() == [datetime(2024, 1, 2, 5, tzinfo=UTC)]


def test_midnight_in_summer_is_four_o_clock_utc() -> None:
    assert judge([row(day=SUMMER)], SUMMER).accepted["timestamp"].to_list() == [datetime(2024, 7, 1, 4, tzinfo=UTC)]


@pytest.mark.parametrize("hours", [-1, 24])
def test_an_hour_outside_the_date_in_new_york_is_another_date(hours: int) -> None:
    result = judge([row("A", window_start=stamp(TUESDAY) + hours * HOUR), row("B")])
    assert result.rejected == {"timestamp_of_another_date": 1}


@pytest.mark.parametrize("hours", [0, 16])
def test_midnight_and_the_close_in_new_york_are_stamps_of_a_day_bar(hours: int) -> None:
    assert judge([row(window_start=stamp(TUESDAY) + hours * HOUR)]).rejected == {}


@pytest.mark.parametrize("day", [TUESDAY, SUMMER, date(2024, 3, 11), date(2024, 11, 4)])
@pytest.mark.parametrize("hours", [1, 9.5, 15, 19, 23])
def test_another_hour_of_the_date_is_no_stamp_of_a_day_bar(day: date, hours: float) -> None:
    result = judge([row(day=day, window_start=stamp(day) + int(hours * HOUR))], day)
    assert result.rejected == {"timestamp_not_of_a_day": 1}


def test_a_minute_bar_is_of_the_trading_date_in_new_york_though_utc_is_a_day_on() -> None:
    accepted = judge_minutes([row(window_start=stamp(TUESDAY) + 20 * HOUR)]).accepted
    assert accepted["timestamp"].to_list() == [datetime(2024, 1, 3, 1, tzinfo=UTC)]
    assert accepted["trading_date"].to_list() == [TUESDAY]


def test_a_file_stamped_with_the_next_day_is_withheld_with_that_cause() -> None:
    # Seen on 2019-08-12: the whole file bore the stamps of 2019-08-13.
    monday, tuesday = date(2019, 8, 12), date(2019, 8, 13)
    content = day_file([row("A", tuesday), row("B", tuesday)])
    day = validate(
        content,
        landed(content, 3),
        US_STOCKS_DAY_AGGS,
        monday,
        data_source="polygon",
        max_rejected_share=0.05,
        limits=LIMITS,
    )
    assert day.fact.status == "withheld"
    assert "2019-08-12" in day.fact.cause
    assert "timestamp_of_another_date (2 rows)" in day.fact.cause


def test_a_file_stamped_before_1970_is_withheld_as_another_unit() -> None:
    # Seen in an options file of 2025-02-10: every row said -68400000000000.
    result = judge([row("A", window_start=-68400000000000)])
    assert result.rejected == {"timestamp_not_nanoseconds": 1}


@pytest.mark.skipif(not MINUTES.exists(), reason=f"the vendor's excerpt is not at {MINUTES}")
def test_the_vendors_seventeen_digit_stamps_are_withheld_with_their_cause() -> None:
    header, *lines = MINUTES.read_text(encoding="utf-8").splitlines()
    content = day_file(lines, header)
    day = validate(
        content, landed(content, len(lines) + 1), US_STOCKS_DAY_AGGS, EXCERPT_DAY, data_source="polygon",
        max_rejected_share=0.05,
        limits=LIMITS,
    )  # fmt: skip
    assert (day.fact.status, day.fact.accepted) == ("withheld", 0)
    assert day.fact.rejected == {"timestamp_not_nanoseconds": 99}
    assert "timestamp_not_nanoseconds (99 rows)" in day.fact.cause


@pytest.mark.skipif(not DAYS.exists(), reason=f"the vendor's excerpt is not at {DAYS}")
def test_the_vendors_day_bars_stamped_at_the_close_are_accepted() -> None:
    header, *lines = DAYS.read_text(encoding="utf-8").splitlines()
    result = split(parse_day_file(day_file(lines, header), US_STOCKS_DAY_AGGS, EXCERPT_DAY, LIMITS))
    assert (result.accepted.height, result.quarantined.height) == (99, 0)
    assert set(result.accepted["timestamp"]) == {datetime(2023, 3, 28, 20, tzinfo=UTC)}
