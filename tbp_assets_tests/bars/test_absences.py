"""Flags of bars that are not there: gaps, tickers that vanish, and tickers that appear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets_tests.bars.flagging import DAYS, Bar, across, flag_settings, frame, quiet

pytestmark = pytest.mark.unit

BACK = DAYS[40]


def market(*numbers: int) -> list[Bar]:
    """Return a ticker with bars on days of these numbers, in a market with bars on all."""
    return [*quiet([DAYS[n] for n in numbers]), *quiet(DAYS, "OTHER")]


def found(bars: Sequence[Bar], days: Sequence[date]) -> list[tuple[object, ...]]:
    flags = flags_across_days(frame(bars), days, flag_settings("gap", "vanished", "appeared"))
    return flags.select("ticker", "rule", "observed", "reference").rows()


@pytest.mark.parametrize("absent", range(1, 16))
def test_a_bar_after_days_without_is_a_gap_of_so_many_days(absent: int) -> None:
    assert found(market(*range(40 - absent), 40), [BACK]) == [("AAPL", "gap", float(absent), 20.0)]


@pytest.mark.parametrize("absent", [16, 17, 19])
def test_a_gap_that_leaves_fewer_than_five_days_to_look_back_on_is_none(absent: int) -> None:
    assert found(market(*range(40 - absent), 40), [BACK]) == []


@pytest.mark.parametrize(("absent", "rules"), [(19, []), (20, ["appeared"]), (30, ["appeared"])])
def test_a_bar_after_twenty_days_without_appears(absent: int, rules: list[str]) -> None:
    assert [row[1] for row in found(market(*range(40 - absent), 40), [BACK])] == rules


def test_a_ticker_appears_without_days_with_a_bar_among_the_last_twenty() -> None:
    assert found(market(40), [BACK]) == [("AAPL", "appeared", 0.0, 20.0)]


@pytest.mark.parametrize(("days", "raised"), [(19, False), (20, True), (21, True)])
def test_a_first_bar_appears_only_where_twenty_days_are_known(days: int, raised: bool) -> None:
    assert across(market(days)[:1] + quiet(DAYS[:days], "OTHER")) == [(DAYS[days], "appeared")] * raised


def test_the_first_days_of_a_market_appear_to_nobody() -> None:
    assert across(market(*range(len(DAYS)))) == []


def test_a_ticker_that_had_a_gap_already_trades_irregularly() -> None:
    assert found(market(*range(30), *range(31, 39), 40), [BACK]) == []


def test_a_gap_longer_ago_than_twenty_days_is_no_irregularity() -> None:
    assert found(market(*range(20), *range(21, 39), 40), [BACK]) == []
    assert found(market(*range(19), *range(20, 39), 40), [BACK]) == [("AAPL", "gap", 1.0, 20.0)]


def test_a_ticker_vanishes_once() -> None:
    assert across(market(*range(38))) == [(DAYS[38], "vanished")]


def test_a_ticker_that_vanished_had_bars_on_so_many_of_the_days_looked_back_on() -> None:
    assert found(market(*range(17), *range(18, 38)), [DAYS[38]]) == [("AAPL", "vanished", 20.0, 21.0)]
    assert found(market(*range(16), *range(17, 38)), [DAYS[38]]) == [("AAPL", "vanished", 21.0, 21.0)]


def test_a_ticker_is_gone_on_the_last_day_already() -> None:
    assert across(market(*range(len(DAYS) - 1))) == [(DAYS[-1], "vanished")]


def test_the_last_day_of_a_market_lets_nobody_vanish() -> None:
    assert across(quiet(DAYS[:30]), days=DAYS) == []


@pytest.mark.parametrize(("absent", "raised"), [([30], True), ([30, 31], False), ([25, 35], False)])
def test_a_ticker_that_was_absent_on_two_of_the_last_days_does_not_vanish(absent: list[int], raised: bool) -> None:
    rules = [row[1] for row in found(market(*sorted({*range(38)} - {*absent})), [DAYS[38]])]
    assert rules == ["vanished"] * raised


def test_a_ticker_whose_bar_yesterday_was_an_exception_does_not_vanish() -> None:
    assert across(market(5, 20, 38), flag_settings("vanished")) == []


@pytest.mark.parametrize(("days", "raised"), [(4, False), (5, True)])
def test_a_ticker_seen_on_fewer_than_five_days_does_not_vanish(days: int, raised: bool) -> None:
    assert across(market(*range(days)), days=[DAYS[days]]) == [(DAYS[days], "vanished")] * raised


def test_a_new_listing_that_ends_within_its_first_days_does_not_vanish() -> None:
    assert across(market(*range(30, 38)), flag_settings("vanished")) == []


def test_a_ticker_that_vanishes_and_comes_back_has_a_gap() -> None:
    assert across(market(*range(30), *range(33, len(DAYS)))) == [(DAYS[30], "vanished"), (DAYS[33], "gap")]


def test_a_ticker_that_only_changes_its_case_vanishes_and_appears() -> None:
    bars = [*quiet(DAYS[:30], "BCPC"), *quiet(DAYS[30:], "BCpC"), *quiet(DAYS, "OTHER")]
    assert found(bars, [DAYS[30]]) == [("BCPC", "vanished", 21.0, 21.0), ("BCpC", "appeared", 0.0, 20.0)]
