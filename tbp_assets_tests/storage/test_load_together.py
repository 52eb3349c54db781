"""Loads of one day wait for each other; loads of different days do not; whoever comes last is what is stored."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from threading import Barrier

import pytest
from sqlalchemy import text

from tbp_assets.bars.facts import LoadFact
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import count, load, query, stored, universe, validated

pytestmark = pytest.mark.integration

TICKERS = [f"T{n:03}" for n in range(200)]
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('us_stocks_day_aggs polygon 2024-01-02', 0))"


def together(*loads: Callable[[], LoadFact]) -> list[LoadFact]:
    """Start all loads at the same moment and return what each did."""
    start = Barrier(len(loads))

    def run(one: Callable[[], LoadFact]) -> LoadFact:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(loads)) as pool:
        futures: list[Future[LoadFact]] = [pool.submit(run, one) for one in loads]
        return [future.result() for future in futures]


def test_two_loads_of_one_day_at_once_converge(project: Project) -> None:
    database, day = project.database(), validated(good_rows(TUESDAY, TICKERS))
    facts = together(*[lambda: load(database, day)] * 2)
    assert sorted((fact.inserted, fact.unchanged) for fact in facts) == [(0, 200), (200, 0)]
    assert (count(database), count(database, "load_ledger")) == (200, 2)


def test_newest_ledger_row_speaks_for_the_rows_whatever_ran_at_once(project: Project) -> None:
    database = project.database()
    versions = {
        close: validated([row(ticker, close=close) for ticker in order])
        for close, order in ((10.25, TICKERS), (10.75, TICKERS[::-1]))
    }
    load(database, versions[10.25])
    for _ in range(4):
        together(*(lambda day=day: load(database, day) for day in versions.values()))
        newest = query(database, "SELECT source_sha256 FROM load_ledger ORDER BY batch_id DESC LIMIT 1")[0][0]
        closes = {close for (close,) in stored(database, "close").values()}
        assert [versions[close].fact.source_sha256 for close in closes] == [newest]


def test_different_universes_at_once_leave_the_bars_of_both(project: Project) -> None:
    database, day = project.database(), validated(good_rows(TUESDAY, TICKERS))
    some, others = universe(*TICKERS[:120]), universe(*TICKERS[80:])
    together(lambda: load(database, day, some), lambda: load(database, day, others))
    assert count(database) == 200


def test_load_waits_for_the_lock_of_its_day_and_for_no_other(project: Project) -> None:
    database = project.database()
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as held:
            held.execute(text(LOCK))
            assert load(database, validated(good_rows(WEDNESDAY), WEDNESDAY)).inserted == 4
            waiting = pool.submit(load, database, validated(good_rows(TUESDAY)))
            with pytest.raises(StillWaiting):
                waiting.result(timeout=0.3)
            assert count(database) == 4
        assert waiting.result(timeout=60).inserted == 4


def test_time_of_entry_is_taken_after_the_lock(project: Project) -> None:
    database, day = project.database(), validated(good_rows(TUESDAY))
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as held:
            held.execute(text(LOCK))
            waiting = pool.submit(load, database, day)
            with pytest.raises(StillWaiting):
                waiting.result(timeout=0.2)
            released = held.execute(text("SELECT clock_timestamp()")).scalar_one()
        fact = waiting.result(timeout=60)
    assert fact.loaded_at > released
    assert {entered for (entered,) in stored(database, "ingested_at").values()} == {fact.loaded_at}
