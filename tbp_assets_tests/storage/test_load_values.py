"""Values go into the database and come back bit for bit, and text stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.schema import VALUES
from tbp_assets.bars.sessions import at_exchange
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.bars_table import KEY, compare, read_day
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, row, stamp
from tbp_assets_tests.storage.days import count, load, query, stored, validated

pytestmark = pytest.mark.integration

MILLIONTHS = st.integers(1, 10**12).map(lambda n: n / 10**6)
ANY_PRICE = st.floats(min_value=5e-324, allow_infinity=False, allow_nan=False)
ANY_VOLUME = st.floats(min_value=0.0, allow_infinity=False, allow_nan=False)
PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",')
SQL_TICKERS = (
    "');DROP/**/TABLE/**/load_ledger", "';DELETE/**/FROM/**/x;--", "'", "''", "\\", "\\.", "\\N", "--", "$1", "%s",
    "%(a)s", ":tickers", "{}", "NULL", "null", "NaN", "#", "\t"[:0] + "/*", "COPY",
)  # fmt: skip


@st.composite
def bars(draw: st.DrawFn) -> tuple[list[float], float, int | None]:
    """Draw the values of a bar: low, open, close, high in that order, volume and transactions."""
    prices = sorted(draw(st.lists(st.one_of(MILLIONTHS, ANY_PRICE), min_size=4, max_size=4)))
    volume = draw(st.one_of(MILLIONTHS, ANY_VOLUME, st.integers(0, 2**53).map(float)))
    return prices, volume, draw(st.one_of(st.none(), st.integers(0, 2**63 - 1)))


def day_of(values: list[tuple[list[float], float, int | None]]) -> ValidatedDay:
    """Return a validated day with one ticker for each drawn bar."""
    day = validated([row(f"T{n:02}") for n in range(len(values))])
    lows, opens, closes, highs = zip(*(prices for prices, _, _ in values), strict=True)
    columns = {
        "low": lows,
        "open": opens,
        "close": closes,
        "high": highs,
        "volume": [volume for _, volume, _ in values],
    }
    drawn = [pl.Series(name, list(numbers), pl.Float64) for name, numbers in columns.items()]
    transactions = pl.Series("transactions", [number for *_, number in values], pl.Int64)
    return ValidatedDay(day.fact, day.bars.with_columns(*drawn, transactions), day.quarantine)


def bits(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    """Return rows with every float as its exact hexadecimal form."""
    rows = frame.select(*KEY, *VALUES).sort(KEY).rows()
    return [tuple(value.hex() if isinstance(value, float) else value for value in each) for each in rows]


def comes_back(database: Database, day: ValidatedDay) -> pl.DataFrame:
    load(database, day)
    back = read_day(database, US_STOCKS_DAY_AGGS, "polygon", day.fact.trading_date)
    assert bits(back) == bits(day.bars)
    assert compare(back, day.bars, day.bars).equal
    return back


def test_values_come_back_bit_for_bit_whichever_way_they_were_written(project: Project) -> None:
    database = project.database()

    @settings(max_examples=25, deadline=None)
    @given(st.lists(bars(), min_size=1, max_size=20))
    def check(values: list[tuple[list[float], float, int | None]]) -> None:
        query(database, "TRUNCATE market_data_raw, load_ledger")
        comes_back(database, day_of(values[:1]))
        comes_back(database, day_of(values))
        query(database, "TRUNCATE market_data_raw, load_ledger")
        comes_back(database, day_of(values))

    check()


@pytest.mark.parametrize(
    "fields",
    [
        {"open": "560984.99", "high": "560984.99", "low": "560984.98", "close": "560984.99"},
        {"open": "0.0005", "high": "0.000501", "low": "0.0005", "close": "0.0005"},
        {"volume": "33278552.153126"},
        {"volume": "9007199254740993"},
        {"volume": "0", "transactions": "0"},
        {"transactions": ""},
        {"volume": "", "transactions": ""},
    ],
)
def test_real_values_are_the_vendors_text_again(project: Project, fields: dict[str, str]) -> None:
    back = comes_back(project.database(), validated([row("BRK.A", TUESDAY, **fields)]))
    for name, text in fields.items():
        stored_value = back[name].item()
        expected = {"volume": 0.0, "transactions": None}[name] if text == "" else type(stored_value)(text)
        assert stored_value == expected
        assert type(stored_value) is type(expected)


def test_tickers_that_look_like_sql_are_only_data(project: Project) -> None:
    database = project.database()
    comes_back(database, validated([row(ticker) for ticker in SQL_TICKERS]))
    comes_back(database, validated([row(ticker, close=10.75) for ticker in SQL_TICKERS]))
    assert set(stored(database)) == set(SQL_TICKERS)
    assert load(database, validated([row("AAPL")])).deleted == len(SQL_TICKERS)
    assert (list(stored(database)), count(database, "load_ledger")) == (["AAPL"], 3)


def test_any_ticker_that_is_accepted_comes_back_as_it_was_sent(project: Project) -> None:
    database = project.database()

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.text(PRINTABLE, min_size=1, max_size=32), min_size=1, max_size=60, unique=True))
    def check(tickers: list[str]) -> None:
        query(database, "TRUNCATE market_data_raw, load_ledger")
        day = validated([row(ticker) for ticker in tickers])
        assert day.bars["ticker"].to_list() == sorted(tickers)
        comes_back(database, day)
        comes_back(database, validated([row(ticker, close=10.75) for ticker in tickers]))
        assert list(stored(database)) == sorted(tickers)

    check()


def test_lines_that_are_no_text_leave_the_others_loaded_and_are_kept_beside_them(project: Project) -> None:
    bad = ["A\0B", "Ä", "🚀", "A\rB", "\ufeffA", "A\u2028B", '"A', "A" * 33, " A", "", "A\x1b[31m", "A\tB"]
    good = ["../../etc", "%2e%2e", "A/B", "A" * 32, "'--", "\\x00", "\\0"]
    day = validated([row(ticker) for ticker in (*bad, *good)], share=0.9)
    comes_back(project.database(), day)
    assert set(stored(project.database())) == set(good)
    assert sorted(day.quarantine["ticker"]) == sorted(bad)


@pytest.mark.parametrize(
    "day", [date(2024, 1, 2), date(2024, 3, 10), date(2024, 3, 11), date(2024, 11, 3), date(2024, 11, 4)]
)
def test_stamps_are_exact_across_daylight_saving(project: Project, day: date) -> None:
    moments = [at_exchange(day, time()), at_exchange(day, time(16))]
    rows = [row(f"T{n}", day, window_start=int(moment.timestamp()) * 10**9) for n, moment in enumerate(moments)]
    comes_back(project.database(), validated(rows, day))
    assert [moment for (moment,) in stored(project.database(), "timestamp").values()] == moments


def test_day_bar_is_midnight_in_new_york_whatever_the_session_speaks(project: Project) -> None:
    database = replace(project.database(), pool_size=1)
    query(database, "SET TIME ZONE 'Asia/Tokyo'")
    load(database, validated([row("AAPL")]))
    assert query(database, "SHOW timezone") == [("Asia/Tokyo",)]
    sql = "SELECT extract(epoch FROM timestamp)::bigint, timestamp FROM market_data_raw"
    assert query(database, sql) == [(stamp(TUESDAY) // 10**9, datetime(2024, 1, 2, 5, tzinfo=UTC))]


def test_day_without_bars_reads_as_an_empty_frame_of_the_same_columns(project: Project) -> None:
    database = project.database()
    empty = read_day(database, US_STOCKS_DAY_AGGS, "polygon", TUESDAY)
    load(database, validated([row("AAPL")]))
    full = read_day(database, US_STOCKS_DAY_AGGS, "polygon", TUESDAY)
    assert (empty.height, full.height) == (0, 1)
    assert empty.schema == full.schema
