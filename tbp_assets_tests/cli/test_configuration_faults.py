"""A configuration that cannot be used: exit code 2, and one sentence that names file and key."""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit
BACKFILL = ("backfill", "2024-01-02", "2024-01-05")


@pytest.mark.parametrize("name", ["instruments", "pipeline", "s3", "database"])
def test_a_missing_file_is_named_with_its_directory(project: Project, tbp: Tbp, name: str) -> None:
    (project.config / f"{name}.yml").unlink()
    tbp(*BACKFILL).must_be(2, f"{name}.yml is missing", str(project.config), "TBP_CONFIG_DIR")


def test_a_file_that_is_no_yaml_is_named_with_the_line(project: Project, tbp: Tbp) -> None:
    project.change("s3.yml", "region: us-east-1", "region: [us-east-1")
    tbp(*BACKFILL).must_be(2, "s3.yml is not YAML", "line")


def test_an_unknown_key_is_refused_by_name(project: Project, tbp: Tbp) -> None:
    project.change("pipeline.yml", "  max_workers: 4", "  max_wokers: 4")
    tbp(*BACKFILL).must_be(2, "config/pipeline.yml", "download.max_wokers: unknown key", "download.max_workers")


def test_a_value_of_the_wrong_kind_is_named(project: Project, tbp: Tbp) -> None:
    project.change("pipeline.yml", "  look_back_days: 10", "  look_back_days: soon")
    tbp(*BACKFILL).must_be(2, "config/pipeline.yml", "schedule.look_back_days")


def test_a_variable_inside_a_text_must_be_set(project: Project, tbp: Tbp) -> None:
    project.change("database.yml", '"${DB_NAME:-market_data}"', '"bars_${DB_STAGE}"')
    tbp(*BACKFILL).must_be(2, "config/database.yml", "name", "${DB_STAGE}", "not set")


def test_a_variable_of_a_needed_key_must_be_set(project: Project, tbp: Tbp) -> None:
    project.change("database.yml", '"${DB_NAME:-market_data}"', '"${DB_NAME}"')
    tbp(*BACKFILL).must_be(2, "config/database.yml", "name", "the variable DB_NAME is not set")


def test_an_unknown_universe_is_refused_with_those_there_are(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, TBP_UNIVERSE="large_caps")
    said.must_be(2, "'large_caps' is unknown", "configured", "high_priority", "TBP_UNIVERSE")


def test_a_lake_that_is_neither_directory_nor_bucket_is_refused(project: Project, tbp: Tbp) -> None:
    said = tbp("status", TBP_LAKE_URL="gs://bucket/lake")
    said.must_be(2, "TBP_LAKE_URL 'gs://bucket/lake'", "file:///an/absolute/path")


def test_the_synthetic_market_is_refused_by_a_database_of_somebody_else(project: Project, tbp: Tbp) -> None:
    real = {"DB_HOST": "db.example.com", "TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
    for command in (BACKFILL, ("status",), ("demo",), ("up",), ("migrate",), ("config", "check")):
        tbp(*command, **real).must_be(2, "synthetic market only fills the embedded", "not db.example.com", "DB_HOST")


def test_production_refuses_the_synthetic_market(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, ENVIRONMENT="production", TBP_FLAT_FILES_URL="synthetic://market")
    said.must_be(2, "ENVIRONMENT=production refuses the synthetic market", "TBP_FLAT_FILES_URL")
    tbp("demo").must_be(2, "ENVIRONMENT=production refuses the synthetic market")


def test_production_refuses_the_embedded_database(project: Project, tbp: Tbp) -> None:
    for command in (BACKFILL, ("status",), ("up",), ("config", "check")):
        tbp(*command, ENVIRONMENT="production").must_be(2, "production refuses the embedded database", "set DB_HOST")


@pytest.mark.parametrize("command", [BACKFILL, ("status",), ("demo",), ("up",), ("migrate",), ("config", "check")])
def test_a_malformed_source_is_a_fault_of_the_configuration_everywhere(
    project: Project, tbp: Tbp, command: tuple[str, ...]
) -> None:
    if command == ("demo",):
        tbp(*command, TBP_FLAT_FILES_URL="synthetic://[::1").must_be(2, "'synthetic://[::1' is no source of day files")
    else:
        tbp(*command, TBP_FLAT_FILES_URL="http://[::1").must_be(2, "'http://[::1' is no source", "TBP_FLAT_FILES_URL")


def test_an_environment_that_is_neither_is_named(project: Project, tbp: Tbp) -> None:
    tbp(*BACKFILL, ENVIRONMENT="prod").must_be(2, "config/pipeline.yml", "environment")
