"""A day's quality is stored as it was measured, once, whole, and apart from every other day's."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import text

from tbp_assets.bars.metrics import METRICS_SCHEMA
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.storage.database import Database
from tbp_assets.storage.quality import MeasuredDay, store_quality
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import count, load, query, universe, validated
from tbp_assets_tests.storage.measured import lake_of, measured, quality_in, store

pytestmark = pytest.mark.integration

TABLES = ("data_quality_metrics", "data_quality_flags", "data_quality_days")
CHOSEN = universe("AAPL", "MSFT", "SPY")
ROWS = [row("AAPL", high=16.5), row("MSFT", low=-1), row("", low=-1), row("NA"), row("OK")]
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('quality us_stocks_day_aggs polygon 2024-01-02', 0))"
INSERT = """
    INSERT INTO data_quality_metrics (ticker, date, data_type, data_source, total_rows, accepted_rows, rejected_rows,
        modified_rows, rejection_reasons, flags) VALUES ('T', '2024-01-02', 'd', 's', :t, :a, :r, :m, '{}', '{}')
"""


def of(project: Project, rows: Sequence[str] = ROWS, day: date = TUESDAY, source: str = "polygon") -> MeasuredDay:
    """Return a day of these lines as it is measured for AAPL, MSFT and SPY."""
    return measured(lake_of(project.store, {day: rows}, data_source=source), day, CHOSEN)


def counted(project: Project, total: int, accepted: int) -> MeasuredDay:
    """Return a day of one ticker whose rows were counted so."""
    values = ("AAPL", total, accepted, total - accepted, 0, "{}", "{}")
    return replace(of(project), metrics=pl.DataFrame([values], schema=METRICS_SCHEMA, orient="row"))


def marks(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return which transaction wrote each row, and when: the same only where nothing was written."""
    found = {name: query(database, f"SELECT xmin::text, ctid::text, {name}::text FROM {name}") for name in TABLES}
    return {name: sorted(rows) for name, rows in found.items()}


def test_what_is_stored_is_what_was_measured(project: Project) -> None:
    database, day = project.database(), of(project)
    assert store(database, day, "first run").changed
    with quality_in(database) as quality:
        stored = quality.metrics(TUESDAY, TUESDAY)
        assert_frame_equal(stored.select(METRICS_SCHEMA.names()), day.metrics)
        assert_frame_equal(quality.flags(TUESDAY, TUESDAY), day.flags)
        fact = quality.days(TUESDAY, TUESDAY)[TUESDAY]
    assert stored.drop("date").rows() == [
        ("(no ticker)", 1, 0, 1, 0, '{"ticker_malformed": 1}', "{}", 0.0),
        ("(other tickers)", 2, 2, 0, 0, "{}", "{}", 100.0),
        ("AAPL", 1, 1, 0, 0, "{}", '{"price_spike": 1}', 100.0),
        ("MSFT", 1, 0, 1, 0, '{"price_not_positive": 1}', "{}", 0.0),
        ("SPY", 0, 0, 0, 0, "{}", "{}", None),
    ]
    assert day.flags.rows() == [(TUESDAY, "AAPL", "price_spike", 16.5, 10.5, "")]
    assert (fact.source_sha256, fact.judged_by, fact.run_id) == (day.lake.source_sha256, day.judged_by, "first run")


def test_the_same_day_again_writes_nothing(project: Project) -> None:
    database, day = project.database(), of(project)
    store(database, day, "first run")
    before = marks(database)
    assert not store(database, day, "second run").changed
    assert marks(database) == before


def test_a_day_judged_otherwise_with_the_same_result_is_noted_and_its_rows_are_left(project: Project) -> None:
    database, day = project.database(), of(project)
    store(database, day)
    before = marks(database)
    assert not store(database, replace(day, judged_by="other"), "second run").changed
    after = marks(database)
    assert [name for name in TABLES if after[name] != before[name]] == ["data_quality_days"]
    with quality_in(database) as quality:
        fact = quality.days(TUESDAY, TUESDAY)[TUESDAY]
    assert (fact.judged_by, fact.run_id) == ("other", "second run")


@pytest.mark.parametrize(
    "rows", [[*ROWS, row("NEW", low=-1)], [row("AAPL", high=17.5), *ROWS[1:]]], ids=["metrics", "flags"]
)
def test_a_day_that_changed_is_replaced_whole(project: Project, rows: list[str]) -> None:
    database, later = project.database(), of(project, rows)
    store(database, of(project))
    created = query(database, "SELECT max(created_at) FROM data_quality_metrics")[0][0]
    assert store(database, later).changed
    with quality_in(database) as quality:
        assert_frame_equal(quality.metrics(TUESDAY, TUESDAY).select(METRICS_SCHEMA.names()), later.metrics)
        assert_frame_equal(quality.flags(TUESDAY, TUESDAY), later.flags)
    assert query(database, "SELECT min(created_at) FROM data_quality_metrics")[0][0] > created


def test_other_days_sources_and_datasets_are_untouched(project: Project) -> None:
    database, day = project.database(), of(project)
    another = replace(US_STOCKS_DAY_AGGS, name="us_stocks_minute_aggs")
    others = [of(project, day=WEDNESDAY), of(project, source="elsewhere")]
    for other in others:
        store(database, other)
    store_quality(database, another, day, "run")
    before = marks(database)
    store(database, day)
    store(database, of(project, [row("AAPL")]))
    after = marks(database)
    assert all(set(before[name]) <= set(after[name]) for name in TABLES)
    with quality_in(database) as quality:
        assert quality.metrics(TUESDAY, TUESDAY)["ticker"].to_list() == ["AAPL", "MSFT", "SPY"]


def test_two_at_once_wait_for_each_other_and_one_version_is_left(project: Project) -> None:
    database = project.database()
    days = [of(project), of(project, [row("AAPL", high=99), row("MSFT", volume=-1)])]
    with ThreadPoolExecutor(2) as pool:
        with database.transaction() as held:
            held.execute(text(LOCK))
            assert store(database, of(project, day=WEDNESDAY)).changed
            waiting = [pool.submit(store, database, day) for day in days]
            with pytest.raises(StillWaiting):
                waiting[0].result(timeout=0.3)
            assert count(database, "data_quality_days") == 1
        assert [each.result(timeout=60).changed for each in waiting] == [True, True]
    with quality_in(database) as quality:
        sha256 = quality.days(TUESDAY, TUESDAY)[TUESDAY].source_sha256
        (left,) = [day for day in days if day.lake.source_sha256 == sha256]
        assert_frame_equal(quality.metrics(TUESDAY, TUESDAY).select(METRICS_SCHEMA.names()), left.metrics)
        assert_frame_equal(quality.flags(TUESDAY, TUESDAY), left.flags)


def test_quality_of_invented_bars_does_not_enter_a_database_that_is_not_embedded(project: Project) -> None:
    database = replace(project.database(), embedded=False)
    with pytest.raises(DatabaseRefusedError, match="2024-01-02: synthetic bars only enter the embedded database"):
        store(database, of(project, source="synthetic"))
    assert [count(database, name) for name in TABLES] == [0, 0, 0]
    assert store(database, of(project)).changed
    database.engine.dispose()


@pytest.mark.parametrize(("first", "second"), [("polygon", "synthetic"), ("synthetic", "polygon")])
def test_quality_of_invented_and_of_real_bars_do_not_share_a_database(
    project: Project, first: str, second: str
) -> None:
    database = project.database()
    load(database, validated(good_rows(TUESDAY), data_source=first))
    with pytest.raises(DatabaseRefusedError, match=f"holds {first} bars; {second} bars stay out"):
        store(database, of(project, source=second))
    assert [count(database, name) for name in TABLES] == [0, 0, 0]


@pytest.mark.parametrize(
    ("t", "a", "r", "m"), [(3, 1, 1, 0), (1, 1, 1, 0), (0, 1, -1, 0), (0, -1, 1, 0), (2, 1, 1, 2), (1, 1, 0, -1)]
)
def test_the_table_refuses_rows_that_do_not_balance(project: Project, t: int, a: int, r: int, m: int) -> None:
    database = project.database()
    with pytest.raises(DatabaseRefusedError, match="check constraint"):
        query(database, INSERT, t=t, a=a, r=r, m=m)
    query(database, INSERT, t=2, a=1, r=1, m=1)


@pytest.mark.parametrize(
    ("total", "accepted", "score"), [(100_000, 99_999, 99.99), (3, 2, 66.66), (7, 7, 100.0), (7, 0, 0.0), (0, 0, None)]
)
def test_a_score_is_rounded_down_and_null_without_rows(
    project: Project, total: int, accepted: int, score: float | None
) -> None:
    database = project.database()
    store(database, counted(project, total, accepted))
    with quality_in(database) as quality:
        assert quality.metrics(TUESDAY, TUESDAY)["quality_score"].to_list() == [score]
        assert quality.by_day(TUESDAY, TUESDAY)["score"].to_list() == [score]
        assert quality.by_ticker(TUESDAY, TUESDAY)["score"].to_list() == [score]


def test_a_measurement_that_fails_leaves_the_earlier_one(project: Project) -> None:
    database = project.database()
    store(database, of(project))
    before = marks(database)
    query(database, "ALTER TABLE data_quality_days ADD CONSTRAINT broken CHECK (run_id = 'nobody') NOT VALID")
    with pytest.raises(DatabaseRefusedError, match='check constraint "broken"'):
        store(database, of(project, [row("AAPL")]))
    assert marks(database) == before
