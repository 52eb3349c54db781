"""Which bars a load brings, keeps and takes away when the universe changes between two loads of a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.universe import OUTSIDE_UNIVERSE, OUTSIDE_VALIDITY, Listing, Universe
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.database import Database
from tbp_assets.storage.ledger import loads
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import ALL, count, load, stored, universe, validated

pytestmark = pytest.mark.integration

ROWS = good_rows(TUESDAY)
BARS = validated(ROWS)
MARKS = "xmin::text, ingested_at, batch_id"
YESTERDAY = TUESDAY - timedelta(days=1)


def numbers(fact: LoadFact) -> tuple[int, int, int, int]:
    return fact.inserted, fact.updated, fact.deleted, fact.unchanged


def newest(database: Database) -> LoadFact:
    with database.transaction(read_only=True) as connection:
        return loads(connection, US_STOCKS_DAY_AGGS, "polygon", TUESDAY, TUESDAY)[TUESDAY]


def test_narrower_universe_changes_no_row(project: Project) -> None:
    database = project.database()
    load(database, BARS)
    before = stored(database, MARKS)
    fact = load(database, BARS, universe("AAPL"))
    assert (numbers(fact), fact.selected, fact.outside) == ((0, 0, 0, 4), 1, {OUTSIDE_UNIVERSE: 3})
    assert stored(database, MARKS) == before


def test_wider_universe_inserts_only_the_new(project: Project) -> None:
    database = project.database()
    load(database, BARS, universe("AAPL", "SPY"))
    before = stored(database, MARKS)
    assert numbers(load(database, BARS)) == (2, 0, 0, 2)
    after = stored(database, MARKS)
    assert {ticker: after[ticker] for ticker in before} == before
    assert set(after) - set(before) == {"MSFT", "ZZZZ"}


def test_bars_that_a_wider_universe_brought_follow_a_restatement(project: Project) -> None:
    database = project.database()
    load(database, BARS)
    restated = validated([row("AAPL"), row("MSFT", close=10.75), row("SPY")])
    assert numbers(load(database, restated, universe("AAPL"))) == (0, 1, 1, 2)
    assert stored(database, "close") == {"AAPL": (10.5,), "MSFT": (10.75,), "SPY": (10.5,)}


def test_restatement_brings_no_bar_from_outside_the_universe(project: Project) -> None:
    database = project.database()
    load(database, BARS, universe("AAPL"))
    load(database, validated([*ROWS, row("NEW")]), universe("AAPL"))
    assert list(stored(database)) == ["AAPL"]


def test_universe_without_bars_loads_nothing_and_says_so(project: Project) -> None:
    database = project.database()
    facts = [load(database, BARS, universe("QQQ")) for _ in range(2)]
    assert [numbers(fact) for fact in facts] == [(0, 0, 0, 0)] * 2
    assert count(database, "load_ledger") == 2


def test_bar_of_another_company_of_that_name_stays_outside_and_is_taken_away(project: Project) -> None:
    database = project.database()
    load(database, BARS, universe("AAPL", "SPY"))
    renamed = Universe("chosen", (Listing("AAPL", last=YESTERDAY), Listing("SPY")))
    fact = load(database, BARS, renamed)
    assert (numbers(fact), fact.outside) == ((0, 0, 1, 1), {OUTSIDE_UNIVERSE: 2, OUTSIDE_VALIDITY: 1})
    assert list(stored(database)) == ["SPY"]


def test_load_of_some_tickers_does_not_stand_for_the_day(project: Project) -> None:
    database = project.database()
    whole = load(database, BARS)
    assert load(database, BARS, ALL.narrowed(["AAPL"])).partial
    assert newest(database) == whole


def test_load_of_some_tickers_is_known_where_there_is_no_other(project: Project) -> None:
    database = project.database()
    some = load(database, BARS, ALL.narrowed(["AAPL"]))
    assert newest(database) == some
    whole = load(database, BARS)
    assert newest(database) == whole
