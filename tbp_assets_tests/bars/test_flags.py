"""Flags of a bar alone: where each begins, what stands beside it, and what is off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.flags import FLAG_NAMES, FLAG_SCHEMA, FlagName, flags_within_day
from tbp_assets.bars.sessions import at_exchange
from tbp_assets_tests.bars.flagging import LIMITS, bar, flag_settings, frame, within
from tbp_assets_tests.day_files import TUESDAY

pytestmark = pytest.mark.unit

SUMMER = date(2024, 7, 1)
AT_CLOSE, NOON = at_exchange(TUESDAY, time(16)), at_exchange(TUESDAY, time(12))
# A bar at the limit, one beyond it, and what is observed and compared with there.
Case = tuple[FlagName, Mapping[str, object], Mapping[str, object], float, float | None]
CASES: list[Case] = [
    ("price_below_minimum", {"low": 0.01, "open": 0.01, "close": 0.01, "high": 0.01},
     {"low": 0.0099, "open": 0.01, "close": 0.01, "high": 0.01}, 0.0099, 0.01),
    ("price_above_maximum", {"high": 1e4, "open": 9999.0, "close": 9998.0, "low": 9997.0},
     {"high": 10_000.01, "open": 9999.0, "close": 9998.0, "low": 9997.0}, 10_000.01, 1e4),
    ("price_spike", {"high": 15.75}, {"high": 15.76}, 15.76, 10.5),
    ("price_spike", {"open": 12.0, "high": 18.0}, {"open": 12.0, "high": 18.01}, 18.01, 12.0),
    ("price_spike", {"open": 12.0, "low": 7.0, "high": 12.0}, {"open": 12.0, "low": 6.99, "high": 12.0}, 6.99, 10.5),
    ("price_spike", {"open": 9.0, "low": 6.0}, {"open": 9.0, "low": 5.99}, 5.99, 9.0),
    ("zero_volume_moved", {"volume": 0.0, "open": 10.5}, {"volume": 0.0, "open": 10.4}, 10.5, 10.4),
    ("volume_above_maximum", {"volume": 1e9}, {"volume": 1e9 + 1}, 1e9 + 1, 1e9),
    ("stamped_at_close", {"timestamp": NOON}, {"timestamp": AT_CLOSE}, 16, 0),
    ("test_ticker", {"ticker": "ZTES"}, {"ticker": "ZTEST"}, 10.5, None),
]  # fmt: skip


def test_a_plain_bar_raises_no_flag() -> None:
    assert within() == []


@pytest.mark.parametrize(("name", "at"), [case[:2] for case in CASES])
def test_at_its_limit_a_flag_is_not_raised(name: FlagName, at: Mapping[str, object]) -> None:
    assert within(flag_settings(name), **at) == []


@pytest.mark.parametrize(("name", "beyond"), [(case[0], case[2]) for case in CASES])
def test_beyond_its_limit_a_flag_is_raised_and_no_other(name: FlagName, beyond: Mapping[str, object]) -> None:
    assert within(None, **beyond) == [name]


@pytest.mark.parametrize(("name", "beyond", "observed", "reference"), [(case[0], *case[2:]) for case in CASES])
def test_a_flag_names_what_was_observed_and_what_it_was_compared_with(
    name: FlagName, beyond: Mapping[str, object], observed: float, reference: float | None
) -> None:
    plain = bar(**beyond)  # pyright: ignore[reportArgumentType]  # any of its values
    found = flags_within_day(frame([plain]), flag_settings())
    assert found.schema == FLAG_SCHEMA
    assert found.rows() == [(TUESDAY, plain["ticker"], name, observed, reference, "")]


@pytest.mark.parametrize(("name", "beyond"), [(case[0], case[2]) for case in CASES])
def test_a_flag_that_is_off_is_not_looked_for(name: FlagName, beyond: Mapping[str, object]) -> None:
    others: list[FlagName] = [each for each in FLAG_NAMES if each != name]
    assert within(flag_settings(*others), **beyond) == []


@pytest.mark.parametrize("name", ["price_below_minimum", "price_above_maximum", "price_spike", "volume_above_maximum"])
def test_a_limit_of_the_settings_moves_the_flag(name: FlagName) -> None:
    beyond = next(case[2] for case in CASES if case[0] == name)
    further = LIMITS[name] / 2 if name == "price_below_minimum" else LIMITS[name] * 2
    assert within(flag_settings(name, limits={name: further}), **beyond) == []


@settings(deadline=None)
@given(st.tuples(*[st.integers(1, 400)] * 4).map(sorted), st.booleans())
def test_a_spike_is_half_beyond_both_open_and_close(prices: list[int], falling: bool) -> None:
    low, bottom, top, high = prices
    opened, close = (top, bottom) if falling else (bottom, top)
    values = {"open": opened, "high": high, "low": low, "close": close}
    beyond = max(Fraction(high, top), Fraction(bottom, low)) > Fraction(3, 2)
    found = within(flag_settings("price_spike"), **{name: float(value) for name, value in values.items()})
    assert found == ["price_spike"] * beyond


@settings(deadline=None)
@given(st.floats(0, 1e12), st.floats(1e-6, 1e6))
def test_volume_is_judged_by_its_limit_whatever_it_is(volume: float, limit: float) -> None:
    settings = flag_settings("volume_above_maximum", limits={"volume_above_maximum": limit})
    assert within(settings, volume=volume) == ["volume_above_maximum"] * (volume > limit)


@pytest.mark.parametrize("day", [TUESDAY, SUMMER])
@pytest.mark.parametrize(("clock", "raised"), [(time(15, 59), 0), (time(16), 1), (time(16, 1), 0), (time(), 0)])
def test_a_bar_stamped_at_four_in_new_york_is_flagged_in_winter_and_summer(day: date, clock: time, raised: int) -> None:
    found = within(flag_settings("stamped_at_close"), day=day, timestamp=at_exchange(day, clock))
    assert found == ["stamped_at_close"] * raised


@pytest.mark.parametrize(
    ("pattern", "ticker", "is_one"),
    [
        ("ZVZZT", "ZVZZT", True), ("ZVZZT", "zvzzt", False), ("ZVZZT", "AZVZZT", False), ("ZVZZT", "ZVZZTA", False),
        ("Z?ZZT", "ZVZZT", True), ("Z?ZZT", "ZZZT", False), ("Z?ZZT", "ZVVZZT", False), ("?TEST.*", "NTEST.H", True),
        ("?TEST.*", "NTESTHH", False), ("ZTEST*", "ZTEST", True), ("ZTEST*", "ZTEST.AB", True), ("*", "ANY", True),
        ("BRK.A", "BRK.A", True), ("BRK.A", "BRKXA", False), ("A+B", "A+B", True), ("A+B", "AAB", False),
        ("[AB]", "[AB]", True), ("[AB]", "A", False), ("A|B", "A|B", True), ("A|B", "A", False), ("^A$", "^A$", True),
        ("^A$", "A", False), (r"A\?", r"A\B", True), (r"\d", "1", False), ("(A){1}#&~-", "(A){1}#&~-", True),
    ],
)  # fmt: skip
def test_in_a_pattern_only_question_mark_and_star_mean_more_than_themselves(
    pattern: str, ticker: str, is_one: bool
) -> None:
    settings = flag_settings("test_ticker", test_tickers=("NOTHING", pattern))
    assert within(settings, ticker=ticker) == ["test_ticker"] * is_one


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=32))
def test_every_ticker_without_a_wildcard_is_a_pattern_of_itself(ticker: str) -> None:
    assert within(flag_settings("test_ticker", test_tickers=(ticker,)), ticker=ticker) == ["test_ticker"]


def test_without_patterns_no_ticker_is_a_test() -> None:
    assert within(flag_settings("test_ticker", test_tickers=()), ticker="ZVZZT") == []


def test_looking_for_flags_changes_no_bar() -> None:
    bars = frame([bar("A", high=99.0), bar("ZTEST"), bar("B", volume=0.0)])
    before = bars.clone()
    found = flags_within_day(bars, flag_settings())
    assert found.select("ticker", "rule").rows() == [
        ("A", "price_spike"), ("B", "zero_volume_moved"), ("ZTEST", "test_ticker")
    ]  # fmt: skip
    assert bars.equals(before)


def test_no_bars_have_no_flags() -> None:
    assert flags_within_day(frame([]), flag_settings()).equals(pl.DataFrame(schema=FLAG_SCHEMA))
