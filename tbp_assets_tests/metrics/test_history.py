"""Numbers of a history through the graph: each is what ledger, journals and tables say, and no counter ever falls."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY
from tbp_assets_tests.end_to_end.processes import TBP
from tbp_assets_tests.faults.scene import DAYS, OTHERS, TICKERS, Scene
from tbp_assets_tests.metrics.conftest import fail_once, reject_a_row, repair, restate
from tbp_assets_tests.metrics.scraping import counters_of, fallen, series, values_of
from tbp_assets_tests.warm.launcher import run

pytestmark = pytest.mark.integration

OF_THE_BUCKET = {"source": "s3", "provider": "polygon", "feed": "us_stocks_day_aggs"}
ROWS_OF_A_FILE = len(TICKERS) + len(OTHERS)


def scrape(scene: Scene) -> str:
    said = scene.tbp("metrics")
    said.must_be(0)
    assert said.err == ""
    return said.out


def test_numbers_are_those_of_ledger_journals_and_tables(filled: Scene) -> None:
    told = values_of(scrape(filled))
    assert told[series("tbp_up")] == 1

    # Three days and the two that were loaded again; all close of Tuesday changed, AAPL of Thursday went.
    ledger = filled.query(
        "SELECT count(*), sum(inserted), sum(updated), sum(deleted), sum(unchanged), sum(seconds) FROM load_ledger"
    )[0]
    changes = ("inserted", "updated", "deleted", "unchanged")
    assert ledger[:5] == (5, 15, 5, 1, 4)
    assert [told[series("tbp_load_rows_total", change=change)] for change in changes] == [15, 5, 1, 4]
    assert told[series("tbp_loads_total")] == 5
    assert told[series("mp_processing_time_seconds_count", operation="load")] == 5
    assert told[series("mp_processing_time_seconds_sum", operation="load")] == pytest.approx(ledger[5])
    rate = filled.query("SELECT sum(inserted + updated + deleted + unchanged) / sum(seconds) FROM load_ledger")[0][0]
    assert told[series("tbp_load_rows_per_second")] == pytest.approx(float(rate))
    written = {ticker: told[series("mp_ingest_rows_total", symbol=ticker)] for ticker in TICKERS}
    assert written == dict.fromkeys(TICKERS, 4)
    assert told[series("mp_ingest_rows_total", symbol="NVDA")] == 0

    # Each file once, Wednesday's twice in vain, Tuesday's and Thursday's newer ones.
    assert told[series("mp_requests_total", **OF_THE_BUCKET)] == 7
    assert told[series("mp_errors_total", **OF_THE_BUCKET, code="network")] == 2
    assert told[series("mp_request_latency_seconds_count", **OF_THE_BUCKET)] == 7
    assert told[series("mp_request_latency_seconds_bucket", **OF_THE_BUCKET, le="+Inf")] == 7
    landed = filled.project.store.glob("landing/**/*.csv.gz")
    bytes_of_files = sum(path.stat().st_size for path in landed)
    assert told[series("tbp_downloaded_bytes_total", **OF_THE_BUCKET)] == bytes_of_files
    assert told[series("mp_processing_time_seconds_count", operation="validate")] == 5
    assert told[series("mp_backfill_gap_latency_seconds_count")] == 3

    assert {key for key in told if key[0] == "tbp_quarantined_rows"} == {
        series("tbp_quarantined_rows", reason="high_below_low")
    }
    assert told[series("tbp_quarantined_rows", reason="high_below_low")] == 1
    assert told[series("mp_validation_errors_total", error_type="high_below_low")] == 1
    rows = {outcome: told[series("tbp_day_rows", outcome=outcome)] for outcome in ("accepted", "rejected", "modified")}
    assert rows == {"accepted": ROWS_OF_A_FILE - 1, "rejected": 1, "modified": 0}
    score = filled.query(
        "SELECT trunc(100.0 * sum(accepted_rows) / sum(total_rows), 2) FROM data_quality_metrics WHERE date = :day",
        day=THURSDAY,
    )[0][0]
    assert told[series("tbp_quality_score")] == float(score) < 100
    assert told[series("tbp_ticker_rejected_rows", symbol="AAPL")] == 1
    assert told[series("tbp_ticker_bars", symbol="AAPL")] == 0
    assert told[series("tbp_ticker_bars", symbol="SPY")] == 1


def test_states_failures_and_runs_are_those_that_other_commands_tell(filled: Scene) -> None:
    told = values_of(scrape(filled))
    days = filled.tbp("status", "--json", "--from", TUESDAY).json
    states = {state: told[series("tbp_days", state=state)] for state in ("loaded", "holiday", "missing", "late")}
    assert {state: int(count) for state, count in states.items() if count} == days["counts"]
    assert states["loaded"] == len(DAYS)
    assert told[series("tbp_expected_day_loaded")] == 0
    assert series("tbp_expected_day_loaded_timestamp_seconds") not in told
    assert told[series("tbp_sessions_behind")] == days["counts"]["missing"]
    assert told[series("tbp_newest_day_timestamp_seconds")] == 1704344400  # 2024-01-04T05:00Z

    assert told[series("tbp_failures", error_type="network", state="repaired")] == 1
    assert told[series("tbp_failures", error_type="network", state="unresolved")] == 0
    assert told[series("tbp_failures_left_to_a_person")] == 0
    assert told[series("tbp_recovery_ratio")] == 0, "a person ran the backfill that repaired it"
    took = filled.query("SELECT extract(epoch FROM resolved_at - created_at) FROM failed_downloads")[0][0]
    assert told[series("tbp_recovery_seconds", statistic="median")] == pytest.approx(float(took))
    assert told[series("tbp_recovery_seconds", statistic="longest")] == pytest.approx(float(took))

    with filled.project.database().transaction() as connection:
        schema = filled.project.settings().database.dagster_schema
        runs = dict(map(tuple, connection.exec_driver_sql(f"SELECT status, count(*) FROM {schema}.runs GROUP BY 1")))
    found = {dict(labels)["status"]: value for (name, labels), value in told.items() if name == "tbp_dagster_runs"}
    assert {status: int(count) for status, count in found.items() if count} == runs
    assert set(runs) == {"SUCCESS", "FAILURE"}
    assert told[series("mp_backlog_jobs")] == 0
    assert told[series("tbp_dagster_last_run_timestamp_seconds", status="SUCCESS")] > 1.7e9


def test_failing_checks_are_those_whose_newest_result_is_a_failure(filled: Scene) -> None:
    schema = filled.project.settings().database.dagster_schema
    newest: dict[tuple[str, str, str | None], tuple[str, str]] = {}
    for asset, check, partition, status, event in filled.query(
        "SELECT asset_key, check_name, partition, execution_status, evaluation_event "
        f"FROM {schema}.asset_check_executions ORDER BY id"
    ):
        # Dagster leaves out what is the default.
        severity = json.loads(event)["dagster_event"]["event_specific_data"].get("severity", {"__enum__": "_.ERROR"})
        newest[asset, check, partition] = status, severity["__enum__"].partition(".")[2].lower()
    failing = Counter((check, severity) for (_, check, _), (status, severity) in newest.items() if status == "FAILED")
    told = values_of(scrape(filled))
    found = {key: value for key, value in told.items() if key[0] == "tbp_checks_failing"}
    assert failing[("universe_is_covered", "warn")] == 3, "NVDA and others have no bar on any day"
    assert found == {
        series("tbp_checks_failing", check=check, severity=severity): days
        for (check, severity), days in failing.items()
    }


def test_no_counter_falls_whatever_happens(scene: Scene) -> None:
    fail_once(scene)
    before = counters_of(scrape(scene))
    steps = {
        "repair": lambda: repair(scene),
        "restatement": lambda: restate(scene),
        "rejected row": lambda: reject_a_row(scene),
        "reload": lambda: scene.backfill(DAYS[0], DAYS[-1], "--force"),
        "clean-up": lambda: scene.query("DELETE FROM failed_downloads"),
    }
    for name, step in steps.items():
        step()
        after = counters_of(scrape(scene))
        assert fallen(before, after) == [], name
        assert (after != before) == (name != "clean-up"), name
        before = after
    alone = run([TBP, "metrics"], timeout=120, check=True)
    assert counters_of(alone.stdout) == before, "another process counts the same"


def test_day_that_fails_is_open_until_it_is_repaired(scene: Scene) -> None:
    fail_once(scene)
    told = values_of(scrape(scene))
    assert told[series("tbp_failures", error_type="network", state="unresolved")] == 1
    assert told[series("tbp_oldest_open_day_timestamp_seconds")] == 1704171600 + 86400  # 2024-01-03T05:00Z
    assert told[series("tbp_days", state="loaded")] == 2
    assert series("tbp_recovery_ratio") not in told
    assert told[series("tbp_last_failure_timestamp_seconds")] > 1.7e9
    assert WEDNESDAY in scene.failures()
