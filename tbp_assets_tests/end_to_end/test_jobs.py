"""`tbp backfill --jobs 2`: two processes bring what one would, and end together whatever ends one of them."""

from __future__ import annotations

import signal
from datetime import date, timedelta

import psutil
import pytest

from tbp_assets.cli.backfill_jobs import stretches
from tbp_assets_tests.cli.table import bars, loads, rows
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import Start

pytestmark = pytest.mark.integration
MARKET = {"TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
# Far longer than any of them takes, so that a busy machine does not matter.
WAIT_SECONDS = 300
RANGE = ("2024-01-02", "2024-03-01")
QUALITY = {
    "metrics": "SELECT date, ticker, total_rows, accepted_rows, rejected_rows, modified_rows, rejection_reasons::text, "
    "flags::text FROM data_quality_metrics ORDER BY 1, 2",
    "flags": "SELECT date, ticker, rule, observed, reference, detail FROM data_quality_flags ORDER BY 1, 2, 3",
    "identity": "SELECT date, source_sha256, judged_by FROM data_quality_days ORDER BY 1",
}
CHECKS = """
    SELECT check_name, asset_key, partition, execution_status FROM {schema}.asset_check_executions
    WHERE partition IS NOT NULL AND execution_status IN ('SUCCEEDED', 'FAILED')
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def workers(process: int) -> list[psutil.Process]:
    """Return the processes that work for a command."""
    try:
        family = psutil.Process(process).children(recursive=True)
        return [child for child in family if "spawn_main" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.unit
@pytest.mark.parametrize(("days", "count", "lengths"), [(10, 2, [5, 5]), (5, 2, [2, 3]), (1, 3, [1]), (0, 2, [])])
def test_stretches_are_in_order_and_of_about_the_same_length(days: int, count: int, lengths: list[int]) -> None:
    some = [date(2024, 1, 1) + timedelta(days=n) for n in range(days)]
    found = stretches(some, count)
    assert sorted(map(len, found)) == sorted(lengths)
    assert [day for stretch in found for day in stretch] == some


def test_two_jobs_bring_what_one_does(project: Project, tbp: Tbp) -> None:
    dagster = project.settings().database.dagster_schema
    one = tbp("backfill", *RANGE, "--json", **MARKET)
    one.must_be(0)
    database = project.database()
    before = bars(database), {name: rows(database, sql) for name, sql in QUALITY.items()}
    checks = rows(database, CHECKS.format(schema=dagster))
    for table in ("market_data_raw", "load_ledger", "data_quality_metrics", "data_quality_flags", "data_quality_days"):
        with database.transaction() as connection:
            connection.exec_driver_sql(f"TRUNCATE {table}")
    two = tbp("backfill", *RANGE, "--json", "--jobs", "2", "--force", **MARKET)
    two.must_be(0)
    same = {"days", "rows", "files", "lines", "accepted", "quarantined", "inserted", "open", "faults", "worth_a_look"}
    assert {name: two.json[name] for name in same} == {name: one.json[name] for name in same}
    assert (bars(database), {name: rows(database, sql) for name, sql in QUALITY.items()}) == before
    assert rows(database, CHECKS.format(schema=dagster)) == checks
    tags = rows(
        database,
        f"SELECT backfill.value, count(DISTINCT process.value) FROM {dagster}.run_tags AS backfill "
        f"JOIN {dagster}.run_tags AS process USING (run_id) "
        "WHERE backfill.key = 'tbp/backfill' AND process.key = 'tbp/process' GROUP BY 1",
    )
    assert dict(tags) == {one.json["backfill"]: 1, two.json["backfill"]: 2}


def test_ctrl_c_ends_both_jobs_and_the_same_command_goes_on(project: Project, start: Start, tbp: Tbp) -> None:
    database = project.database()
    process = start("backfill", *RANGE, "--jobs", "2", "--json", **MARKET)
    assert wait_until(lambda: loads(database) >= 2, WAIT_SECONDS), "the backfill never came so far"
    both = workers(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[1:] == [
        "tbp: interrupted; days that were committed stay, the same command goes on from there"
    ]
    assert len(both) == 2
    assert not any(worker.is_running() for worker in both)
    assert 0 < loads(database) < 44
    again = tbp("backfill", *RANGE, "--json", **MARKET)
    again.must_be(0)
    assert len({bar[3] for bar in bars(project.database())}) == 42


def test_a_job_that_is_killed_ends_the_command_with_one_message(project: Project, start: Start, tbp: Tbp) -> None:
    database = project.database()
    process = start("backfill", *RANGE, "--jobs", "2", "--json", **MARKET)
    assert wait_until(lambda: loads(database) >= 2, WAIT_SECONDS), "the backfill never came so far"
    both = workers(process.pid)
    both[0].kill()
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 1
    assert "a process of --jobs ended without a word" in out
    assert "Traceback" not in out + err
    assert not any(worker.is_running() for worker in both)
    tbp("backfill", *RANGE, "--json", **MARKET).must_be(0)


def test_a_command_that_is_killed_takes_its_jobs_with_it(project: Project, start: Start, tbp: Tbp) -> None:
    database = project.database()
    process = start("backfill", *RANGE, "--jobs", "2", "--json", **MARKET)
    assert wait_until(lambda: loads(database) >= 2, WAIT_SECONDS), "the backfill never came so far"
    both = workers(process.pid)
    process.kill()
    process.communicate()
    assert wait_until(lambda: not any(worker.is_running() for worker in both), WAIT_SECONDS)
    assert 0 < loads(database) < 44
    tbp("backfill", *RANGE, "--json", **MARKET).must_be(0)
