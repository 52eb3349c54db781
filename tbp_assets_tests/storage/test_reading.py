"""Bars come back as a frame of exact types; what cannot be answered is refused, never answered with nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

import tbp_assets
from tbp_assets.errors import ConfigError, UsageError
from tbp_assets.storage.database import Database
from tbp_assets.storage.reading import LOADED_SCHEMA
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import load, query, validated

pytestmark = pytest.mark.integration

REAL: dict[str, Any] = {"high": 560984.99, "close": 560984.99, "volume": "33278552.153126", "transactions": ""}


@pytest.fixture
def database(project: Project) -> Database:
    """Tuesday and Wednesday of AAPL, BCPC, BCpC and NA."""
    database = project.database()
    for day in (TUESDAY, WEDNESDAY):
        load(database, validated(good_rows(day, ["NA", "BCpC", "AAPL", "BCPC"]), day))
    return database


def closes(*arguments: Any, **options: Any) -> list[tuple[str, float]]:
    """Return ticker and close of what is read."""
    return list(tbp_assets.load_bars(*arguments, **options).select("ticker", "close").iter_rows())


def restate(database: Database, close: float) -> Any:
    """Restate AAPL's Tuesday."""
    rows = good_rows(TUESDAY, ["NA", "BCpC", "BCPC"])
    return load(database, validated([row("AAPL", close=close), *rows]))


def test_frame_has_the_documented_types_also_without_rows(database: Database) -> None:
    for days in ((TUESDAY, WEDNESDAY), (date(2020, 1, 2), date(2020, 1, 3))):
        frame = tbp_assets.load_bars(None, *days)
        assert frame.schema == LOADED_SCHEMA
        assert frame.height == (8 if days[0] == TUESDAY else 0)
    assert dict(LOADED_SCHEMA) == {
        "ticker": pl.String(), "trading_date": pl.Date(), "timestamp": pl.Datetime("ns", "UTC"), "open": pl.Float64(),
        "high": pl.Float64(), "low": pl.Float64(), "close": pl.Float64(), "volume": pl.Float64(),
        "transactions": pl.Int64(), "batch_id": pl.Int64(), "ingested_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip


def test_bars_are_sorted_by_ticker_as_bytes_and_by_time(database: Database) -> None:
    keys = tbp_assets.load_bars(None, TUESDAY, WEDNESDAY).select("ticker", "trading_date").rows()
    assert keys == [(ticker, day) for ticker in ("AAPL", "BCPC", "BCpC", "NA") for day in (TUESDAY, WEDNESDAY)]


def test_values_are_exact(database: Database) -> None:
    fact = load(database, validated([row("BRK.A", **REAL)]))
    bar = tbp_assets.load_bars("BRK.A", TUESDAY, TUESDAY).row(0)
    stamp = datetime(2024, 1, 2, 5, tzinfo=UTC)
    values = (10.0, 560984.99, 9.5, 560984.99, 33278552.153126, None)
    assert bar == ("BRK.A", TUESDAY, stamp, *values, fact.batch_id, fact.loaded_at)


@pytest.mark.parametrize("symbols", ["NA", ["NA"], ("NA", "NA")])
def test_one_symbol_or_several_are_chosen(database: Database, symbols: Any) -> None:
    assert closes(symbols, "2024-01-02", "2024-01-02") == [("NA", 10.5)]


def test_both_ends_are_included_and_others_are_not(database: Database) -> None:
    assert tbp_assets.load_bars("NA", TUESDAY, WEDNESDAY)["trading_date"].to_list() == [TUESDAY, WEDNESDAY]
    assert tbp_assets.load_bars("NA", WEDNESDAY, date(2024, 1, 9))["trading_date"].to_list() == [WEDNESDAY]


def test_symbol_that_was_never_held_is_named(database: Database) -> None:
    with pytest.raises(UsageError, match=r"never held a 1d bar of BCPc, XYZ from polygon: tickers are case-sensitive"):
        closes(["XYZ", "NA", "BCPc"], TUESDAY, WEDNESDAY)


def test_symbol_without_bars_in_the_range_or_since_dropped_is_no_fault(database: Database) -> None:
    assert closes("NA", date(2020, 1, 2), date(2020, 1, 3)) == []
    for day in (TUESDAY, WEDNESDAY):
        load(database, validated(good_rows(day, ["AAPL"]), day))
    assert closes("NA", TUESDAY, WEDNESDAY) == []


def test_bars_are_read_as_they_stood(database: Database) -> None:
    first = restate(database, 10.6)
    second = restate(database, 10.7)
    moment = first.loaded_at
    tokyo = moment.astimezone(timezone(timedelta(hours=9)))
    for as_of in (first.batch_id, moment, tokyo, moment.isoformat(), tokyo.isoformat()):
        assert closes("AAPL", TUESDAY, TUESDAY, as_of=as_of) == [("AAPL", 10.6)]
    assert closes("AAPL", TUESDAY, TUESDAY, as_of=second.batch_id) == [("AAPL", 10.7)]
    assert closes("AAPL", TUESDAY, TUESDAY) == [("AAPL", 10.7)]


def test_a_date_is_its_start_in_utc(database: Database) -> None:
    query(database, "UPDATE market_data_raw SET ingested_at = '2024-03-01 00:00+00' WHERE ticker = 'NA'")
    query(database, "UPDATE market_data_raw SET ingested_at = '2024-03-01 00:00:00.000001+00' WHERE ticker = 'AAPL'")
    for as_of in (date(2024, 3, 1), "2024-03-01"):
        assert closes(["AAPL", "NA"], TUESDAY, TUESDAY, as_of=as_of) == [("NA", 10.5)]


@pytest.mark.parametrize(
    ("as_of", "why"),
    [
        (datetime(2024, 3, 1), "has no UTC offset"),  # noqa: DTZ001  # what is refused
        ("2024-03-01T12:00:00", "has no UTC offset"),
        ("yesterday", "is no moment"),
        ("7", "is no moment"),
        ("2999-01-01", "lies in the future"),
        (0, "is no batch"),
        (True, "is no batch"),
        (10**6, "there is no batch 1000000 yet, the newest"),
    ],
)
def test_a_point_in_time_that_is_none_is_refused(database: Database, as_of: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        closes("NA", TUESDAY, TUESDAY, as_of=as_of)


SENSELESS: list[tuple[tuple[Any, ...], str]] = [
    (([], TUESDAY, TUESDAY), "no symbols are given"),
    (("", TUESDAY, TUESDAY), "a symbol is not empty"),
    (("NA", WEDNESDAY, TUESDAY), "start 2024-01-03 is after end 2024-01-02"),
    (("NA", "2024-13-01", TUESDAY), "start '2024-13-01' is no date"),
    (("NA", TUESDAY, datetime(2024, 1, 3, tzinfo=UTC)), "end is a trading date, not a moment"),
]


@pytest.mark.parametrize(("request_", "why"), SENSELESS)
def test_a_request_that_makes_no_sense_is_refused(database: Database, request_: tuple[Any, ...], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        closes(*request_)


def test_other_timeframes_and_sources_are_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="no bars of timeframe '5m', only 1d"):
        closes("NA", TUESDAY, TUESDAY, timeframe="5m")
    with pytest.raises(UsageError, match="holds no synthetic bars, only polygon"):
        closes("NA", TUESDAY, TUESDAY, data_source="synthetic")


def test_one_of_several_sources_must_be_named(database: Database) -> None:
    load(database, validated([row("NA", close=10.9)], data_source="another"))
    with pytest.raises(UsageError, match="holds bars of another, polygon: say which with data_source"):
        closes("NA", TUESDAY, TUESDAY)
    assert closes("NA", TUESDAY, TUESDAY, data_source="another") == [("NA", 10.9)]
    assert closes("NA", TUESDAY, TUESDAY, data_source="polygon") == [("NA", 10.5)]


def test_empty_database_is_named(project: Project) -> None:
    with pytest.raises(UsageError, match=r"holds no bars yet: run `tbp backfill`"):
        closes(None, TUESDAY, TUESDAY, database=project.database())


def test_text_that_looks_like_sql_is_a_symbol(database: Database) -> None:
    with pytest.raises(UsageError, match="never held a 1d bar of"):
        closes(["NA'; DROP TABLE market_data_raw; --", "%(as_of)s", "{bars}"], TUESDAY, TUESDAY)
    assert closes("NA", TUESDAY, TUESDAY) == [("NA", 10.5)]


def test_database_may_be_given(database: Database, project: Project) -> None:
    project.monkeypatch.setenv("TBP_CONFIG_DIR", str(project.root / "nowhere"))
    assert closes("NA", TUESDAY, TUESDAY, database=database) == [("NA", 10.5)]


def test_production_refuses_the_embedded_database(database: Database, project: Project) -> None:
    project.settings(ENVIRONMENT="production")
    with pytest.raises(ConfigError, match="refuses the embedded database"):
        closes("NA", TUESDAY, TUESDAY)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import tbp_assets, sys; print({'polars', 'dagster', 'sqlalchemy', 'pandas'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'load_bar'"):
        getattr(tbp_assets, "load_bar")  # noqa: B009
