"""A day enters in one transaction with its ledger row, and entering it again changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.database import Database
from tbp_assets.storage.ledger import loads
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row, stamp
from tbp_assets_tests.storage.days import count, load, query, stored, universe, validated

pytestmark = pytest.mark.integration

ROWS = good_rows(TUESDAY)
MARKS = "xmin::text, ingested_at, batch_id, open"


def tuesday(*changed: str) -> ValidatedDay:
    """Return Tuesday's bars, some of them given anew."""
    tickers = {line.split(",")[0] for line in changed}
    return validated([*(line for line in ROWS if line.split(",")[0] not in tickers), *changed])


def written(database: Database, day: ValidatedDay) -> tuple[int, int, int, int]:
    """Load a day and return how many rows were inserted, updated, deleted, unchanged."""
    fact = load(database, day)
    return fact.inserted, fact.updated, fact.deleted, fact.unchanged


def test_first_load_inserts_every_bar(project: Project) -> None:
    database = project.database()
    assert written(database, tuesday()) == (4, 0, 0, 0)
    columns = "timeframe, data_source, open, high, low, close, volume, transactions"
    bar = ("1d", "polygon", 10.0, 11.0, 9.5, 10.5, 1000.0, 7)
    assert stored(database, columns) == dict.fromkeys(("AAPL", "MSFT", "SPY", "ZZZZ"), bar)


def test_bars_name_the_batch_of_their_ledger_row(project: Project) -> None:
    database = project.database()
    fact = load(database, tuesday(), run_id="the-run")
    assert {batch for (batch,) in stored(database, "batch_id").values()} == {fact.batch_id}
    assert query(database, "SELECT batch_id, run_id, source_sha256 FROM load_ledger") == [
        (fact.batch_id, "the-run", tuesday().fact.source_sha256)
    ]


def test_rerun_of_a_day_changes_no_row(project: Project) -> None:
    database = project.database()
    load(database, tuesday())
    before = stored(database, MARKS)
    assert written(database, tuesday()) == (0, 0, 0, 4)
    assert stored(database, MARKS) == before
    assert count(database, "load_ledger") == 2


def test_changed_value_updates_just_that_row(project: Project) -> None:
    database = project.database()
    load(database, tuesday())
    before = stored(database, MARKS)
    fact = load(database, tuesday(row("MSFT", open=10.000001)))
    after = stored(database, MARKS)
    assert (fact.inserted, fact.updated, fact.deleted, fact.unchanged) == (0, 1, 0, 3)
    assert {ticker for ticker in after if after[ticker] != before[ticker]} == {"MSFT"}
    assert after["MSFT"][1:] == (fact.loaded_at, fact.batch_id, 10.000001)


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume", "transactions"])
def test_each_value_column_makes_a_row_changed(project: Project, field: str) -> None:
    database = project.database()
    load(database, tuesday())
    changed = {"open": 10.25, "high": 11.25, "low": 9.25, "close": 10.25, "volume": 1001, "transactions": 8}
    assert written(database, tuesday(row("MSFT", TUESDAY, **{field: changed[field]}))) == (0, 1, 0, 3)


def test_null_and_value_are_different(project: Project) -> None:
    database = project.database()
    load(database, tuesday())
    assert written(database, tuesday(row("MSFT", transactions=""))) == (0, 1, 0, 3)
    assert stored(database, "transactions")["MSFT"] == (None,)
    assert written(database, tuesday(row("MSFT", transactions=""))) == (0, 0, 0, 4)
    assert written(database, tuesday()) == (0, 1, 0, 3)


def test_ticker_that_the_vendor_dropped_is_deleted(project: Project) -> None:
    database = project.database()
    load(database, tuesday())
    assert written(database, validated(ROWS[1:])) == (0, 0, 1, 3)
    assert list(stored(database)) == ["MSFT", "SPY", "ZZZZ"]


def test_bar_that_moved_within_its_day_is_not_there_twice(project: Project) -> None:
    # The vendor stamped some day bars 16:00 New York; restated to midnight, the old row has no bar in the lake.
    database, afternoon = project.database(), stamp(TUESDAY) + 16 * 3600 * 10**9
    load(database, tuesday(row("MSFT", window_start=afternoon)))
    assert written(database, tuesday()) == (1, 0, 1, 3)
    assert query(database, "SELECT count(*), count(DISTINCT ticker) FROM market_data_raw") == [(4, 4)]


def test_other_days_are_not_touched(project: Project) -> None:
    database = project.database()
    load(database, tuesday())
    before = stored(database, MARKS)
    load(database, validated(good_rows(WEDNESDAY, ["QQQ"]), WEDNESDAY))
    load(database, validated(good_rows(WEDNESDAY, ["V"]), WEDNESDAY))
    after = stored(database, MARKS)
    assert {ticker: after[ticker] for ticker in before} == before
    assert set(after) == {*before, "V"}


def test_ledger_row_is_what_the_load_reported(project: Project) -> None:
    database = project.database()
    load(database, tuesday(), universe("AAPL"))
    newest = load(database, tuesday(row("MSFT", close=10.75)), universe("AAPL", "MSFT"))
    with database.transaction(read_only=True) as connection:
        found = loads(connection, US_STOCKS_DAY_AGGS, "polygon", TUESDAY - timedelta(days=5), WEDNESDAY)
    assert found == {TUESDAY: newest}
