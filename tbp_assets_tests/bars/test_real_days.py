"""The four real day files against numbers computed from them by other means (FEATURES.md section 7)."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import polars as pl
import pytest

from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.bars.splitting import SplitDay, split
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.day_files import FRIDAY, LIMITS, REAL_DATA, THURSDAY, TUESDAY, WEDNESDAY

pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"the vendor's real day files are not at {REAL_DATA}"),
]

DAYS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
ROWS = {TUESDAY: 10469, WEDNESDAY: 10441, THURSDAY: 10487, FRIDAY: 10432}
VOLUME = {TUESDAY: 11824635089, WEDNESDAY: 11892108744, THURSDAY: 11078359106, FRIDAY: 11116514549}
TRANSACTIONS = {TUESDAY: 78084130, WEDNESDAY: 77509042, THURSDAY: 70001615, FRIDAY: 68646156}
LOWER_CASE = {TUESDAY: 393, WEDNESDAY: 393, THURSDAY: 397, FRIDAY: 392}
NO_VOLUME = {TUESDAY: 31, WEDNESDAY: 52, THURSDAY: 56, FRIDAY: 74}
STAMP = {TUESDAY: 1704171600000000000, WEDNESDAY: 1704258000000000000, THURSDAY: 1704344400000000000,
         FRIDAY: 1704430800000000000}  # fmt: skip
AAPL_CLOSE = {TUESDAY: 185.64, WEDNESDAY: 184.25, THURSDAY: 181.91, FRIDAY: 181.18}

every_day = pytest.mark.parametrize("day", DAYS, ids=str)


def content(day: date) -> bytes:
    return (REAL_DATA / US_STOCKS_DAY_AGGS.key(day)).read_bytes()


@cache
def real(day: date) -> SplitDay:
    return split(parse_day_file(content(day), US_STOCKS_DAY_AGGS, day, LIMITS))


def fields(day: date) -> dict[str, list[str]]:
    """Read the columns of a file as text, without the parser."""
    header, *lines = gzip.decompress(content(day)).decode().splitlines()
    return dict(zip(header.split(","), map(list, zip(*(line.split(",") for line in lines), strict=True)), strict=True))


@every_day
def test_every_row_of_a_real_day_is_accepted(day: date) -> None:
    assert (real(day).accepted.height, real(day).rejected, real(day).modified) == (ROWS[day], {}, {})


@every_day
def test_the_sums_of_a_real_day_are_the_oracles(day: date) -> None:
    bars = real(day).accepted
    assert (bars["volume"].sum(), bars["transactions"].sum()) == (VOLUME[day], TRANSACTIONS[day])


@every_day
def test_a_real_day_keeps_its_lower_case_tickers(day: date) -> None:
    lower = real(day).accepted["ticker"].str.contains("[a-z]").sum()
    assert lower == LOWER_CASE[day]


@every_day
def test_a_real_day_keeps_its_bars_without_volume(day: date) -> None:
    assert (real(day).accepted["volume"] == 0).sum() == NO_VOLUME[day]


@every_day
def test_a_real_day_holds_tickers_that_look_like_something_else(day: date) -> None:
    tickers = set(real(day).accepted["ticker"])
    assert {"NA", "NAN", "TRUE", "PRN", "BRK.A", "BCPC", "BCpC"} <= tickers


@every_day
def test_a_real_day_is_stamped_at_five_o_clock_utc(day: date) -> None:
    stamps = real(day).accepted["timestamp"]
    assert set(stamps) == {datetime(day.year, day.month, day.day, 5, tzinfo=UTC)}
    assert set(stamps.to_physical()) == {STAMP[day]}


@every_day
def test_a_real_day_is_sorted_by_bytes(day: date) -> None:
    tickers = real(day).accepted["ticker"].to_list()
    assert tickers == sorted(tickers, key=str.encode)
    assert len(set(tickers)) == ROWS[day]


@every_day
def test_every_number_of_a_real_day_survives_exactly(day: date) -> None:
    bars = real(day).accepted.sort("line")
    for name, texts in fields(day).items():
        if name == "ticker":
            assert bars[name].to_list() == texts
        elif bars.schema.get(name) == pl.Float64:
            assert [Decimal(repr(value)) for value in bars[name]] == [Decimal(text) for text in texts], name
        else:
            column = bars["timestamp"].to_physical() if name == "window_start" else bars[name]
            assert [str(value) for value in column] == texts, name


@every_day
def test_the_configured_universe_is_twelve_bars_of_a_real_day(day: date) -> None:
    universe = ConfigLoader(PROJECT_ROOT / "config", {}).get_instruments_config().universe("configured")
    inside = universe.select(real(day).accepted, day)
    assert inside.bars.height == 12
    assert inside.outside == {"not_in_universe": ROWS[day] - 12}
    assert inside.bars.filter(pl.col("ticker") == "AAPL")["close"].to_list() == [AAPL_CLOSE[day]]


def test_one_bar_a_real_day_is_above_ten_thousand_dollars() -> None:
    high = pl.concat([real(day).accepted for day in DAYS]).filter(pl.col("high") > 10_000)
    assert high["ticker"].to_list() == ["BRK.A"] * 4


def test_the_four_real_days_are_all_there_is() -> None:
    assert sum(ROWS.values()) == 41829
