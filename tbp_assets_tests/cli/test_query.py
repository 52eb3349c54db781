"""`tbp query`: reads, never writes, ends in time, and says plainly what is wrong with a statement."""

from __future__ import annotations

import csv
import io

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.integration
TICKERS = "SELECT * FROM (VALUES ('AAPL', 1.5, DATE '2024-01-02'), ('NA', NULL, NULL)) AS t (ticker, price, day)"


def test_rows_are_one_json_document(project: Project, tbp: Tbp) -> None:
    said = tbp("query", TICKERS, "--json")
    assert said.json == [
        {"ticker": "AAPL", "price": "1.5", "day": "2024-01-02"},
        {"ticker": "NA", "price": None, "day": None},
    ]


def test_rows_are_csv_for_other_programs(project: Project, tbp: Tbp) -> None:
    lines = list(csv.reader(io.StringIO(tbp("query", TICKERS, "--csv").out)))
    assert lines == [["ticker", "price", "day"], ["AAPL", "1.5", "2024-01-02"], ["NA", "", ""]]


def test_rows_are_a_table_for_a_person(project: Project, tbp: Tbp) -> None:
    header, first, *_ = tbp("query", TICKERS).out.splitlines()
    assert header.split() == ["ticker", "price", "day"]
    assert first.split() == ["AAPL", "1.5", "2024-01-02"]


def test_more_rows_than_the_limit_are_not_dropped_silently(project: Project, tbp: Tbp) -> None:
    said = tbp("query", "SELECT generate_series(1, 11) AS n", "--json", "--limit", "10")
    assert len(said.json) == 10
    said.must_be(0, "more than 10 rows: --limit shows more")
    tbp("query", "SELECT generate_series(1, 10) AS n", "--limit", "10").must_be(0)


def test_a_percent_sign_is_text(project: Project, tbp: Tbp) -> None:
    said = tbp("query", f"SELECT ticker FROM ({TICKERS}) AS t2 WHERE ticker LIKE 'AA%' AND price % 1 > 0", "--json")
    assert said.json == [{"ticker": "AAPL"}]


def test_a_colon_is_text(project: Project, tbp: Tbp) -> None:
    assert tbp("query", "SELECT ':day' AS name, 1::text AS one", "--json").json == [{"name": ":day", "one": "1"}]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM market_data_raw",
        "INSERT INTO load_ledger DEFAULT VALUES",
        "CREATE TABLE mine (n int)",
        "DROP TABLE market_data_raw",
        "COMMIT; DELETE FROM market_data_raw",
    ],
)
def test_nothing_can_be_written(project: Project, tbp: Tbp, sql: str) -> None:
    tbp("query", sql).must_be(1, "read-only")
    assert tbp("query", "SELECT count(*) AS bars FROM market_data_raw", "--json").json == [{"bars": 0}]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELEKT 1", "syntax error"),
        ("SELECT * FROM market_data_ray", 'relation "market_data_ray" does not exist'),
        ("SELECT 1 / 0", "division by zero"),
        ("", "empty"),
    ],
)
def test_a_statement_the_database_refuses_is_explained(project: Project, tbp: Tbp, sql: str, why: str) -> None:
    tbp("query", sql).must_be(1, "postgresql://", why)


def test_a_statement_that_takes_too_long_is_ended(project: Project, tbp: Tbp) -> None:
    project.change("database.yml", "query_timeout_seconds: 30", "query_timeout_seconds: 1")
    tbp("query", "SELECT pg_sleep(20)").must_be(1, "statement timeout")
