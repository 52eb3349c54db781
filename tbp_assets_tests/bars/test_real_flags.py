"""Flags of the four real day files and of NVDA's split, against counts made from the files by other means."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
import pytest

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.bars.flags import FLAG_SCHEMA, FlagName, FlagSettings, flags_within_day
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.bars.flagging import bar, frame
from tbp_assets_tests.bars.test_real_days import DAYS, every_day, real
from tbp_assets_tests.day_files import FRIDAY, REAL_DATA, THURSDAY, TUESDAY, WEDNESDAY

EXCERPT = REAL_DATA.parent / "excerpts" / "nvda_split_2024-06_day_aggs_unadjusted.csv"
pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"the vendor's real day files are not at {REAL_DATA}"),
    pytest.mark.skipif(not EXCERPT.is_file(), reason=f"the excerpt of NVDA's real bars is not at {EXCERPT}"),
]

Counts = dict[FlagName, int]
WITHIN_DAY: dict[date, Counts] = {
    TUESDAY: {"price_below_minimum": 34, "price_spike": 20, "test_ticker": 13, "volume_above_maximum": 1},
    WEDNESDAY: {"price_below_minimum": 29, "price_spike": 12, "test_ticker": 13},
    THURSDAY: {"price_below_minimum": 31, "price_spike": 9, "test_ticker": 13},
    # The tenth fell from 0.135 to 0.09, just the limit; as binary numbers the quotient is a trace beyond it.
    FRIDAY: {"price_below_minimum": 29, "price_spike": 9 + 1, "test_ticker": 11},
}
TEST_TICKERS = {
    "CTEST", "NTEST", "NTEST.H", "NTEST.I", "PTEST", "ZBZX", "ZEXIT", "ZIEXT", "ZJZZT", "ZTEST", "ZTST", "ZVZZT",
    "ZWZZT", "ZXIET", "ZXZZT",
}  # fmt: skip
REVERSE_SPLITS = {
    ("PRSO", WEDNESDAY), ("TENX", WEDNESDAY), ("ACON", THURSDAY), ("JSPR", THURSDAY), ("DSS", FRIDAY),
    ("SABS", FRIDAY),
}  # fmt: skip
SPLIT_DAY = date(2024, 6, 10)


def shipped() -> FlagSettings:
    return ConfigLoader(PROJECT_ROOT / "config", {}).get_pipeline_config().quality.flag_settings


@cache
def within(day: date) -> pl.DataFrame:
    return flags_within_day(real(day).accepted, shipped())


@cache
def across() -> pl.DataFrame:
    return flags_across_days(pl.concat([real(day).accepted for day in DAYS]), DAYS, shipped())


@cache
def nvda() -> pl.DataFrame:
    """Return every flag of NVDA's ten days around the split."""
    at = pl.from_epoch("window_start", time_unit="ns").dt.date()
    rows = pl.read_csv(EXCERPT).with_columns(at.alias("day")).drop("window_start", "ticker", "transactions")
    bars = frame([bar("NVDA", **row) for row in rows.iter_rows(named=True)])
    settings = shipped()
    return pl.concat([flags_within_day(bars, settings), flags_across_days(bars, bars["trading_date"], settings)])


@every_day
def test_a_real_day_has_so_many_of_each_flag_of_a_bar_alone(day: date) -> None:
    counted = dict(within(day).group_by("rule").len().iter_rows())
    assert counted == {**WITHIN_DAY[day], "price_above_maximum": 1}


@every_day
def test_the_one_bar_above_ten_thousand_dollars_is_the_dearest_share_there_is(day: date) -> None:
    found = within(day).filter(pl.col("rule") == "price_above_maximum")
    assert found["ticker"].to_list() == ["BRK.A"]


def test_the_one_volume_above_a_billion_is_flagged() -> None:
    found = within(TUESDAY).filter(pl.col("rule") == "volume_above_maximum")
    volume = real(TUESDAY).accepted["volume"].max()
    assert found["observed"].to_list() == [volume]


def test_the_exchanges_test_tickers_are_found_and_no_others() -> None:
    found = pl.concat([within(day) for day in DAYS]).filter(pl.col("rule") == "test_ticker")
    assert set(found["ticker"]) == TEST_TICKERS


@pytest.mark.parametrize(("ticker", "day"), sorted(REVERSE_SPLITS))
def test_a_reverse_split_of_the_real_days_is_found_after_a_day_or_two(ticker: str, day: date) -> None:
    found = across().filter(pl.col("ticker") == ticker, pl.col("trading_date") == day)
    (rule, detail) = found.select("rule", "detail").row(0)
    assert (found.height, rule, detail[:2]) == (1, "probable_split", "1:")


def test_no_split_is_seen_where_there_was_none_but_for_an_exchanges_test_symbol() -> None:
    found = across().filter(pl.col("rule") == "probable_split").select("ticker", "trading_date").rows()
    assert set(found) == {*REVERSE_SPLITS, ("ZVZZT", WEDNESDAY)}


def test_four_days_are_too_few_for_what_takes_twenty() -> None:
    assert set(across()["rule"]) == {"price_move", "probable_split", "stale_price"}


def test_what_the_real_days_know_of_earlier_ones_begins_on_the_second() -> None:
    assert across().filter(pl.col("trading_date") == TUESDAY).is_empty()
    assert across().filter(pl.col("rule") == "stale_price")["trading_date"].unique().to_list() == [FRIDAY]


def test_nvdas_ten_for_one_split_and_its_odd_high_are_all_that_is_flagged() -> None:
    words = "10:1: the price opened at 0.09957 times the close before, 7.17 times as many shares"
    expected = [
        (SPLIT_DAY, "NVDA", "price_spike", 195.95, 121.79, ""),
        (SPLIT_DAY, "NVDA", "probable_split", 120.37, 1208.88, words),
    ]
    assert nvda().equals(pl.DataFrame(expected, schema=FLAG_SCHEMA, orient="row"))
