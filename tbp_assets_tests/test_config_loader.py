"""The four YAML files: found, parsed and typed, or refused with one sentence that names file and key."""

from __future__ import annotations

import time
import timeit
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tbp_assets.config_loader import ConfigLoader, config_dir, load_settings
from tbp_assets.errors import ConfigError
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit

FILES = ["instruments", "pipeline", "s3", "database"]


def refusal(project: Project, **environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        _ = ConfigLoader(project.config, environment).load().universe
    return str(caught.value)


def test_the_directory_is_config_unless_another_is_named() -> None:
    assert ConfigLoader().config_dir == Path("config")


def test_tbp_config_dir_names_the_directory(project: Project) -> None:
    assert config_dir() == project.config
    project.monkeypatch.delenv("TBP_CONFIG_DIR")
    assert config_dir() == PROJECT_ROOT / "config"


@pytest.mark.parametrize("name", FILES)
def test_yaml_is_as_good_an_ending_as_yml(project: Project, name: str) -> None:
    before = ConfigLoader(project.config, {}).load().model_dump()
    (project.config / f"{name}.yml").rename(project.config / f"{name}.yaml")
    assert ConfigLoader(project.config, {}).load().model_dump() == before


@pytest.mark.parametrize("name", FILES)
def test_both_endings_at_once_are_refused(project: Project, name: str) -> None:
    path = project.config / f"{name}.yml"
    path.with_suffix(".yaml").write_bytes(path.read_bytes())
    assert f"{name}.yml and {name}.yaml are both there: keep one" in refusal(project)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_with_its_directory(project: Project, name: str) -> None:
    (project.config / f"{name}.yml").unlink()
    assert f"{name}.yml is missing (in {project.config}" in refusal(project)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_yaml_is_named_with_the_place(project: Project, name: str) -> None:
    path = project.config / f"{name}.yml"
    path.write_text("first: 1\nsecond: [1, 2\nthird: 3\n", encoding="utf-8")
    assert f"{path} is not YAML" in refusal(project)
    assert "line 3" in refusal(project)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n", "# only a comment\n"])
def test_a_file_without_keys_is_refused(project: Project, text: str) -> None:
    (project.config / "s3.yml").write_text(text, encoding="utf-8")
    assert "s3.yml must hold keys and values" in refusal(project)


def test_a_file_that_is_not_utf_8_is_refused(project: Project) -> None:
    (project.config / "s3.yml").write_bytes(b"url: \xff\n")
    assert "s3.yml cannot be read" in refusal(project)


def test_a_date_that_does_not_exist_is_refused_without_a_traceback(project: Project) -> None:
    # PyYAML makes dates itself and lets date()'s ValueError through.
    project.change("pipeline.yml", "2020-01-01", "2020-13-45")
    assert "pipeline.yml is not YAML: month must be in 1..12" in refusal(project)


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("pipeline.yml", "environment:", "environments:", "environments"),
        ("pipeline.yml", "  max_workers:", "  max_worker:", "download.max_worker"),
        ("s3.yml", "\nregion:", "\nregions:", "regions"),
        ("database.yml", "pool_size:", "pool:", "pool"),
        ("instruments.yml", "groups:", "group:", "group"),
        ("instruments.yml", "etfs: {asset_class: etf}", "etfs: {class: etf}", "groups.etfs.class"),
        ("instruments.yml", "symbol: JPM, name:", "symbol: JPM, isin: x, name:", "instruments.4.isin"),
    ],
)
def test_an_unknown_key_is_named(project: Project, file: str, old: str, new: str, key: str) -> None:
    project.change(file, old, new)
    message = refusal(project)
    assert message.startswith(f"config/{file}: ")
    assert f"{key}: unknown key" in message


def test_a_missing_key_is_named(project: Project) -> None:
    project.change("pipeline.yml", "  look_back_days: 10 #", "#")
    assert refusal(project) == "config/pipeline.yml: schedule.look_back_days: Field required"


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("pipeline.yml", "look_back_days: 10", "look_back_days: 0", "schedule.look_back_days"),
        ("pipeline.yml", "max_workers: 4", "max_workers: many", "download.max_workers"),
        ("pipeline.yml", "max_rejected_share: 0.05", "max_rejected_share: 5", "validation.max_rejected_share"),
        ("pipeline.yml", "max_rejected_share: 0.05", "max_rejected_share: .nan", "validation.max_rejected_share"),
        ("pipeline.yml", "max_file_mb: 128", "max_file_mb: 0", "validation.max_file_mb"),
        ("pipeline.yml", "max_lines: 2000000", "max_lines: .inf", "validation.max_lines"),
        ("pipeline.yml", "2020-01-01", "1999-01-01", "partitions.start_date"),
        ("s3.yml", "addressing_style: path", "addressing_style: paths", "addressing_style"),
        ("s3.yml", "https://files.massive.com", "files.massive.com", "endpoint_url"),
        ("database.yml", "\nschema: bars_", "\nschema: drop table ", "schema"),
        ("database.yml", "DB_PORT:-5432", "DB_PORT:-70000", "port"),
    ],
)
def test_a_wrong_value_is_named(project: Project, file: str, old: str, new: str, key: str) -> None:
    project.change(file, old, new)
    assert refusal(project).startswith(f"config/{file}: {key}: ")


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("s3.yml", "region: us-east-1", "region: us-east-1\nregion: eu-west-1", "region"),
        ("pipeline.yml", "  max_retries: 3", "  max_retries: 3\n  max_retries: 4", "retry.max_retries"),
        ("instruments.yml", "etfs: {asset_class: etf}", "etfs: {asset_class: etf}\n  etfs: {}", "groups.etfs"),
        ("instruments.yml", "{symbol: JPM, ", "{symbol: JPM, symbol: JPN, ", "instruments[4].symbol"),
    ],
)
def test_a_key_that_is_there_twice_is_refused_with_its_lines(
    project: Project, file: str, old: str, new: str, key: str
) -> None:
    # YAML lets the last one win, so the first was ignored without a word.
    project.change(file, old, new)
    message = refusal(project)
    assert f"{file}: the key {key} is there twice, in lines " in message


def test_bars_and_dagster_may_not_share_a_schema(project: Project) -> None:
    schema = ConfigLoader(project.config, {}).get_database_config().schema_name
    own = ConfigLoader(project.config, {}).get_database_config().dagster_schema
    project.change("database.yml", f"dagster_schema: {own}", f"dagster_schema: {schema}")
    message = refusal(project)
    assert message.startswith("config/database.yml: ")
    assert f"schema and dagster_schema are both '{schema}'" in message


def test_a_first_day_in_the_future_is_refused(project: Project) -> None:
    # There would be no partition at all, and every command would fail for another reason.
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    project.change("pipeline.yml", "start_date: 2020-01-01", f"start_date: {tomorrow}")
    message = refusal(project)
    assert message.startswith("config/pipeline.yml: partitions.start_date: ")
    assert f"{tomorrow} lies in the future" in message


@pytest.mark.parametrize("text", ["11:30", "690", '"11:30:30"', '"11:30+01:00"', '"25:00"', "noon"])
def test_a_time_of_day_that_yaml_would_turn_into_something_else_is_refused(project: Project, text: str) -> None:
    # Without quotes YAML 1.1 reads 11:30 as the number 690: the daily run would have asked at 00:11.
    project.change("pipeline.yml", 'ask_at: "11:30"', f"ask_at: {text}")
    assert refusal(project).startswith("config/pipeline.yml: schedule.ask_at: ")


def test_several_problems_of_a_file_are_told_at_once(project: Project) -> None:
    project.change("s3.yml", "region: us-east-1", "regions: us-east-1")
    assert refusal(project) == "config/s3.yml: region: Field required; regions: unknown key"


def test_the_four_files_load_in_less_than_fifty_milliseconds() -> None:
    loader = ConfigLoader(PROJECT_ROOT / "config", {})
    # Of the processor, since what else the machine does is no fault of theirs.
    assert min(timeit.repeat(loader.load, timer=time.process_time, number=1, repeat=5)) < 0.05


def test_settings_are_read_once_a_process(project: Project) -> None:
    first = project.settings()
    (project.config / "s3.yml").unlink()
    assert load_settings() is first
