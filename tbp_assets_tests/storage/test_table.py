"""The table's last line of defence: no statement, ours or not, brings a bar in that no rule would let through."""

from __future__ import annotations

from typing import Any

import pytest

from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import count, load, query, stored, validated

pytestmark = pytest.mark.integration

NAN, INF = float("nan"), float("inf")
BAR: dict[str, Any] = {
    "ticker": "AAPL", "open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 1.0, "transactions": 1
}  # fmt: skip
BAD_BARS: list[dict[str, Any]] = [
    *({price: value} for price in ("open", "high", "low", "close") for value in (NAN, INF, -INF, 0.0, -1.0, None)),
    dict.fromkeys(("open", "high", "low", "close"), NAN),
    dict.fromkeys(("open", "high", "low", "close"), INF),
    {"high": 8.0}, {"low": 12.0}, {"open": 11.5}, {"open": 8.5}, {"close": 11.5}, {"close": 8.5},
    {"volume": NAN}, {"volume": INF}, {"volume": -INF}, {"volume": -1.0}, {"volume": None},
    {"transactions": -1}, {"ticker": None},
]  # fmt: skip
COLLATION = """
    SELECT collation_name FROM information_schema.columns
    WHERE table_schema = current_schema AND table_name = 'market_data_raw' AND column_name = 'ticker'
"""


def insert(database: Database, **fields: object) -> None:
    """Write a bar as a stranger would: with SQL."""
    sql = """
        INSERT INTO market_data_raw
            (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id)
        VALUES (:ticker, '2024-01-02 05:00+00', '1d', 'polygon', :open, :high, :low, :close, :volume, :transactions, 1)
    """
    query(database, sql, **(BAR | fields))


def test_every_bad_value_is_refused(project: Project) -> None:
    database = project.database()
    for fields in BAD_BARS:
        with pytest.raises(DatabaseRefusedError, match=r"check constraint|not-null constraint"):
            insert(database, **fields)
    assert count(database) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"volume": 0.0, "transactions": None},
        {"transactions": 0},
        dict.fromkeys(("open", "high", "low", "close"), 5e-324),
        dict.fromkeys(("open", "high", "low", "close"), 1.7976931348623157e308),
    ],
)
def test_every_good_value_is_let_in(project: Project, fields: dict[str, Any]) -> None:
    insert(project.database(), **fields)
    assert count(project.database()) == 1


def test_a_key_is_there_once(project: Project) -> None:
    insert(project.database())
    with pytest.raises(DatabaseRefusedError, match="duplicate key value"):
        insert(project.database(), open=10.1)


def test_tickers_that_differ_in_case_are_two(project: Project) -> None:
    insert(project.database(), ticker="BCPC")
    insert(project.database(), ticker="BCpC")
    assert list(stored(project.database())) == ["BCPC", "BCpC"]


def test_tickers_are_ordered_as_bytes(project: Project) -> None:
    tickers = ["a", "B", "AA", "A.B", "A", "Aa", "AB", "b", "A1"]
    load(project.database(), validated(good_rows(TUESDAY, tickers)))
    assert list(stored(project.database())) == sorted(tickers)
    assert query(project.database(), COLLATION) == [("C",)]
