"""What is asked of the tables of quality: scores, sums by day and by ticker, a ticker's trend, and flags."""

from __future__ import annotations

import pytest
from alembic import command

from tbp_assets.bars.flags import FLAG_SCHEMA
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.database import Database
from tbp_assets.storage.ledger import loads
from tbp_assets.storage.migrations import alembic_config, current_version, migrate, newest_version
from tbp_assets.storage.quality import STORED_SCHEMA
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import count, load, query, universe, validated
from tbp_assets_tests.storage.measured import lake_of, measured, quality_in, store

pytestmark = pytest.mark.integration

LOOKALIKES = ("NA", "NAN", "NULL", "TRUE", "nan", "1E5", "BRK.A", "-", "'", r"\N", r"\.")
CHOSEN = universe("AAPL", "MSFT", "SPY")
DAYS = {
    TUESDAY: [row("AAPL"), row("MSFT", low=-1), row("OK")],
    WEDNESDAY: [row("AAPL", WEDNESDAY, high=99), row("MSFT", WEDNESDAY), row("OK", WEDNESDAY, volume="")],
}


@pytest.fixture
def database(project: Project) -> Database:
    """Two measured days: a rejected row of MSFT; a spike of AAPL and a modified row of OK."""
    lake = lake_of(project.store, DAYS)
    for day in DAYS:
        store(project.database(), measured(lake, day, CHOSEN))
    return project.database()


def test_a_ticker_has_its_score_of_a_day_and_one_without_a_fault_that_of_the_others(database: Database) -> None:
    with quality_in(database) as quality:
        assert [quality.score(TUESDAY, ticker) for ticker in ("AAPL", "MSFT", "OK")] == [100.0, 0.0, 100.0]
        assert quality.score(TUESDAY, "SPY") is None, "listed, without a row"
        assert quality.score(THURSDAY, "AAPL") is None, "never measured"


def test_the_rows_of_a_day_add_up(database: Database) -> None:
    with quality_in(database) as quality:
        assert quality.by_day(TUESDAY, THURSDAY).rows() == [(TUESDAY, 3, 2, 1, 0, 66.66), (WEDNESDAY, 3, 3, 0, 1, 100)]
        assert quality.by_day(WEDNESDAY, WEDNESDAY).height == 1
        assert quality.by_day(THURSDAY, THURSDAY).is_empty()


def test_the_worst_tickers_of_a_range_come_first_and_those_without_rows_last(database: Database) -> None:
    with quality_in(database) as quality:
        assert quality.by_ticker(TUESDAY, WEDNESDAY).rows() == [
            ("MSFT", 2, 1, 1, 0, 50.0),
            ("OK", 1, 1, 0, 1, 100.0),
            ("(other tickers)", 1, 1, 0, 0, 100.0),
            ("AAPL", 2, 2, 0, 0, 100.0),
            ("SPY", 0, 0, 0, 0, None),
        ]


def test_the_trend_of_one_ticker_is_a_row_a_day(database: Database) -> None:
    with quality_in(database) as quality:
        trend = quality.metrics(TUESDAY, WEDNESDAY, "MSFT")
    assert trend.select("date", "ticker", "quality_score").rows() == [
        (TUESDAY, "MSFT", 0.0), (WEDNESDAY, "MSFT", 100.0),
    ]  # fmt: skip


def test_flags_are_chosen_by_ticker_rule_and_day(database: Database) -> None:
    with quality_in(database) as quality:
        every = quality.flags(TUESDAY, WEDNESDAY)
        assert every.select("trading_date", "ticker", "rule").rows() == [(WEDNESDAY, "AAPL", "price_spike")]
        assert quality.flags(TUESDAY, WEDNESDAY, rule="price_spike").equals(every)
        assert quality.flags(TUESDAY, WEDNESDAY, ticker="AAPL").equals(every)
        others = (quality.flags(TUESDAY, WEDNESDAY, rule="gap"), quality.flags(TUESDAY, WEDNESDAY, ticker="MSFT"))
        assert [found.height for found in (*others, quality.flags(TUESDAY, TUESDAY))] == [0, 0, 0]


def test_where_nothing_was_measured_frames_are_empty_and_typed(project: Project) -> None:
    with quality_in(project.database()) as quality:
        assert (quality.metrics(TUESDAY, TUESDAY).schema, quality.flags(TUESDAY, TUESDAY).schema) == (
            STORED_SCHEMA, FLAG_SCHEMA,
        )  # fmt: skip
        assert (quality.days(TUESDAY, TUESDAY), quality.by_ticker(TUESDAY, TUESDAY).height) == ({}, 0)


def test_tickers_that_look_like_something_else_survive(project: Project) -> None:
    lake = lake_of(project.store, {TUESDAY: [row(ticker, high=99, low=9.5) for ticker in LOOKALIKES]})
    day = measured(lake, TUESDAY, universe(*LOOKALIKES))
    store(project.database(), day)
    assert not store(project.database(), day).changed
    with quality_in(project.database()) as quality:
        for found in (quality.metrics(TUESDAY, TUESDAY), quality.flags(TUESDAY, TUESDAY)):
            assert found["ticker"].to_list() == sorted(LOOKALIKES, key=str.encode)


def test_numbers_beside_a_flag_are_numbers_or_null(project: Project) -> None:
    lake = lake_of(project.store, {TUESDAY: [row("ZTEST"), row("BIG", volume=2e9), row("MOVED", volume=0)]})
    day = measured(lake, TUESDAY)
    store(project.database(), day)
    with quality_in(project.database()) as quality:
        found = quality.flags(TUESDAY, TUESDAY).select("ticker", "observed", "reference").rows()
    assert found == [("BIG", 2e9, 1e9), ("MOVED", 10.5, 10.0), ("ZTEST", 10.5, None)]
    assert query(project.database(), "SELECT count(*) FROM data_quality_flags WHERE observed = 'NaN'") == [(0,)]


def test_a_database_at_the_revision_before_is_upgraded_with_its_ledger(project: Project) -> None:
    database = project.database()
    load(database, validated(good_rows(TUESDAY)))
    with database.transaction() as connection:
        command.downgrade(alembic_config(connection, database), "0003")
    assert current_version(database) == "0003"
    gone = "SELECT to_regclass('data_quality_' || name) IS NULL FROM unnest(ARRAY['metrics', 'flags', 'days']) AS name"
    assert query(database, gone) == [(True,)] * 3
    assert migrate(database) == ("0003", newest_version())
    assert query(database, "SELECT selected, seconds FROM load_ledger") == [(4, None)]
    load(database, validated(good_rows(WEDNESDAY), WEDNESDAY))
    assert query(database, "SELECT seconds > 0 FROM load_ledger WHERE trading_date = '2024-01-03'") == [(True,)]
    assert [count(database, f"data_quality_{name}") for name in ("metrics", "flags", "days")] == [0, 0, 0]


def test_the_ledger_tells_nothing_of_the_duration_of_a_load_before_that_revision(project: Project) -> None:
    database = project.database()
    load(database, validated(good_rows(TUESDAY)))
    query(database, "UPDATE load_ledger SET seconds = NULL")
    with database.transaction(read_only=True) as connection:
        assert loads(connection, US_STOCKS_DAY_AGGS, "polygon", TUESDAY, TUESDAY)[TUESDAY].seconds is None
