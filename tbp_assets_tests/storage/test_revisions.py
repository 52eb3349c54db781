"""What a load changes or takes away is kept as it was, with its cause and the time it was valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import DatabaseUnavailableError, StoredFileError
from tbp_assets.storage.database import Database
from tbp_assets.storage.load import DayToLoad, load_day
from tbp_assets.storage.revisions import Cell, Days, Restatement, cells, counts, restatements
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row, stamp
from tbp_assets_tests.storage.days import ALL, count, load, query, stored, to_load, universe, validated
from tbp_assets_tests.storage.history import revisions

pytestmark = pytest.mark.integration

ROWS = good_rows(TUESDAY)
DAYS = Days(US_STOCKS_DAY_AGGS, "polygon", TUESDAY, WEDNESDAY)
LAST_YEAR = datetime(2023, 12, 29, tzinfo=UTC).date()


def tuesday(*changed: str, without: tuple[str, ...] = ()) -> DayToLoad:
    """Return Tuesday's day to load, some of its rows given anew or left out."""
    tickers = {line.split(",")[0] for line in changed} | set(without)
    kept = [line for line in ROWS if line.split(",")[0] not in tickers]
    return to_load(validated([*kept, *changed], share=1.0))


def loaded(database: Database, day: DayToLoad) -> LoadFact:
    return load_day(database, US_STOCKS_DAY_AGGS, day, "run")


def causes(database: Database) -> dict[str, str]:
    return {ticker: change for (_, ticker, _), (_, _, change) in revisions(database).items()}


def found(database: Database, days: Days = DAYS, most: int = 100) -> list[Restatement]:
    with database.transaction(read_only=True) as connection:
        return restatements(connection, days, most=most)


def values(database: Database, days: Days = DAYS, most: int = 100) -> tuple[list[Cell], int]:
    with database.transaction(read_only=True) as connection:
        return cells(connection, days, most=most)


def test_load_of_the_same_file_makes_no_revision(project: Project) -> None:
    database = project.database()
    for _ in range(3):
        loaded(database, tuesday())
    assert count(database, "market_data_revisions") == 0
    assert found(database) == []


def test_changed_bar_is_kept_whole_as_it_was(project: Project) -> None:
    database = project.database()
    before = loaded(database, tuesday())
    was = query(database, "SELECT * FROM market_data_raw WHERE ticker = 'MSFT'")[0]
    after = loaded(database, tuesday(row("MSFT", close=10.75, transactions="")))
    kept = query(database, "SELECT * FROM market_data_revisions")
    assert kept == [(*was, after.batch_id, after.loaded_at, "changed")]
    assert was[-2:] == (before.batch_id, before.loaded_at)


def test_each_cause_of_a_removal_is_told_apart(project: Project) -> None:
    database = project.database()
    loaded(database, tuesday())
    renamed = Universe("renamed", (Listing("SPY", last=LAST_YEAR),), everything=True)
    day = validated([row("AAPL"), row("MSFT", low=""), row("SPY")], share=1.0)
    fact = load(database, day, renamed)
    assert causes(database) == {"MSFT": "rejected", "SPY": "outside_validity", "ZZZZ": "dropped"}
    with database.transaction(read_only=True) as connection:
        assert counts(connection, fact.batch_id) == {"dropped": 1, "rejected": 1, "outside_validity": 1}


def test_narrower_and_wider_universes_make_no_revision(project: Project) -> None:
    database = project.database()
    for chosen in (universe("AAPL", "SPY"), ALL, universe("QQQ"), universe("AAPL"), ALL):
        load(database, validated(ROWS), chosen)
    assert count(database, "market_data_revisions") == 0
    assert found(database) == []


def test_bar_outside_the_universe_but_in_the_file_is_not_dropped(project: Project) -> None:
    database = project.database()
    loaded(database, tuesday())
    load(database, validated([*ROWS[:2], row("SPY", close=10.75), ROWS[3]]), universe("AAPL"))
    assert causes(database) == {"SPY": "changed"}


def test_bar_that_moved_within_its_day_is_dropped_where_it_was(project: Project) -> None:
    database, afternoon = project.database(), stamp(TUESDAY) + 16 * 3600 * 10**9
    loaded(database, tuesday(row("MSFT", window_start=afternoon)))
    loaded(database, tuesday())
    sql = "SELECT ticker, timestamp, change FROM market_data_revisions"
    assert query(database, sql) == [("MSFT", datetime(2024, 1, 2, 21, tzinfo=UTC), "dropped")]


def test_quarantine_is_read_only_where_a_bar_has_to_go(project: Project) -> None:
    def unreadable() -> frozenset[str]:
        raise StoredFileError("2024-01-02: lake file is gone")

    def guarded(day: DayToLoad) -> DayToLoad:
        return DayToLoad(day.lake, day.accepted, day.selected, day.universe, unreadable)

    database = project.database()
    for day in (tuesday(), tuesday(), tuesday(row("MSFT", close=10.75), row("NEW"))):
        loaded(database, guarded(day))
    before = stored(database, "xmin::text")
    with pytest.raises(StoredFileError, match="lake file is gone"):
        loaded(database, guarded(tuesday(without=("SPY",))))
    assert stored(database, "xmin::text") == before
    assert count(database, "load_ledger") == 3


def test_load_is_later_than_the_one_before_even_if_the_clock_went_back(project: Project) -> None:
    database = project.database()
    first = loaded(database, tuesday())
    query(database, "UPDATE load_ledger SET loaded_at = loaded_at + INTERVAL '1 hour'")
    query(database, "UPDATE market_data_raw SET ingested_at = ingested_at + INTERVAL '1 hour'")
    second = loaded(database, tuesday(row("MSFT", close=10.75)))
    assert second.loaded_at == first.loaded_at + timedelta(hours=1, microseconds=1)
    sql = "SELECT close FROM market_data_as_of(:moment) WHERE ticker = 'MSFT'"
    assert query(database, sql, moment=second.loaded_at) == [(10.75,)]
    assert query(database, sql, moment=second.loaded_at - timedelta(microseconds=1)) == [(10.5,)]
    other = load(database, validated(good_rows(WEDNESDAY), WEDNESDAY))
    assert other.loaded_at < second.loaded_at


def test_restatement_says_what_a_load_did(project: Project) -> None:
    database = project.database()
    first = loaded(database, tuesday())
    fact = loaded(database, tuesday(row("MSFT", close=10.75), row("SPY", low=""), row("NEW"), without=("ZZZZ",)))
    sha = (first.source_sha256, fact.source_sha256)
    assert found(database) == [Restatement(TUESDAY, fact.batch_id, fact.loaded_at, *sha, 1, 1, 1, 0, 1)]


def test_file_that_only_adds_a_bar_is_a_restatement(project: Project) -> None:
    database = project.database()
    loaded(database, tuesday())
    loaded(database, tuesday(row("NEW")))
    assert [(load.added, load.changed) for load in found(database)] == [(1, 0)]


def test_restatements_of_one_ticker_count_that_ticker(project: Project) -> None:
    database = project.database()
    loaded(database, tuesday())
    loaded(database, tuesday(row("MSFT", close=10.75), row("NEW")))
    loaded(database, tuesday(row("AAPL", close=10.75), row("NEW")))
    numbers = {
        ticker: [(load.changed, load.dropped, load.added) for load in found(database, of(ticker))]
        for ticker in ("AAPL", "MSFT", "NEW", "SPY")
    }
    assert numbers == {"AAPL": [(1, 0, 0)], "MSFT": [(1, 0, 0)] * 2, "NEW": [(0, 0, 1)], "SPY": []}


def of(ticker: str) -> Days:
    return Days(US_STOCKS_DAY_AGGS, "polygon", TUESDAY, WEDNESDAY, ticker)


def test_newest_restatements_are_first_and_limited(project: Project) -> None:
    database = project.database()
    for close in (10.5, 10.6, 10.7, 10.8):
        loaded(database, tuesday(row("MSFT", close=close)))
    batches = [load.batch_id for load in found(database, most=2)]
    assert batches == sorted(batches, reverse=True)
    assert len(batches) == 2


def test_each_value_that_changed_is_shown_with_its_time(project: Project) -> None:
    database = project.database()
    first = loaded(database, tuesday())
    second = loaded(database, tuesday(row("MSFT", close=10.75, transactions="")))
    third = loaded(database, tuesday())
    shared = ("changed", second.loaded_at, third.loaded_at, third.batch_id)
    earlier = ("changed", first.loaded_at, second.loaded_at, second.batch_id)
    assert values(database)[0] == [
        Cell(TUESDAY, "MSFT", "close", 10.75, 10.5, *shared),
        Cell(TUESDAY, "MSFT", "transactions", None, 7, *shared),
        Cell(TUESDAY, "MSFT", "close", 10.5, 10.75, *earlier),
        Cell(TUESDAY, "MSFT", "transactions", 7, None, *earlier),
    ]


def test_values_of_a_bar_that_was_taken_away_became_nothing(project: Project) -> None:
    database = project.database()
    loaded(database, tuesday())
    loaded(database, tuesday(without=("MSFT",)))
    rows, total = values(database)
    assert [(cell.column, cell.old, cell.new, cell.change) for cell in rows] == [
        ("open", 10.0, None, "dropped"), ("high", 11.0, None, "dropped"), ("low", 9.5, None, "dropped"),
        ("close", 10.5, None, "dropped"), ("volume", 1000.0, None, "dropped"), ("transactions", 7, None, "dropped"),
    ]  # fmt: skip
    assert total == 6


def test_values_beyond_the_limit_are_counted(project: Project) -> None:
    database = project.database()
    loaded(database, tuesday())
    loaded(database, tuesday(*(row(ticker, close=10.75) for ticker in ("AAPL", "MSFT", "SPY"))))
    rows, total = values(database, most=2)
    assert ([cell.ticker for cell in rows], total) == (["AAPL", "MSFT"], 3)
    assert values(database, of("SPY"))[1] == 1


def test_versions_that_cannot_be_kept_are_not_replaced(project: Project) -> None:
    """Whatever comes between the two statements, stood for by a trigger that keeps nothing."""
    database = project.database()
    load(database, validated(good_rows(TUESDAY)))
    before = query(database, "SELECT * FROM market_data_raw ORDER BY ticker")
    query(database, "CREATE FUNCTION keep_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    trigger = "BEFORE INSERT ON market_data_revisions FOR EACH ROW EXECUTE FUNCTION keep_nothing()"
    query(database, f"CREATE TRIGGER kept {trigger}")
    with pytest.raises(DatabaseUnavailableError, match="somebody else changed bars meanwhile: 0 were kept, 1 replaced"):
        load(database, validated([row("AAPL", close=10.75), *good_rows(TUESDAY)[1:]]))
    assert query(database, "SELECT * FROM market_data_raw ORDER BY ticker") == before
    assert query(database, "SELECT count(*) FROM load_ledger") == [(1,)]


@pytest.mark.parametrize("changed", [1, 20, 21, 60])
def test_any_number_of_changed_and_removed_bars_is_kept(project: Project, changed: int) -> None:
    database, tickers = project.database(), [f"T{n:02}" for n in range(100)]
    load(database, validated([row(ticker) for ticker in tickers]))
    others, kept = tickers[::-1][:changed], tickers[changed // 2 :]
    fact = load(database, validated([row(ticker, close=10.75 if ticker in others else 10.5) for ticker in kept]))
    assert (fact.updated, fact.deleted) == (changed, changed // 2)
    assert fact.unchanged == 100 - changed - changed // 2
    assert len(revisions(database)) == changed + changed // 2
    assert count(database) == 100 - changed // 2
