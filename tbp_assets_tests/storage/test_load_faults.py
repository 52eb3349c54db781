"""A load that fails leaves nothing, and invented bars never meet real ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import count, load, query, stored, universe, validated

pytestmark = pytest.mark.integration

BARS = validated(good_rows(TUESDAY))
INVENTED = validated(good_rows(TUESDAY), data_source="synthetic")
FOREIGN = """
    INSERT INTO market_data_raw
    VALUES (:ticker, '2024-01-02 05:00+00', '1d', 'polygon', 10, 11, 9.5, :close, 1000, 7, 0)
"""


def break_the_ledger(database: Database) -> None:
    """Let every ledger row be refused, which is written after the bars."""
    query(database, "ALTER TABLE load_ledger ADD CONSTRAINT broken CHECK (run_id = 'nobody') NOT VALID")


def test_load_that_fails_after_the_copy_leaves_nothing(project: Project) -> None:
    database = project.database()
    break_the_ledger(database)
    with pytest.raises(DatabaseRefusedError, match='check constraint "broken"'):
        load(database, BARS)
    assert (count(database), count(database, "load_ledger")) == (0, 0)


def test_restatement_that_fails_after_its_changes_leaves_the_older_day(project: Project) -> None:
    database = project.database()
    load(database, BARS)
    before = stored(database, "xmin::text, close")
    break_the_ledger(database)
    with pytest.raises(DatabaseRefusedError):
        load(database, validated([row("AAPL", close=10.75), row("NEW")]))
    assert stored(database, "xmin::text, close") == before
    assert count(database, "load_ledger") == 1


def test_load_after_a_failed_one_is_whole(project: Project) -> None:
    database = project.database()
    break_the_ledger(database)
    with pytest.raises(DatabaseRefusedError):
        load(database, BARS)
    query(database, "ALTER TABLE load_ledger DROP CONSTRAINT broken")
    fact = load(database, BARS)
    assert (fact.inserted, count(database), count(database, "load_ledger")) == (4, 4, 1)


def test_bar_that_the_table_refuses_refuses_the_whole_day(project: Project) -> None:
    database = project.database()
    bad = replace(BARS, bars=BARS.bars.with_columns(high=BARS.bars["high"].scatter(2, float("nan"))))
    with pytest.raises(DatabaseRefusedError, match="check constraint"):
        load(database, bad)
    assert (count(database), count(database, "load_ledger")) == (0, 0)


def test_rows_that_no_ledger_row_explains_are_compared_not_copied_over(project: Project) -> None:
    database = project.database()
    query(database, FOREIGN, ticker="AAPL", close=10.5)
    query(database, FOREIGN, ticker="MSFT", close=10.75)
    fact = load(database, BARS)
    assert (fact.inserted, fact.updated, fact.deleted, fact.unchanged) == (2, 1, 0, 1)
    assert set(stored(database, "close").values()) == {(10.5,)}
    batches = stored(database, "batch_id")
    assert batches.pop("AAPL") == (0,)
    assert set(batches.values()) == {(fact.batch_id,)}


def test_unexplained_row_of_no_known_ticker_is_deleted_by_the_comparison(project: Project) -> None:
    database = project.database()
    query(database, FOREIGN, ticker="AAPL", close=10.5)
    query(database, FOREIGN, ticker="GHOST", close=10.5)
    assert load(database, BARS).deleted == 1
    assert "GHOST" not in stored(database)


def test_invented_bars_do_not_enter_a_database_that_is_not_embedded(project: Project) -> None:
    database = replace(project.database(), embedded=False)
    with pytest.raises(DatabaseRefusedError, match="2024-01-02: synthetic bars only enter the embedded database"):
        load(database, INVENTED)
    assert (count(database), count(database, "load_ledger")) == (0, 0)
    assert load(database, BARS).inserted == 4
    database.engine.dispose()


@pytest.mark.parametrize(("first", "second"), [(BARS, INVENTED), (INVENTED, BARS)])
def test_invented_and_real_bars_do_not_share_a_database(project: Project, first: object, second: object) -> None:
    database = project.database()
    load(database, first)  # pyright: ignore[reportArgumentType]  # a validated day
    with pytest.raises(DatabaseRefusedError, match="bars stay out: use another TBP_HOME or database"):
        load(database, second)  # pyright: ignore[reportArgumentType]
    assert (count(database), count(database, "load_ledger")) == (4, 1)


def test_day_whose_only_load_brought_nothing_still_says_whose_the_database_is(project: Project) -> None:
    database = project.database()
    load(database, INVENTED, universe("QQQ"))
    with pytest.raises(DatabaseRefusedError, match="holds synthetic bars"):
        load(database, validated(good_rows(WEDNESDAY), WEDNESDAY))
