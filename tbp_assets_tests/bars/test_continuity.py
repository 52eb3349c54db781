"""Flags of a bar beside the ticker's earlier bars: moves, volumes, prices that stand still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
import pytest

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.bars.flags import FLAG_NAMES, FLAG_SCHEMA, FlagName
from tbp_assets_tests.bars.flagging import DAYS, Bar, across, bar, flag_settings, frame, quiet

pytestmark = pytest.mark.unit

LAST = DAYS[30]
EARLIER = quiet(DAYS[:30])
DEAR = [
    bar(day=day, open=100.0, high=110 + day.toordinal() % 7 / 100, low=95.0, close=105.0) for day in DAYS[:30]
]  # fmt: skip
SPLIT: Bar = {"open": 10.5, "high": 11.0, "low": 10.0, "close": 10.6, "volume": 10_000.0}


def of_the_last(values: Bar, earlier: Sequence[Bar] = EARLIER, *names: FlagName) -> list[tuple[object, ...]]:
    """Return rule, observed, reference and detail of the flags of one bar after others."""
    bars = frame([*earlier, bar(day=LAST, **values)])  # pyright: ignore[reportArgumentType]  # any of its values
    found = flags_across_days(bars, [LAST], flag_settings(*names))
    return found.select("rule", "observed", "reference", "detail").rows()


def test_a_quiet_ticker_raises_no_flag() -> None:
    assert across(quiet()) == []


def test_no_bars_have_no_flags() -> None:
    assert flags_across_days(frame([]), DAYS, flag_settings()).equals(pl.DataFrame(schema=FLAG_SCHEMA))


def test_only_the_days_asked_for_are_reported() -> None:
    bars = [*EARLIER, bar(day=LAST, close=20.0)]
    assert across(bars, days=DAYS[:30]) == []
    assert across(bars, days=[LAST]) == [(LAST, "price_move")]


@pytest.mark.parametrize(
    ("close", "words"), [(15.75, None), (15.76, "50.1 %"), (5.25, None), (5.24, "-50.1 %"), (105.0, "900.0 %")]
)
def test_a_move_is_more_than_half_of_the_close_before(close: float, words: str | None) -> None:
    assert of_the_last({"close": close}) == ([("price_move", close, 10.5, words)] if words else [])


def test_a_move_is_from_the_bar_before_even_after_a_break() -> None:
    assert of_the_last({"close": 20.0}, EARLIER[:25], "price_move") == [("price_move", 20.0, 10.5, "90.5 %")]


def test_a_bar_older_than_the_look_back_says_nothing_of_a_move() -> None:
    others = quiet(DAYS, "OTHER")
    days = {n: [*others, *quiet(DAYS[:10]), bar(day=DAYS[n], close=20.0)] for n in (29, 30)}
    assert across(days[29], flag_settings("price_move")) == [(DAYS[29], "price_move")]
    assert across(days[30], flag_settings("price_move")) == []


def test_a_split_is_no_move_and_no_volume_spike() -> None:
    words = "10:1: the price opened at 0.1 times the close before, 10.1 times as many shares"
    assert of_the_last(SPLIT | {"volume": 10_100.0}, DEAR) == [("probable_split", 10.5, 105.0, words)]


def test_a_split_that_is_not_looked_for_is_a_move() -> None:
    rules = [row[0] for row in of_the_last(SPLIT, DEAR, "price_move", "volume_spike")]
    assert rules == ["price_move"]


@pytest.mark.parametrize(("volume", "raised"), [(10_000.0, False), (10_001.0, True)])
def test_a_volume_is_a_spike_beyond_ten_times_its_median(volume: float, raised: bool) -> None:
    assert of_the_last({"volume": volume}) == ([("volume_spike", volume, 1000.0, "")] if raised else [])


@pytest.mark.parametrize(("close", "raised"), [(2.625, False), (2.63, True)])
def test_a_spike_is_also_one_of_half_as_many_times_the_dollars(close: float, raised: bool) -> None:
    found = of_the_last({"volume": 20_000.0, "close": close, "low": 2.0}, EARLIER, "volume_spike")
    assert bool(found) == raised


@pytest.mark.parametrize(("earlier", "raised"), [(4, False), (5, True)])
def test_a_median_of_fewer_than_five_bars_tells_nothing(earlier: int, raised: bool) -> None:
    bars = [*quiet(DAYS[:30], "OTHER"), *EARLIER[-earlier:]]
    assert bool(of_the_last({"volume": 50_000.0}, bars, "volume_spike")) == raised


def test_the_median_is_of_the_twenty_days_before_and_of_no_other() -> None:
    before = [*quiet(DAYS[:10], volume=1.0), *quiet(DAYS[10:20], volume=3000.0), *quiet(DAYS[20:30])]
    assert of_the_last({"volume": 50_000.0}, before) == [("volume_spike", 50_000.0, 2000.0, "")]


def test_the_first_bar_of_a_market_raises_no_flag() -> None:
    assert across([bar(day=DAYS[0], volume=1e9)]) == []


def same(*numbers: int) -> list[Bar]:
    return [bar(day=DAYS[n]) for n in numbers]


def test_a_price_is_stale_from_the_third_repeat_on() -> None:
    assert across([*EARLIER, *same(30, 31, 32, 33, 34)]) == [(DAYS[n], "stale_price") for n in (33, 34)]


def test_a_stale_price_counts_the_days_in_a_row_up_to_twenty() -> None:
    found = flags_across_days(frame([bar(day=day) for day in DAYS[:30]]), DAYS, flag_settings("stale_price"))
    assert found["observed"].to_list() == [float(min(n, 20)) for n in range(3, 30)]
    assert found["reference"].unique().to_list() == [3.0]


@pytest.mark.parametrize("price", ["open", "high", "low", "close"])
def test_a_day_with_one_other_price_begins_anew(price: str) -> None:
    other = bar(day=DAYS[33], **{price: 10.2})  # pyright: ignore[reportArgumentType]  # a price
    assert across([*EARLIER, *same(30, 31, 32), other, *same(34, 35, 36)]) == []


def test_a_day_without_a_bar_begins_anew() -> None:
    bars = [*EARLIER, *same(30, 31, 32, 34, 35, 36), *quiet(DAYS, "OTHER")]
    assert across(bars, flag_settings("stale_price")) == []


def test_another_volume_does_not_make_a_price_less_stale() -> None:
    bars = [bar(day=day, volume=1000.0 + n) for n, day in enumerate(DAYS[:4])]
    assert across(bars, flag_settings("stale_price")) == [(DAYS[3], "stale_price")]


def test_tickers_that_differ_in_case_are_two() -> None:
    bars = [*quiet(DAYS[::2], "BCPC"), *quiet(DAYS[1::2], "BCpC", close=100.0, high=101.0)]
    found = flags_across_days(frame(bars), DAYS, flag_settings("price_move", "volume_spike", "stale_price"))
    assert found.is_empty()


def test_flags_come_by_date_ticker_and_rule() -> None:
    loud: Bar = {"close": 20.0, "volume": 50_000.0}
    days = (DAYS[29], LAST)
    bars = [each for ticker in ("b", "a", "B") for each in quiet(DAYS[:29], ticker)]
    bars += [bar(ticker, day, **loud) for day in reversed(days) for ticker in ("b", "a", "B")]  # pyright: ignore[reportArgumentType]
    found = flags_across_days(frame(bars), days, flag_settings()).select("trading_date", "ticker", "rule").rows()
    first = [(DAYS[29], ticker, rule) for ticker in ("B", "a", "b") for rule in ("price_move", "volume_spike")]
    assert found == [*first, *((LAST, ticker, "volume_spike") for ticker in ("B", "a", "b"))]


@pytest.mark.parametrize(("days", "raised"), [(10, True), (11, False)])
def test_days_before_a_long_break_say_nothing(days: int, raised: bool) -> None:
    after = DAYS[29] + timedelta(days=days)
    bars = [*EARLIER, *quiet(DAYS[:30], "GONE"), bar(day=after, close=20.0, volume=50_000.0)]
    found = flags_across_days(frame(bars), [after], flag_settings()).select("ticker", "rule").rows()
    expected = [("AAPL", "price_move"), ("AAPL", "volume_spike"), ("GONE", "vanished")]
    assert found == (expected if raised else [])


ACROSS_DAYS = list(FLAG_NAMES[FLAG_NAMES.index("price_move") :])


def loud_market() -> list[Bar]:
    """Return bars with every flag across days, all on or before the last day."""
    still = quiet(DAYS[:31], "STILL", high=11.0)
    gap = [*quiet(DAYS[:28], "GAP"), bar("GAP", LAST)]
    return [
        *quiet(DAYS[:30], "MOVE"), bar("MOVE", LAST, close=20.0), *({**dear, "ticker": "SPLIT"} for dear in DEAR),
        bar("SPLIT", LAST, **SPLIT), *quiet(DAYS[:30], "SPIKE"), bar("SPIKE", LAST, volume=50_000.0), *still, *gap,  # pyright: ignore[reportArgumentType]
        *quiet(DAYS[:30], "GONE"), bar("NEW", LAST),
    ]  # fmt: skip


def test_every_flag_across_days_can_be_raised() -> None:
    found = flags_across_days(frame(loud_market()), [LAST], flag_settings())
    assert found.schema == FLAG_SCHEMA
    assert sorted(found["rule"]) == sorted(ACROSS_DAYS)


@pytest.mark.parametrize("name", ACROSS_DAYS)
def test_a_flag_that_is_off_is_not_looked_for(name: FlagName) -> None:
    others: list[FlagName] = [each for each in FLAG_NAMES if each != name]
    found = flags_across_days(frame(loud_market()), [LAST], flag_settings(*others))
    assert name not in found["rule"].to_list()
    assert {*ACROSS_DAYS, "price_move"} - {name} <= set(found["rule"])


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_bars_is_no_difference(seed: int) -> None:
    bars = frame(loud_market())
    shuffled = bars.sample(fraction=1, shuffle=True, seed=seed)
    assert flags_across_days(shuffled, DAYS, flag_settings()).equals(flags_across_days(bars, DAYS, flag_settings()))
