"""The ledger's counts tie to the rows it speaks of, and days are counted by their date in New York."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.sessions import at_exchange
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.ledger import known_data_source, loaded_span, loads, stored_rows
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import ALL, count, lake_in, landing_zone, load, query, universe, validated

pytestmark = pytest.mark.integration

TICKERS = ("AAPL", "MSFT", "SPY", "ZZZZ")
SATURDAY_NIGHTS = [date(2024, 3, 9), date(2024, 11, 2)]


def counted(project: Project, first: date, last: date, data_source: str = "polygon") -> dict[date, int]:
    return dict(stored_rows(project.database(), US_STOCKS_DAY_AGGS, data_source, first, last))


def test_counts_tie_to_the_rows_whatever_was_loaded_before(project: Project) -> None:
    database = project.database()
    versions = st.dictionaries(st.sampled_from(TICKERS), st.sampled_from([10.25, 10.5, 10.75]), min_size=1)

    @settings(max_examples=12, deadline=None)
    @given(st.lists(st.tuples(versions, st.sets(st.sampled_from(TICKERS))), min_size=1, max_size=6))
    def check(history: list[tuple[dict[str, float], set[str]]]) -> None:
        query(database, "TRUNCATE market_data_raw, load_ledger")
        for closes, chosen in history:
            before = count(database)
            day = validated([row(ticker, close=close) for ticker, close in closes.items()])
            fact = load(database, day, universe(*chosen))
            assert fact.inserted + fact.updated + fact.unchanged == count(database)
            assert fact.selected == len(closes.keys() & chosen)
            assert fact.selected + sum(fact.outside.values()) == fact.accepted == len(closes)
            assert before + fact.inserted - fact.deleted == count(database)
            batch = "SELECT count(*) FROM market_data_raw WHERE batch_id = :batch"
            assert query(database, batch, batch=fact.batch_id) == [(fact.inserted + fact.updated,)]

    check()


def test_newest_load_of_each_day_is_returned(project: Project) -> None:
    database = project.database()
    for day in (TUESDAY, WEDNESDAY):
        load(database, validated(good_rows(day), day), universe("AAPL"))
    newest = load(database, validated(good_rows(TUESDAY)), ALL)
    with database.transaction(read_only=True) as connection:
        found = loads(connection, US_STOCKS_DAY_AGGS, "polygon", TUESDAY, THURSDAY)
        assert loads(connection, US_STOCKS_DAY_AGGS, "synthetic", TUESDAY, THURSDAY) == {}
        assert loads(connection, US_STOCKS_DAY_AGGS, "polygon", THURSDAY, THURSDAY) == {}
    assert (found[TUESDAY], found[WEDNESDAY].universe, len(found)) == (newest, "chosen", 2)


def test_database_without_loads_has_no_span_and_no_source(project: Project) -> None:
    with project.database().transaction(read_only=True) as connection:
        assert loaded_span(connection, US_STOCKS_DAY_AGGS, "polygon") == []
        assert known_data_source(connection) is None


def test_span_and_source_are_those_of_the_loads(project: Project) -> None:
    for day in (WEDNESDAY, TUESDAY, THURSDAY):
        load(project.database(), validated(good_rows(day), day))
    with project.database().transaction(read_only=True) as connection:
        assert loaded_span(connection, US_STOCKS_DAY_AGGS, "polygon") == [TUESDAY, THURSDAY]
        assert known_data_source(connection) == "polygon"


@pytest.mark.parametrize("saturday", SATURDAY_NIGHTS)
def test_rows_are_counted_by_the_date_in_new_york_across_daylight_saving(project: Project, saturday: date) -> None:
    days = [saturday, saturday.replace(day=saturday.day + 1), saturday.replace(day=saturday.day + 2)]
    for day in days:
        midnight, close = (int(at_exchange(day, time(hour)).timestamp()) * 10**9 for hour in (0, 16))
        edges = [row("FIRST", day, window_start=midnight), row("LAST", day, window_start=close)]
        load(project.database(), validated(edges, day))
    assert counted(project, days[0], days[2]) == dict.fromkeys(days, 2)
    assert counted(project, days[1], days[1]) == {days[1]: 2}


def test_days_without_bars_and_other_sources_are_not_counted(project: Project) -> None:
    load(project.database(), validated(good_rows(TUESDAY)))
    assert counted(project, NEW_YEAR, WEDNESDAY) == {TUESDAY: 4}
    assert counted(project, NEW_YEAR, WEDNESDAY, "synthetic") == {}


def test_facts_of_a_range_are_gathered_from_the_three_steps(project: Project) -> None:
    landing, lake, database = landing_zone(project.store), lake_in(project.store), project.database()
    landed = landing.record(WEDNESDAY, "forbidden", "HTTP 403")
    validated_fact = lake.write(validated(good_rows(TUESDAY)))
    loaded = load(database, validated(good_rows(TUESDAY)))
    found = gather(landing, lake, database, [THURSDAY, WEDNESDAY, TUESDAY])
    assert list(found) == [TUESDAY, WEDNESDAY, THURSDAY]
    assert (found[TUESDAY].landing, found[TUESDAY].lake, found[TUESDAY].load) == (None, validated_fact, loaded)
    assert (found[WEDNESDAY].landing, found[WEDNESDAY].lake, found[WEDNESDAY].load) == (landed, None, None)
    assert (found[THURSDAY].landing, found[THURSDAY].lake, found[THURSDAY].load) == (None, None, None)
    assert gather(landing, lake, database, []) == {}
