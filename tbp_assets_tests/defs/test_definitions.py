"""The exact set of what Dagster shows: a definition that is silently dropped or renamed fails here."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

# What a code server sends to the UI; not exported.
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import serialize_value

from tbp_assets.defs.assembly import build_definitions
from tbp_assets.errors import ConfigError
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit
CHECKS = {
    "data_quality_metrics:metrics_match_books",
    "data_quality_metrics:flag_rate_is_usual",
    "data_quality_metrics:score_reaches_target",
    "data_quality_metrics:universe_is_covered",
    "market_data_raw:coverage_reaches_target",
    "market_data_raw:failed_days_are_repaired",
    "market_data_raw:database_matches_lake",
    "market_data_raw:every_row_accounted_for",
    "market_data_raw:latest_session_present",
    "raw_day_file:day_file_is_whole",
    "validated_bars:bars_match_schema",
    "validated_bars:day_is_plausible",
    "validated_bars:every_row_accounted_for",
}
SCHEDULES = ("daily_bars", "freshness_daily", "measure_again", "quality_report_daily", "health_daily")
SECRETS = {
    "POLYGON_S3_ACCESS_KEY": "secret-access", "POLYGON_S3_SECRET_KEY": "secret-key", "POLYGON_API_KEY": "secret-api",
    "DB_HOST": "db.example.com", "DB_USER": "secret-user", "DB_PASSWORD": "secret-password",
    "TBP_FLAT_FILES_URL": "s3://flatfiles", "TBP_ALERT_WEBHOOK_URL": "https://hooks.example.com/secret-hook",
    "TBP_ALERT_EMAIL_TO": "a@example.com", "TBP_ALERT_EMAIL_FROM": "b@example.com", "TBP_SMTP_HOST": "mail.example.com",
    "TBP_SMTP_USER": "desk", "TBP_SMTP_PASSWORD": "secret-mail",
}  # fmt: skip


def test_assets_checks_jobs_schedules_and_sensors_are_exactly_these(project: Project) -> None:
    definitions = build_definitions(project.settings())
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        "raw_day_file", "validated_bars", "market_data_raw", "data_quality_metrics", "quality_report"
    }  # fmt: skip
    assert {f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys} == CHECKS
    jobs = {job.name for job in definitions.resolve_all_job_defs()}
    assert jobs == {"day_bars", "load_from_lake", "measure_quality", "report", "freshness", "health", "__ASSET_JOB"}
    assert {schedule.name for schedule in definitions.schedules or ()} == {
        "daily_bars", "freshness_daily", "measure_again", "quality_report_daily", "health_daily"
    }  # fmt: skip
    assert {sensor.name for sensor in definitions.sensors or ()} == {"day_file_arrivals", "alerts"}


def test_the_days_flow_one_way(project: Project) -> None:
    graph = build_definitions(project.settings()).resolve_asset_graph()
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert parents == {
        "raw_day_file": set(),
        "validated_bars": {"raw_day_file"},
        "market_data_raw": {"validated_bars"},
        "data_quality_metrics": {"validated_bars"},
        "quality_report": {"data_quality_metrics", "market_data_raw"},
    }


def test_every_asset_is_described_owned_and_grouped_for_a_trader(project: Project) -> None:
    specs = build_definitions(project.settings()).resolve_all_asset_specs()
    assert {spec.key.to_user_string(): spec.kinds for spec in specs} == {
        "raw_day_file": {"s3", "csv"},
        "validated_bars": {"polars", "parquet"},
        "market_data_raw": {"postgres", "timescaledb"},
        "data_quality_metrics": {"polars", "postgres"},
        "quality_report": {"html", "altair"},
    }
    assert {spec.group_name for spec in specs} == {"us_stocks_day_bars"}
    assert {tuple(spec.owners) for spec in specs} == {("team:market-data",)}
    assert all("Grain" in (spec.description or "") for spec in specs)


def test_every_check_job_schedule_and_sensor_says_what_it_is_for(project: Project) -> None:
    definitions = build_definitions(project.settings())
    graph = definitions.resolve_asset_graph()
    described = [graph.get_check_spec(key).description for key in graph.asset_check_keys]
    described += [job.description for job in definitions.resolve_all_job_defs() if job.name != "__ASSET_JOB"]
    described += [definitions.resolve_schedule_def(name).description for name in SCHEDULES]
    described += [definitions.resolve_sensor_def(name).description for name in ("day_file_arrivals", "alerts")]
    assert [text for text in described if not text or len(text) < 20] == []


def test_checks_of_a_day_have_the_days_partitions_and_standing_ones_have_none(project: Project) -> None:
    graph = build_definitions(project.settings()).resolve_asset_graph()
    without = {key.name for key in graph.asset_check_keys if graph.get_check_spec(key).partitions_def is None}
    assert without == {"latest_session_present", "failed_days_are_repaired", "coverage_reaches_target"}


def test_a_backfill_is_cut_into_runs_of_the_configured_length(project: Project) -> None:
    project.change("pipeline.yml", "max_partitions_per_run: 50", "max_partitions_per_run: 7")
    graph = build_definitions(project.settings()).resolve_asset_graph()
    by_day = [node for key in graph.get_all_asset_keys() if (node := graph.get(key)).partitions_def]
    policies = {node.backfill_policy for node in by_day}
    assert policies == {dg.BackfillPolicy.multi_run(7)}


def test_no_secret_is_in_what_dagster_shows(project: Project) -> None:
    definitions = build_definitions(project.settings(**SECRETS))
    shown = serialize_value(RepositorySnap.from_def(definitions.get_repository_def()))
    shown += repr(definitions.resources)
    assert "files.massive.com" in shown
    assert "secret-" not in shown


def test_stand_ins_are_refused_where_they_do_not_belong(project: Project) -> None:
    with pytest.raises(ConfigError, match="only fills the embedded database"):
        build_definitions(project.settings(DB_HOST="db.example.com", TBP_FLAT_FILES_URL="synthetic://market"))


def test_the_module_that_dagster_loads_needs_no_source_and_starts_no_server(project: Project) -> None:
    project.settings(TBP_FLAT_FILES_URL="", TBP_HOME=str(project.root / "home"))
    script = "from tbp_assets.definitions import defs; print(len(defs.resolve_all_asset_keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT_ROOT, check=False)
    assert (done.stdout.strip(), done.returncode) == ("5", 0), done.stderr
    assert not (project.root / "home").exists()
