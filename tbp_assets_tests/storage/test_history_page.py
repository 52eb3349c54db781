"""The examples of docs/history.md run as they stand."""

from __future__ import annotations

import re

import polars as pl
import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import load, query, validated

pytestmark = pytest.mark.integration

PAGE = (PROJECT_ROOT / "docs" / "history.md").read_text(encoding="utf-8")


def examples(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL))


def test_sql_examples_run(project: Project) -> None:
    load(project.database(), validated(good_rows(TUESDAY)))
    with project.database().transaction(read_only=True) as connection:
        rows = [connection.exec_driver_sql(sql).all() for sql in examples("sql").split(";") if sql.strip()]
    assert [len(found) for found in rows] == [0, 1, 0]


def test_python_examples_run(project: Project) -> None:
    load(project.database(), validated(good_rows(TUESDAY)))
    query(project.database(), "UPDATE market_data_raw SET ingested_at = '2024-01-03 16:00+00'")
    names: dict[str, pl.DataFrame] = {}
    exec(examples("python"), names)  # our own page
    assert [names[name].height for name in ("bars", "noted", "early")] == [2, 1, 4]
