"""`tbp query`: reads, never writes, ends in time, and says plainly what is wrong with a statement."""

from __future__ import annotations

import csv
import io
import json
import resource

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


def test_brackets_of_a_path_are_no_markup(project: Project, tbp: Tbp) -> None:
    # rich took [bold] for its own and, worse, ended in a traceback at [/mirror].
    for name in ("[bold]mirror", "a[", "b[/mirror]"):
        said = tbp("query", "SELECT 1 AS one", TBP_FLAT_FILES_URL=f"file:///data/{name}")
        said.must_be(0, f"file:///data/{name} → ")


def test_what_json_cannot_say_is_null(project: Project, tbp: Tbp) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    values = (
        "'NaN'::float AS a, '-Infinity'::float AS b, 'NaN'::numeric AS c, ARRAY[1, 'Infinity'::float] AS d, 0.5 AS e"
    )
    rows = json.loads(tbp("query", f"SELECT {values}", "--json").out, parse_constant=refuse)
    assert rows == [{"a": None, "b": None, "c": None, "d": [1, None], "e": "0.5"}]


def test_columns_of_the_same_name_are_all_there(project: Project, tbp: Tbp) -> None:
    sql = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a"
    assert tbp("query", sql, "--json").json == [{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}]
    assert tbp("query", sql, "--csv").out.splitlines() == ["a,a,a_2,a", "1,2,3,4"]


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "  ",
        "/* only a comment */",
        ";",
        "COPY market_data_raw TO STDOUT",
        "SELECT 1; SELECT 2",
        "SET statement_timeout = 0",
        "BEGIN",
    ],
)
def test_what_is_not_one_statement_that_returns_rows_is_a_matter_of_usage(project: Project, tbp: Tbp, sql: str) -> None:
    said = tbp("query", sql)
    said.must_be(2, "tbp: tbp query takes one statement that returns rows (SELECT, VALUES, SHOW, EXPLAIN)")
    assert "42P11" not in said.err


@pytest.mark.parametrize(
    "sql", ["SHOW timezone", "EXPLAIN SELECT 1", "VALUES (1)", "TABLE load_ledger", "WITH a AS (VALUES (1)) TABLE a;"]
)
def test_every_statement_that_returns_rows_is_run(project: Project, tbp: Tbp, sql: str) -> None:
    tbp("query", sql, "--json").must_be(0)


def test_a_large_result_is_not_fetched_beyond_the_limit(project: Project, tbp: Tbp) -> None:
    tbp("query", "SELECT 1 AS n").must_be(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sql = "SELECT n, repeat('x', 1000) AS text FROM generate_series(1, 400000) AS n"
    said = tbp("query", sql, "--limit", "2", "--csv")
    said.must_be(0, "more than 2 rows")
    assert len(said.out.splitlines()) == 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_a_date_beyond_the_years_of_python_is_explained(project: Project, tbp: Tbp) -> None:
    tbp("query", "SELECT DATE '12000-01-01' AS day").must_be(2, "cast its column to text")


def test_a_complaint_of_the_database_does_not_show_how_it_was_asked(project: Project, tbp: Tbp) -> None:
    for sql in ("SELEKT 1", "SELECT 1 / 0"):
        said = tbp("query", sql)
        assert not [word for word in ("QUERY", "CONTEXT", "inline_code_block") if word in said.err]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM market_data_raw",
        "INSERT INTO load_ledger DEFAULT VALUES",
        "CREATE TABLE mine (n int)",
        "DROP TABLE market_data_raw",
        "COMMIT; DELETE FROM market_data_raw",
        "DELETE FROM market_data_raw RETURNING ticker",
        "SELECT nextval('load_ledger_batch_id_seq')",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "EXPLAIN ANALYZE DELETE FROM market_data_raw",
    ],
)
def test_nothing_can_be_written(project: Project, tbp: Tbp, sql: str) -> None:
    said = tbp("query", sql)
    assert (said.code in {1, 2}, "read-only" in said.err or "read-write" in said.err) == (True, True), said
    assert tbp("query", "SELECT count(*) AS bars FROM market_data_raw", "--json").json == [{"bars": 0}]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELEKT 1", "syntax error"),
        ("SELECT * FROM market_data_ray", 'relation "market_data_ray" does not exist'),
        ("SELECT 1 / 0", "division by zero"),
    ],
)
def test_a_statement_the_database_refuses_is_explained(project: Project, tbp: Tbp, sql: str, why: str) -> None:
    tbp("query", sql).must_be(1, "postgresql://", why)


def test_a_statement_that_takes_too_long_is_ended(project: Project, tbp: Tbp) -> None:
    project.change("database.yml", "query_timeout_seconds: 30", "query_timeout_seconds: 1")
    tbp("query", "SELECT pg_sleep(20)").must_be(1, "statement timeout")
