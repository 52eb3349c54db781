"""What makes days call for another look at their quality, and that a backfill gives it to these and to no other."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from tbp_assets.defs.jobs import FRESHNESS_JOB, REPORT_JOB
from tbp_assets.defs.quality_report import KEY
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, QUALITY_REPORT
from tbp_assets_tests.cli.terminal import Tbp, tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, row
from tbp_assets_tests.io_managers.running import QUIET, Runs, failures, runs_of
from tbp_assets_tests.storage.days import query
from tbp_assets_tests.storage.measured import quality_in, quiet, sessions

__all__ = ["tbp"]
pytestmark = pytest.mark.integration

DAYS = sessions(26)  # one more than look back on the third
RANGE = (DAYS[0], DAYS[-1])
SPLIT = {"open": 108.5, "high": 110.0, "low": 105.0, "close": 109.0, "volume": 100}


def publish(project: Project, days: dict[date, list[str]]) -> None:
    project.publish({day: day_file(lines) for day, lines in days.items()})


def outdated(tbp: Tbp) -> list[str]:
    """Return what `tbp status` says of quality."""
    said = tbp("status", "--from", RANGE[0], "--to", RANGE[1], "--json")
    said.must_be(0)
    return said.json["quality_outdated"]


def measured_at(project: Project) -> dict[str, object]:
    return dict(query(project.database(), "SELECT date::text, measured_at FROM data_quality_days ORDER BY date"))  # type: ignore[arg-type]


def alone(runs: Runs, job: str) -> dg.ExecuteInProcessResult:
    """Run a job that has no partitions."""
    resolved = runs.definitions.resolve_job_def(job)
    return resolved.execute_in_process(instance=runs.instance, raise_on_error=False, run_config=QUIET)


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """Three quiet days of three tickers."""
    publish(project, quiet(DAYS[:3], "AAPL", "MSFT", "SPY"))
    tbp("backfill", DAYS[0], DAYS[2], "--json").must_be(0)
    return project


def test_a_restated_day_makes_those_after_it_outdated_and_a_backfill_measures_these_alone(
    project: Project, tbp: Tbp
) -> None:
    publish(project, quiet(DAYS, "AAPL", "MSFT", "SPY"))
    tbp("backfill", *RANGE, "--json").must_be(0)
    assert outdated(tbp) == []
    before = measured_at(project)
    restated = quiet(DAYS[:3], "AAPL", "MSFT", "SPY")[DAYS[2]]
    publish(project, {DAYS[2]: [row("AAPL", DAYS[2], close=10.75), *restated[1:]]})
    report = tbp("backfill", DAYS[2], DAYS[2], "--json").json
    assert (report["downloads"], report["measured"]) == (1, [])
    later = [str(day) for day in DAYS[3:24]]
    assert outdated(tbp) == later
    plan = tbp("backfill", *RANGE, "--dry-run", "--json").json
    assert (plan["request"], plan["reload"], plan["measure"]) == ([], [], later)
    assert len(plan["done"]) + len(later) == len(before) + 1, "the sessions and Martin Luther King's day"
    assert "loaded, only measured again" in tbp("backfill", *RANGE, "--dry-run").out
    report = tbp("backfill", *RANGE, "--json").json
    assert (report["measured"], report["downloads"], report["inserted"], report["updated"]) == (later, 0, 0, 0)
    assert outdated(tbp) == []
    after = measured_at(project)
    assert [day for day in before if before[day] != after[day]] == [str(DAYS[2]), *later]


def test_a_day_that_arrives_late_is_judged_and_those_after_it_again(project: Project, tbp: Tbp) -> None:
    days = quiet(DAYS[:8], "AAPL", "MSFT", "SPY")
    days[DAYS[7]] = [row("AAPL", DAYS[7], **SPLIT), *days[DAYS[7]][1:]]
    late = {day: days.pop(day) for day in DAYS[2:7]}
    publish(project, days)
    tbp("backfill", DAYS[0], DAYS[7], "--json").must_be(1)
    publish(project, late)
    report = tbp("backfill", DAYS[0], DAYS[7], "--json")
    report.must_be(0)
    assert report.json["measured"] == [str(DAYS[7])]
    with quality_in(project.database()) as quality:
        assert quality.flags(*RANGE)["rule"].to_list() == ["probable_split"]


def test_settings_changed_since_are_told_and_measured_with_one_backfill(loaded: Project, tbp: Tbp) -> None:
    loaded.change("pipeline.yml", "gap: {severity: warn}", "gap: {severity: 'off'}")
    assert outdated(tbp) == [str(day) for day in DAYS[:3]]
    assert (
        "quality not measured, or before earlier days or settings changed"
        in tbp("status", "--from", DAYS[0], "--to", DAYS[2]).out
    )
    written = query(loaded.database(), "SELECT xmin::text, ticker, date FROM data_quality_metrics ORDER BY 2, 3")
    assert tbp("backfill", DAYS[0], DAYS[2], "--json").json["measured"] == [str(day) for day in DAYS[:3]]
    again = query(loaded.database(), "SELECT xmin::text, ticker, date FROM data_quality_metrics ORDER BY 2, 3")
    assert (outdated(tbp), again) == ([], written)


def test_a_flag_that_only_became_louder_calls_for_nothing(loaded: Project, tbp: Tbp) -> None:
    loaded.change("pipeline.yml", "gap: {severity: warn}", "gap: {severity: error}")
    assert outdated(tbp) == []


def test_what_is_worth_a_look_is_in_the_answer_and_does_not_fail_a_backfill(project: Project, tbp: Tbp) -> None:
    publish(project, {TUESDAY: [row("AAPL", high=99), row("ZZZZ", high=99)]})
    said = tbp("backfill", TUESDAY, TUESDAY, "--json")
    said.must_be(0)
    looks = {found["name"]: found for found in said.json["worth_a_look"]}
    assert (list(looks), said.json["failed_checks"]) == (["flag_rate_is_usual", "universe_is_covered"], [])
    assert looks["flag_rate_is_usual"] == {
        "day": "2024-01-02", "name": "flag_rate_is_usual", "description": "1 price_spike: AAPL.",
    }  # fmt: skip
    again = tbp("backfill", TUESDAY, TUESDAY, "--force")
    again.must_be(0, "worth a look flag_rate_is_usual: 2024-01-02. 2024-01-02: 1 price_spike: AAPL.")
    assert "`tbp quality flags --from 2024-01-02 --to 2024-01-02`" in again.err


def test_what_is_worth_a_look_is_told_beside_a_rejected_day(project: Project, tbp: Tbp) -> None:
    project.publish(
        {
            TUESDAY: day_file([row("AAPL", high=99), row("ZZZZ", high=99)]),
            WEDNESDAY: day_file([row("AAPL", WEDNESDAY)])[:-12],
        }
    )
    said = tbp("backfill", TUESDAY, WEDNESDAY, "--json")
    said.must_be(1)
    looks = [(found["day"], found["name"]) for found in said.json["worth_a_look"]]
    assert looks == [("2024-01-02", "flag_rate_is_usual"), ("2024-01-02", "universe_is_covered")]
    assert list(said.json["open"]) == ["2024-01-03"]
    again = tbp("backfill", TUESDAY, WEDNESDAY, "--force", "--jobs", "2")
    again.must_be(1, "worth a look flag_rate_is_usual: 2024-01-02. 2024-01-02: 1 price_spike: AAPL.")


def test_a_flag_of_severity_error_fails_a_backfill_and_loads_the_day(project: Project, tbp: Tbp) -> None:
    project.change("pipeline.yml", "price_spike: {severity: warn,", "price_spike: {severity: error,")
    publish(project, {TUESDAY: [row("AAPL", high=99)]})
    said = tbp("backfill", TUESDAY, TUESDAY, "--json")
    said.must_be(1)
    assert [found["name"] for found in said.json["failed_checks"]] == ["flag_rate_is_usual"]
    assert (said.json["rows"], said.json["open"]) == (1, {})


def test_the_report_job_writes_one_file_with_summary_and_picture(loaded: Project) -> None:
    with runs_of(loaded) as runs:
        assert alone(runs, REPORT_JOB).success
        records = runs.instance.fetch_materializations(QUALITY_REPORT, limit=9).records
    path = loaded.settings().home / KEY
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert len(records) == 1
    assert records[0].asset_materialization is not None
    shown = {name: value.value for name, value in records[0].asset_materialization.metadata.items()}
    assert shown["file"] == str(path)
    assert shown["bytes"] == path.stat().st_size > 100_000
    page = str(shown["summary with picture"])
    assert page.startswith("![coverage and score](data:image/png;base64,iVBOR")
    assert f"**Data quality, {DAYS[0]} to " in page
    assert "| Quality score | 100.00 | good |" in page
    assert str(shown["quality score"]).startswith("100.00: 100 x 9 accepted / 9 rows")
    assert str(shown["trading dates"]).startswith(f"{DAYS[0]} to ")


def test_the_report_job_runs_where_nothing_was_ever_loaded(project: Project) -> None:
    with runs_of(project) as runs:
        result = alone(runs, REPORT_JOB)
    assert (result.success, failures(result)) == (True, {})


def test_the_standing_checks_speak_of_every_day(loaded: Project) -> None:
    with runs_of(loaded) as runs:
        result = alone(runs, FRESHNESS_JOB)
    found = {each.check_name: each for each in result.get_asset_check_evaluations()}
    assert {name: each.passed for name, each in found.items()} == {
        "latest_session_present": False, "failed_days_are_repaired": True, "coverage_reaches_target": False,
    }  # fmt: skip
    assert (found["coverage_reaches_target"].description or "").split("%", 1)[1].startswith(" of the bars of ")


def test_a_foreign_change_of_the_table_fails_the_books_until_the_day_is_measured_again(loaded: Project) -> None:
    query(loaded.database(), "DELETE FROM data_quality_metrics WHERE ticker = 'AAPL' AND date = '2024-01-02'")
    with runs_of(loaded) as runs:
        assert runs.only(DATA_QUALITY_METRICS, TUESDAY, TUESDAY).success
        assert runs.metadata(DATA_QUALITY_METRICS, TUESDAY)["written"] == "yes"
        assert runs.checked(DATA_QUALITY_METRICS, "metrics_match_books")[TUESDAY].passed
