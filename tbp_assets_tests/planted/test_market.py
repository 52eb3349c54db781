"""What a planted market promises: the same market for a seed, and sound, lively bars where nothing is planted."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tbp_assets_tests.planted import market
from tbp_assets_tests.planted.bars import BAR_SCHEMA
from tbp_assets_tests.planted.judged import SEEDS, beside, made
from tbp_assets_tests.planted.kinds import TRUTH_SCHEMA
from tbp_assets_tests.planted.sessions import sessions

pytestmark = pytest.mark.unit

FIRST, LAST = date(2020, 1, 2), date(2024, 12, 31)


def test_a_seed_gives_the_same_market_again_and_another_seed_another() -> None:
    again, other = market(3, tickers=4), market(4, tickers=4)
    assert_frame_equal(market(3, tickers=4).bars, again.bars)
    assert_frame_equal(market(3, tickers=4).planted, again.planted)
    assert not again.bars.equals(other.bars)


def test_the_frames_are_typed_as_said_and_sorted() -> None:
    bars, planted = made(SEEDS[0]).bars, made(SEEDS[0]).planted
    assert dict(bars.schema) == BAR_SCHEMA
    assert dict(planted.schema) == TRUTH_SCHEMA
    assert bars.equals(bars.sort("trading_date", "ticker"))
    assert not bars.select("trading_date", "ticker").is_duplicated().any()
    assert bars.null_count().sum_horizontal().item() == 0


def test_the_sessions_are_those_of_new_york() -> None:
    days = made(SEEDS[0]).bars["trading_date"].unique().sort().to_list()
    assert len(days) == 1258
    assert days == list(sessions(FIRST, LAST))
    assert date(2021, 1, 18) not in days


@pytest.mark.parametrize("seed", SEEDS)
def test_every_bar_is_sound(seed: int) -> None:
    sound = (
        (pl.col("low") > 0)
        & (pl.col("low") <= pl.min_horizontal("open", "close"))
        & (pl.col("high") >= pl.max_horizontal("open", "close"))
        & (pl.col("volume") >= pl.col("transactions"))
        & (pl.col("transactions") >= 1)
        & (pl.col("volume") == pl.col("volume").round())
    )
    assert made(seed).bars.filter(~sound).is_empty()


def test_prices_are_in_cents_and_below_a_dollar_in_hundredths_of_a_cent() -> None:
    prices = made(SEEDS[0]).bars.unpivot(["open", "high", "low", "close"])["value"].to_list()
    assert all(price == round(price, 2) for price in prices if price >= 1)
    assert all(price == round(price, 4) for price in prices)
    assert any(price != round(price, 2) for price in prices)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_moves_by_half_where_nothing_is_planted(seed: int) -> None:
    moves = beside(made(seed)).select((pl.col("open", "close") / pl.col("before")).name.keep()).drop_nulls()
    assert len(moves) > 40_000
    assert moves["close"].is_between(0.51, 1.49).all()
    assert moves["open"].is_between(0.51, 1.49).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_print_is_far_off_and_no_volume_beyond_eleven_times_the_usual_where_nothing_is_planted(seed: int) -> None:
    clean = beside(made(seed))
    high = pl.col("high") / pl.max_horizontal("open", "close")
    low = pl.min_horizontal("open", "close") / pl.col("low")
    volume = (pl.col("volume") / pl.col("usual")).fill_null(0)
    assert clean.select((high < 1.4).all(), (low < 1.4).all(), (volume < 12).all()).row(0) == (True, True, True)


def test_the_clean_market_is_no_calm_one() -> None:
    clean = pl.concat([beside(made(seed)) for seed in SEEDS])
    moved = (clean["close"] / clean["before"]).drop_nulls()
    assert (~moved.is_between(0.75, 1.25)).sum() > 20
    assert (clean["volume"] / clean["usual"] > 6).sum() > 100
    assert (clean["high"] / clean["close"] > 1.2).sum() > 20


def test_no_prices_repeat_on_three_days_by_nature() -> None:
    repeats = [pl.col(name) == pl.col(name).shift(1).over("ticker") for name in ("open", "high", "low", "close")]
    for seed in SEEDS:
        bars = made(seed).bars.sort("ticker", "trading_date").with_columns(same=pl.all_horizontal(repeats))
        thrice = bars.filter(pl.all_horizontal(pl.col("same").shift(n).over("ticker") for n in range(3)))
        assert not thrice.is_empty()
        stale = made(seed).planted.filter(kind="stale")
        inside = thrice.join_where(
            stale, pl.col("ticker") == pl.col("ticker_right"), pl.col("trading_date") >= pl.col("first"),
            pl.col("trading_date") <= pl.col("last"), suffix="_right",
        )  # fmt: skip
        assert len(inside) == len(thrice)


def test_a_range_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="has 21 sessions; a market needs 120"):
        market(0, last=date(2020, 1, 31))
