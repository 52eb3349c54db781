"""Each event from a real run to a real webhook and mailbox: told once over ticks and processes, anew when it is new."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy import text

from tbp_assets.bars.sessions import weekdays
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.embedded.provider import FakeProvider, Fault
from tbp_assets_tests.alerts.desk import Desk
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration
AFTER_DEADLINE = datetime(2024, 1, 6, 18, 0, tzinfo=UTC)  # 13:00 in New York, the day after Friday
PAGE = "http://localhost:3000"


def publish(desk: Desk, *days: date) -> None:
    desk.project.publish({day: day_file(good_rows(day)) for day in days})


def arrives_once(desk: Desk) -> str:
    """Tell, return the one text that arrived by both channels, and make sure that it is not told again."""
    desk.tell()
    posted, mailed = desk.new()
    assert len(posted) == len(mailed) == 1, (posted, mailed)
    desk.tell()
    desk.tbp("alerts").must_be(0)
    desk.tick()
    assert desk.new() == ([], [])
    assert mailed[0] == posted[0].replace("&gt;", ">").replace("&lt;", "<")
    return mailed[0]


def run_id(desk: Desk) -> str:
    """Return the id of the newest run."""
    with desk.watch() as watch:
        return watch.instance.get_runs(limit=1)[0].run_id


def test_a_run_of_a_backfill_that_leaves_a_bad_day_open_is_told_once(desk: Desk) -> None:
    desk.only("run_failure")
    publish(desk, TUESDAY, THURSDAY)
    desk.project.publish({WEDNESDAY: b"no gzip"})
    desk.tbp("backfill", TUESDAY, THURSDAY).must_be(1)
    said = arrives_once(desk)
    assert said.startswith("tbp_assets: 1 run failed, for 1 trading date\n")
    assert "2024-01-03 rejected (" in said
    assert "of day_bars" in said
    assert f"{PAGE}/runs/{run_id(desk)}" in said
    assert "`tbp backfill 2024-01-03 2024-01-03` repeats what is open" in said
    desk.tbp("backfill", WEDNESDAY, WEDNESDAY).must_be(1)
    desk.tell()
    assert desk.new() == ([], []), "the same day in the same state is the same trouble"


def test_a_repaired_day_that_fails_anew_is_told_anew(desk: Desk) -> None:
    desk.only("run_failure", "repaired")
    desk.project.publish({TUESDAY: b"no gzip"})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(1)
    arrives_once(desk)
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    said = arrives_once(desk)
    assert said.startswith("tbp_assets: all well again\n")
    assert "2024-01-02 is as it should be" in said
    desk.project.publish({TUESDAY: b"no gzip either"})
    desk.tbp("backfill", TUESDAY, TUESDAY, "--force").must_be(1)
    assert "2024-01-02 rejected" in arrives_once(desk)


def test_without_the_event_repaired_a_repair_is_not_told_and_what_follows_is(desk: Desk) -> None:
    desk.only("run_failure")
    desk.project.publish({TUESDAY: b"no gzip"})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(1)
    arrives_once(desk)
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    desk.tell()
    assert desk.new() == ([], [])
    desk.project.publish({TUESDAY: b"no gzip either"})
    desk.tbp("backfill", TUESDAY, TUESDAY, "--force").must_be(1)
    arrives_once(desk)


def test_a_run_that_dagster_launches_is_told_as_one_of_a_backfill(desk: Desk) -> None:
    desk.only("run_failure")
    desk.project.settings(TBP_FLAT_FILES_URL="file:///nowhere/at/all")
    with desk.watch() as watch:
        job = build_definitions(desk.project.settings()).resolve_job_def("day_bars")
        job.execute_in_process(partition_key=str(TUESDAY), instance=watch.instance, raise_on_error=False)
    said = arrives_once(desk)
    assert "raw_day_file: /nowhere/at/all is no directory" in said
    assert ", trading date 2024-01-02" in said


def test_a_job_without_partitions_is_told_by_its_run(desk: Desk) -> None:
    desk.only("run_failure", "repaired")
    (desk.project.root / "in the way").write_text("a file")
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    for _ in range(2):
        with desk.watch() as watch:
            job = build_definitions(desk.project.settings(TBP_LAKE_URL="")).resolve_job_def("report")
            desk.project.monkeypatch.setattr("tbp_assets.defs.quality_report.KEY", "\0")
            job.execute_in_process(instance=watch.instance, raise_on_error=False)
        said = arrives_once(desk)
        assert said.startswith("tbp_assets: 1 run failed\n")
        assert "of report" in said


def test_a_missing_day_is_told_once_after_its_deadline_also_when_nothing_ran(desk: Desk) -> None:
    desk.only("missing_day", "repaired")
    publish(desk, TUESDAY, WEDNESDAY, THURSDAY)
    desk.project.change("pipeline.yml", "look_back_days: 10", "look_back_days: 4")
    desk.tbp("backfill", TUESDAY, THURSDAY).must_be(0)
    desk.tell(AFTER_DEADLINE - timedelta(seconds=1))
    assert desk.new() == ([], []), "Friday is late, not missing"
    desk.tell(AFTER_DEADLINE)
    posted, mailed = desk.new()
    assert posted[0].startswith("tbp_assets: 1 trading date missing\n")
    assert "2024-01-05: never asked for; due since 2024-01-06 13:00 New York" in mailed[0]
    assert f"{PAGE}/assets/market_data_raw?view=partitions&partition=2024-01-05" in mailed[0]
    assert "`tbp backfill 2024-01-05 2024-01-05`" in mailed[0]
    for minutes in (1, 60, 60 * 24):
        desk.tell(AFTER_DEADLINE + timedelta(minutes=minutes))
    assert desk.new() == ([], [])
    publish(desk, FRIDAY)
    desk.tbp("backfill", FRIDAY, FRIDAY).must_be(0)
    desk.tell(AFTER_DEADLINE + timedelta(minutes=2))
    assert "2024-01-05 is as it should be" in desk.new()[1][0]


def test_a_missing_day_that_a_run_is_about_is_waited_for(desk: Desk) -> None:
    desk.only("missing_day")
    desk.project.change("pipeline.yml", "look_back_days: 10", "look_back_days: 1")
    with desk.watch() as watch:
        run = dg.DagsterRun("day_bars", status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "2024-01-05"})
        watch.instance.add_run(run)
    desk.tell(AFTER_DEADLINE)
    assert desk.new() == ([], [])


def test_a_failed_check_is_told_once_until_it_passes_and_fails_again(desk: Desk) -> None:
    desk.only("check_failure", "repaired")
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    query(desk.project.database(), "UPDATE market_data_raw SET close = close + 0.25 WHERE ticker = 'AAPL'")
    check(desk)
    said = arrives_once(desk)
    assert said.startswith("tbp_assets: 1 check failed\n")
    assert "2024-01-02: database_matches_lake of market_data_raw: " in said
    assert f"{PAGE}/assets/market_data_raw?view=checks&checkDetail=database_matches_lake" in said
    check(desk)
    desk.tell()
    assert desk.new() == ([], []), "it failed before"
    query(desk.project.database(), "UPDATE market_data_raw SET close = close - 0.25 WHERE ticker = 'AAPL'")
    check(desk)
    assert "database_matches_lake of market_data_raw, 2024-01-02, passes" in arrives_once(desk)
    query(desk.project.database(), "UPDATE market_data_raw SET close = close + 0.25 WHERE ticker = 'AAPL'")
    check(desk)
    assert "1 check failed" in arrives_once(desk)


def check(desk: Desk) -> None:
    """Run the checks of market_data_raw for Tuesday alone, as the UI would."""
    with desk.watch() as watch:
        key = dg.AssetCheckKey(dg.AssetKey("market_data_raw"), "database_matches_lake")
        job = build_definitions(desk.project.settings()).resolve_job_def("day_bars")
        done = job.get_subset(asset_selection=set(), asset_check_selection={key}).execute_in_process(
            instance=watch.instance, raise_on_error=False, partition_key=str(TUESDAY)
        )
        assert done.success


def test_check_severity_is_the_least_of_a_check_that_is_told(desk: Desk) -> None:
    desk.only("check_failure")
    rows = [row(ticker, TUESDAY, high=100) for ticker in ("AAPL", "SPY")]
    desk.project.publish({TUESDAY: day_file(rows)})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0, "worth a look flag_rate_is_usual")
    desk.tell()
    assert desk.new() == ([], [])
    desk.project.change("pipeline.yml", "check_severity: error", "check_severity: warn")
    said = arrives_once(desk)
    assert "flag_rate_is_usual of data_quality_metrics" in said
    assert "(warn, " in said


def test_a_restatement_of_the_universe_is_told_once_with_its_tickers(desk: Desk) -> None:
    desk.only("restatement")
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    desk.tell()
    assert desk.new() == ([], []), "a first load restates nothing"
    rows = [row("AAPL", TUESDAY, close=10.75), row("MSFT", TUESDAY), row("ZZZZ", TUESDAY, close=10.25)]
    desk.project.publish({TUESDAY: day_file(rows)})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    said = arrives_once(desk)
    assert said.startswith("tbp_assets: 1 trading date restated\n")
    assert "2024-01-02: changed: AAPL; dropped: SPY (load 2, " in said
    assert "ZZZZ" not in said
    assert "`tbp restatements --from 2024-01-02 --to 2024-01-02 --cells`" in said
    desk.project.publish({TUESDAY: day_file([row("AAPL", TUESDAY, close=10.5), row("MSFT", TUESDAY)])})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    assert "changed: AAPL (load 3, " in arrives_once(desk)


def test_a_ticker_that_left_the_universe_is_not_told(desk: Desk) -> None:
    desk.only("restatement")
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY, TBP_UNIVERSE="all").must_be(0)
    desk.project.publish({TUESDAY: day_file([*good_rows(TUESDAY)[:3], row("ZZZZ", TUESDAY, close=10.25)])})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    assert query(desk.project.database(), "SELECT ticker FROM market_data_revisions") == [("ZZZZ",)]
    desk.project.settings(TBP_UNIVERSE="configured")
    desk.tell()
    assert desk.new() == ([], [])


def test_a_day_whose_attempts_are_used_up_is_told_once(desk: Desk) -> None:
    desk.only("retries_exhausted", "repaired")
    desk.project.change("pipeline.yml", "max_attempts: 12", "max_attempts: 2")
    desk.project.publish({TUESDAY: b"no gzip"})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(1)
    desk.tell()
    assert desk.new() == ([], []), "one attempt is left"
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(1)
    said = arrives_once(desk)
    assert said.startswith("tbp_assets: 1 trading date given up\n")
    assert "2024-01-02: parsing, 2 attempts since " in said
    publish(desk, TUESDAY)
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    assert "2024-01-02 is as it should be" in arrives_once(desk)


def test_a_backfill_of_many_bad_days_is_one_message(desk: Desk) -> None:
    desk.only("run_failure", "check_failure")
    days = weekdays(TUESDAY, date(2024, 2, 29))
    desk.project.publish(dict.fromkeys(days, b"no gzip"))
    desk.project.change("pipeline.yml", "max_partitions_per_run: 50", "max_partitions_per_run: 20")
    desk.tbp("backfill", days[0], days[-1]).must_be(1)
    said = arrives_once(desk)
    assert said.startswith(f"tbp_assets: 3 runs failed, for {len(days)} trading dates\n")
    assert [line[2:12] for line in said.splitlines() if "rejected (" in line] == [str(day) for day in days[:5]]
    assert said.count(f"- and {len(days) - 5} more\n") == 1


def test_what_happened_before_the_first_look_is_told_a_day_back(desk: Desk) -> None:
    desk.only("run_failure")
    desk.project.publish({TUESDAY: b"no gzip"})
    desk.tbp("backfill", TUESDAY, TUESDAY).must_be(1)
    desk.tell(datetime.now(UTC) + timedelta(hours=26))
    assert desk.new() == ([], [])
    with desk.project.database().transaction() as connection:
        connection.execute(text("TRUNCATE alert_channels"))
    desk.tell(datetime.now(UTC) + timedelta(hours=23))
    assert len(desk.new()[0]) == 1


def test_a_file_that_does_not_arrive_is_told_until_the_provider_is_mended(desk: Desk, provider: FakeProvider) -> None:
    desk.only("run_failure", "repaired")
    desk.project.change("s3.yml", "max_attempts: 5", "max_attempts: 1")
    desk.project.change("pipeline.yml", "max_retries: 3", "max_retries: 0")
    desk.project.settings(**provider.environment())
    for day in (TUESDAY, WEDNESDAY):
        provider.publish(day, day_file(good_rows(day)))
    provider.inject(Fault("server_error", on=WEDNESDAY, times=None))
    desk.tbp("backfill", TUESDAY, WEDNESDAY).must_be(1)
    said = arrives_once(desk)
    assert "2024-01-03 missing (" in said
    assert "InternalError" in said
    provider.heal()
    desk.tbp("backfill", TUESDAY, WEDNESDAY).must_be(0)
    assert "2024-01-03 is as it should be" in arrives_once(desk)


def test_a_run_that_never_began_is_told_with_its_cause(desk: Desk) -> None:
    desk.only("run_failure")
    with desk.watch() as watch:
        run = dg.DagsterRun("day_bars", status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": str(TUESDAY)})
        watch.instance.add_run(run)
        error = SerializableErrorInfo("the code server is gone\n", [], "DagsterUserCodeUnreachableError")
        watch.instance.report_engine_event("not launched", run, EngineEventData.engine_error(error))
        watch.instance.report_run_failed(run)
    said = arrives_once(desk)
    assert f"- the code server is gone: run {run.run_id[:8]} of day_bars, " in said
