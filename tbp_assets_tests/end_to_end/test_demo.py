"""`tbp demo` on a fresh home: what it prints is what a second process counts in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tbp_assets.embedded.postgres import ensure_server
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.end_to_end.processes import TBP, own_configuration
from tbp_assets_tests.warm.launcher import run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Variables of a fresh home, without a source."""
    root = tmp_path_factory.mktemp("demo")
    with cleaned_home(root / "home") as home:
        yield own_configuration(root, home)


@pytest.fixture(scope="module")
def report(environment: Mapping[str, str]) -> dict[str, Any]:
    """What the demo says."""
    done = run([TBP, "demo", "--json"], env=environment)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "said": done.stderr}


def test_two_weeks_are_accounted_for_to_the_last_line(report: dict[str, Any]) -> None:
    assert (report["days"], report["files"], report["open"], report["faults"]) == (10, 9, {}, [])
    quarantined = sum(report["quarantined"].values())
    assert report["lines"] - report["files"] == report["accepted"] + quarantined
    assert 90_000 < report["accepted"] < 100_000
    assert 5 < quarantined < 200
    assert report["rows"] == report["inserted"] == 9 * 12


def test_it_says_where_the_bars_come_from_and_go_to(report: dict[str, Any]) -> None:
    assert report["said"].startswith("synthetic://market?seed=7&tickers=10400  →  embedded postgresql://")


def test_a_second_process_with_plain_psycopg2_counts_the_same(
    report: dict[str, Any], environment: Mapping[str, str]
) -> None:
    server = ensure_server(Path(environment["TBP_HOME"]))
    text = (Path(environment["TBP_CONFIG_DIR"]) / "database.yml").read_text(encoding="utf-8")
    schema = next(line.split()[1] for line in text.splitlines() if line.startswith("schema:"))
    connection = psycopg2.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.database
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), array_agg(DISTINCT data_source) FROM {schema}.market_data_raw")
        assert cursor.fetchone() == (report["rows"], ["synthetic"])
    connection.close()


def test_a_person_is_told_what_to_do_next_and_again_changes_nothing(
    report: dict[str, Any], environment: Mapping[str, str]
) -> None:
    said = run([TBP, "demo"], env=environment)
    assert (said.returncode, said.stderr) == (0, "")
    counts = {line.rsplit(maxsplit=1)[0].strip(): line.split()[-1] for line in said.stdout.splitlines() if line.strip()}
    assert (counts["lines"], counts["accepted"]) == (f"{report['lines']:,}", f"{report['accepted']:,}")
    assert (counts["inserted"], counts["unchanged"]) == ("0", "108")
    assert "rows/s" in said.stdout
    assert "These bars are invented (data_source = 'synthetic')" in said.stdout
    assert "make up" in said.stdout
