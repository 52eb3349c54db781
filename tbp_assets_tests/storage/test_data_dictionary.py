"""docs/data-dictionary.md: its queries run as they stand and answer, and it holds every table, column and field."""

from __future__ import annotations

import importlib
import re
import sys
import tempfile
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tbp_assets.bars.events import Request, Validation
from tbp_assets.bars.facts import Approval, DayFinding, LakeFact, LandedFile, LandingFact, StoredFrame, WholeDay
from tbp_assets.embedded.postgres.instance import outside_directory
from tbp_assets.errors import DatabaseRefusedError
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import load, query, validated

PAGE = (PROJECT_ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^\*\*(.+?)[.,?]?\*\*.*?```sql\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
STAMP = "2024-01-03T05:00:00+00:00"
FLAG = """
INSERT INTO data_quality_flags VALUES
    ('AAPL', '2024-01-03', 'us_stocks_day_aggs', 'polygon', 'volume_spike', 1000, 80, '')
"""
FAILED = """
INSERT INTO failed_downloads (data_type, data_source, date, error_type, error_message, run_id)
VALUES ('us_stocks_day_aggs', 'polygon', '2024-01-05', 'network', 'it broke off', 'run-2')
"""
COLUMNS = """
SELECT relname, array_agg(attname::text) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    AND attnum > 0 AND NOT attisdropped
GROUP BY relname
"""


def loaded(project: Project) -> Database:
    """Return a database of two days, one of them restated, one that failed, and a flag."""
    database = project.database()
    load(database, validated(good_rows(TUESDAY, ["AAPL", "MSFT"])))
    load(database, validated(good_rows(WEDNESDAY, ["AAPL", "MSFT"]), WEDNESDAY))
    load(database, validated([row("AAPL", WEDNESDAY, close=10.75), row("MSFT", WEDNESDAY)], WEDNESDAY))
    query(database, FLAG)
    query(database, FAILED)
    return database


def answer(database: Database, title: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query of the page, as it stands."""
    with database.transaction(read_only=True) as connection:
        return [tuple(found) for found in connection.exec_driver_sql(dict(QUERIES)[title])]


@pytest.mark.integration
def test_example_queries_answer_their_questions(project: Project) -> None:
    database = loaded(project)
    answers = {title: answer(database, title) for title, _ in QUERIES}
    assert list(answers) == [
        "The last close of a ticker", "The bars of a day", "Returns from close to close", "As of a batch",
        "Which days are open", "Where is a bar from", "Bars that are worth a look",
    ]  # fmt: skip
    assert answers["The last close of a ticker"] == [(WEDNESDAY, 10.75)]
    assert [found[0] for found in answers["The bars of a day"]] == ["AAPL", "MSFT"]
    assert [found[4] for found in answers["The bars of a day"]] == [10.75, 10.5]
    assert answers["Returns from close to close"] == [
        ("AAPL", TUESDAY, None),
        ("AAPL", WEDNESDAY, 10.75 / 10.5 - 1),
        ("MSFT", TUESDAY, None),
        ("MSFT", WEDNESDAY, 0.0),
    ]
    changed = [(ticker, at.isoformat(), *rest) for ticker, at, *rest in answers["As of a batch"]]
    assert changed == [("AAPL", STAMP, 10.5, 10.75, 3)]
    assert answers["Which days are open"] == [
        (date(2024, 1, 1), None, None, None),
        (date(2024, 1, 4), None, None, None),
        (date(2024, 1, 5), "network", "it broke off", 1),
    ]
    assert [found[:3:2] for found in answers["Where is a bar from"]] == [("AAPL", 3)]
    assert answers["Bars that are worth a look"] == [(WEDNESDAY, "AAPL", "volume_spike", 1000.0, 80.0, 1000.0)]


@pytest.mark.integration
def test_every_table_column_and_function_is_on_the_page(project: Project) -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|^<!--)", PAGE, re.MULTILINE | re.DOTALL))
    for name, columns in query(project.database(), COLUMNS):
        assert set(re.findall(r"^\| `(\w+)`", sections[name], re.MULTILINE)) == set(columns)
        assert "Written by" in sections[name]
    names = query(project.database(), "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace")
    assert set(re.findall(r"^\| `(\w+)\(", sections["Functions"], re.MULTILINE)) == {name for (name,) in names}


@pytest.mark.unit
def test_every_field_of_manifests_and_journals_is_on_the_page() -> None:
    files = PAGE.partition("## Files")[2]
    written = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]{8,} \|$", files, re.MULTILINE)
    kinds = (
        LandingFact, LandedFile, LakeFact, StoredFrame, WholeDay, DayFinding, Request, Validation, Approval,
    )  # fmt: skip
    assert written == [field.name for kind in kinds for field in fields(kind)]


@pytest.mark.integration
def test_the_server_of_the_page_is_gone_after_a_failure_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(PROJECT_ROOT / "docs"), *sys.path])
    catalogue = importlib.import_module("pages.catalogue")
    homes = list[Path]()

    def fail(database: Database) -> None:
        homes.extend(tmp_path.iterdir())
        assert query(database, "SELECT 1") == [(1,)]
        raise DatabaseRefusedError("migration failed")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(catalogue, "migrate", fail)
    with pytest.raises(DatabaseRefusedError, match="migration failed"):
        catalogue.read_catalogue()
    assert len(homes) == 1
    assert not list(tmp_path.iterdir())
    assert not outside_directory(homes[0].resolve() / "postgres").exists()
