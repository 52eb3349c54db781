"""Which bars enter the database: tickers with the dates on which the name is that company's."""

from __future__ import annotations

from datetime import date

import pytest

from tbp_assets.bars.universe import Listing, Universe, few
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.settings import PROJECT_ROOT, InstrumentsConfig
from tbp_assets_tests.bars.judging import judge
from tbp_assets_tests.day_files import TUESDAY, good_rows

pytestmark = pytest.mark.unit

LAST_AS_FB, FIRST_AS_META = date(2022, 6, 8), date(2022, 6, 9)
LAST_AS_ETF = date(2022, 1, 28)
MARKET = ("AAPL", "FB", "META", "SPY", "ZZZZ", "aapl")


def instruments() -> InstrumentsConfig:
    return ConfigLoader(PROJECT_ROOT / "config", {}).get_instruments_config()


def selected(universe: Universe, day: date) -> tuple[list[str], dict[str, int]]:
    inside = universe.select(judge(good_rows(day, MARKET), day).accepted, day)
    return inside.bars["ticker"].to_list(), dict(inside.outside)


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (LAST_AS_ETF, ["AAPL", "FB", "SPY"]),
        (LAST_AS_FB, ["AAPL", "FB", "SPY"]),
        (FIRST_AS_META, ["AAPL", "META", "SPY"]),
        (TUESDAY, ["AAPL", "META", "SPY"]),
    ],
)
def test_meta_is_fb_until_its_change_of_name(day: date, inside: list[str]) -> None:
    # Until 2022-01-28 META was another company's ETF; stored as Meta's it would be 148 sessions of wrong prices.
    tickers, outside = selected(instruments().universe("configured"), day)
    assert tickers == inside
    assert outside == {"not_in_universe": 2, "outside_validity": 1}


def test_the_whole_market_leaves_out_only_names_of_another_time() -> None:
    tickers, outside = selected(instruments().universe("all"), LAST_AS_FB)
    assert tickers == ["AAPL", "FB", "SPY", "ZZZZ", "aapl"]
    assert outside == {"outside_validity": 1}


def test_a_group_is_a_universe() -> None:
    tickers, outside = selected(instruments().universe("etfs"), TUESDAY)
    assert tickers == ["SPY"]
    assert outside == {"not_in_universe": 5}


def test_tickers_are_matched_by_case() -> None:
    universe = Universe("one", (Listing("aapl"),))
    assert selected(universe, TUESDAY)[0] == ["aapl"]


def test_an_empty_universe_selects_nothing_and_accounts_for_all() -> None:
    assert selected(Universe("none", ()), TUESDAY) == ([], {"not_in_universe": 6})


def test_the_tickers_of_a_day_are_those_valid_then() -> None:
    universe = instruments().universe("high_priority")
    assert universe.tickers(LAST_AS_FB) == ["AAPL", "FB", "MSFT", "NVDA", "QQQ", "SPY"]
    assert universe.tickers(FIRST_AS_META) == ["AAPL", "META", "MSFT", "NVDA", "QQQ", "SPY"]


def test_a_narrowed_universe_keeps_the_validity_of_its_tickers() -> None:
    narrowed = instruments().universe("configured").narrowed(["META", "AAPL"])
    assert selected(narrowed, LAST_AS_FB)[0] == ["AAPL"]
    assert selected(narrowed, FIRST_AS_META)[0] == ["AAPL", "META"]


def test_a_narrowed_universe_adds_no_ticker_it_did_not_hold() -> None:
    assert selected(instruments().universe("configured").narrowed(["ZZZZ"]), TUESDAY)[0] == []


def test_the_whole_market_narrowed_is_exactly_the_tickers_named() -> None:
    assert selected(instruments().universe("all").narrowed(["ZZZZ", "SPY"]), TUESDAY)[0] == ["SPY", "ZZZZ"]


def test_tickers_without_a_bar_are_named_where_they_are_valid() -> None:
    universe = Universe(
        "one", (Listing("AAPL"), Listing("FB", last=LAST_AS_FB), Listing("META", FIRST_AS_META), Listing("NVDAX"))
    )
    for day, without_bar in ((LAST_AS_FB, ("FB", "NVDAX")), (FIRST_AS_META, ("META", "NVDAX"))):
        bars = judge(good_rows(day, ["AAPL", "SPY"]), day).accepted
        assert universe.select(bars, day).without_bar == without_bar


def test_of_many_tickers_a_person_reads_the_first_and_how_many_more_there_are() -> None:
    assert few(["A", "B"]) == "A, B"
    assert few([f"T{n:02}" for n in range(25)]).endswith("T18, T19 and 5 more")


def test_the_hash_depends_on_neither_order_nor_name() -> None:
    one = Universe("one", (Listing("A"), Listing("B", date(2020, 1, 1))))
    other = Universe("other", (Listing("B", date(2020, 1, 1)), Listing("A")))
    assert one.hash == other.hash
    assert len(one.hash) == 12


@pytest.mark.parametrize(
    "changed",
    [
        Universe("one", (Listing("A"),)),
        Universe("one", (Listing("A"), Listing("b"))),
        Universe("one", (Listing("A"), Listing("B", first=date(2020, 1, 1)))),
        Universe("one", (Listing("A"), Listing("B", last=date(2020, 1, 1)))),
        Universe("one", (Listing("A"), Listing("B")), everything=True),
    ],
)
def test_the_hash_changes_with_the_content(changed: Universe) -> None:
    assert changed.hash != Universe("one", (Listing("A"), Listing("B"))).hash


def test_the_hash_is_made_once() -> None:
    # It is asked for every day of a range; made anew, those of 200 tickers took a second of each look at five years.
    one = Universe("one", (Listing("A"),))
    assert one.hash is one.hash


def test_the_hash_is_pinned() -> None:
    # The ledger stores it: another way of hashing would mark every loaded day as loaded under another universe.
    assert Universe("one", (Listing("A"), Listing("B", date(2020, 1, 1)))).hash == "23c43107f03b"
