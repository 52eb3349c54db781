"""What commands import: Dagster, pandas and the like only where they are used, since a person waits for them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.integration

HEAVY = {
    "alembic", "altair", "boto3", "botocore", "celery", "dagster", "dagster_aws", "dagster_graphql", "dagster_postgres",
    "exchange_calendars", "grpc", "jinja2", "numpy", "pandas", "pandera", "prometheus_client", "pyarrow", "requests",
    "vl_convert",
}  # fmt: skip
# What the interpreter holds when a command has ended, as the last line of standard output.
TYPED = """
import json, sys
from tbp_assets.cli.app import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def modules_of(words: str) -> set[str]:
    """Type a command in a process of its own and return what it has imported when it ends well."""
    command = [sys.executable, "-c", TYPED, *words.split("|")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize("words", ["--help", "--version", "backfill|--help"])
def test_help_imports_nothing_of_the_work(words: str) -> None:
    assert not modules_of(words) & (HEAVY | {"polars", "sqlalchemy", "yaml"})


@pytest.mark.parametrize(
    "words",
    [
        "config|show",
        "status",
        "query|SELECT 1",
        "quarantine|export|rows.csv",
        "restatements",
        "failures",
        "quality|days",
        "logs",
        "alerts",
    ],
)
def test_what_only_looks_imports_nothing_heavy(project: Project, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    # A warm machine: schema and tables are there.
    project.database()
    monkeypatch.chdir(project.root)
    assert HEAVY & modules_of(words) == set()


def test_stop_imports_nothing_heavy(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TBP_HOME", str(project.root / "home"))
    assert HEAVY & modules_of("stop") == set()


def test_metrics_import_nothing_heavy_but_their_own_library(project: Project) -> None:
    project.database()
    assert HEAVY & modules_of("metrics") == {"prometheus_client"}


def test_a_bucket_brings_its_client_and_no_dagster(project: Project) -> None:
    project.settings(
        TBP_FLAT_FILES_URL="s3://flatfiles", POLYGON_S3_ACCESS_KEY="a key", POLYGON_S3_SECRET_KEY="a secret"
    )
    assert HEAVY & modules_of("config|check") == {"boto3", "botocore"}


def test_the_modules_would_be_seen(project: Project) -> None:
    project.database()
    assert HEAVY & modules_of(f"report|--from|2024-01-02|--to|2024-01-02|--output|{project.root}/page.html") >= {
        "altair",
        "jinja2",
        "vl_convert",
    }
