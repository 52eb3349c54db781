"""What ENVIRONMENT changes: mappings are merged, anything else replaced, and what cannot be is refused by name."""

from __future__ import annotations

import pytest

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.errors import ConfigError
from tbp_assets.settings import PROJECT_ROOT, Settings
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit


def overridden(project: Project, text: str, name: str = "staging", **environment: str) -> Settings:
    (project.config / "environments" / f"{name}.yml").write_text(text, encoding="utf-8")
    return ConfigLoader(project.config, {"ENVIRONMENT": name, **environment}).load()


def refusal(project: Project, text: str, name: str = "staging", **environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        overridden(project, text, name, **environment)
    return str(caught.value)


def test_only_what_is_named_is_changed(project: Project) -> None:
    plain = ConfigLoader(project.config, {}).load()
    text = "pipeline: {schedule: {look_back_days: 3}}\ndatabase: {pool_size: 9}\n"
    found = overridden(project, text)
    assert (found.pipeline.schedule.look_back_days, found.database.pool_size) == (3, 9)
    assert found.pipeline.schedule.model_copy(update={"look_back_days": 10}) == plain.pipeline.schedule
    assert (found.s3, found.instruments) == (plain.s3, plain.instruments)


def test_another_environment_is_not_changed(project: Project) -> None:
    overridden(project, "database: {pool_size: 9}\n")
    assert ConfigLoader(project.config, {}).load().database.pool_size == 4
    assert ConfigLoader(project.config, {"ENVIRONMENT": "production"}).load().database.pool_size == 4


def test_a_list_takes_the_place_of_the_list(project: Project) -> None:
    found = overridden(project, "pipeline: {quality: {test_tickers: [ZZZ]}, schedule: {closures: [2025-01-09]}}\n")
    assert found.pipeline.quality.test_tickers == ("ZZZ",)
    assert [str(day) for day in found.pipeline.schedule.closures] == ["2025-01-09"]


def test_a_group_can_be_added_and_changed(project: Project) -> None:
    text = "instruments: {groups: {etfs: {symbols: [SPY]}, mine: {symbols: [AAPL, V]}}}\n"
    overridden(project, text)
    groups = ConfigLoader(project.config, {"ENVIRONMENT": "staging"}).get_ticker_groups()
    assert (groups["etfs"], groups["mine"], len(groups["all_symbols"])) == (["SPY"], ["AAPL", "V"], 12)


def test_variables_are_substituted_in_overrides_too(project: Project) -> None:
    found = overridden(project, 'database: {name: "bars_${STAGE:-x}", host: "${HOST}"}\n', HOST="db", STAGE="eu")
    assert (found.database.name, found.database.host) == ("bars_eu", "db")


def test_a_secret_that_is_not_set_is_missed_by_the_file_that_asks_for_it(project: Project) -> None:
    found = overridden(project, 'database: {host: db, user: me, password: "${STAGE_PASSWORD}"}\n', DB_PASSWORD="base")
    said = "STAGE_PASSWORD is not set (config/environments/staging.yml asks for it: database.password)"
    assert found.database.missing_for_database() == [said]


@pytest.mark.parametrize("name", ["staging", "production"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pipelines: {}\n", "pipelines: unknown key; the first keys are instruments, pipeline, s3, database"),
        ("pipeline: {schedule: {look_back: 3}}\n", "pipeline.schedule.look_back: unknown key"),
        ("database: {pool: 3}\n", "database.pool: unknown key"),
        ("pipeline: 7\n", "pipeline: must hold keys and values of pipeline.yml"),
        ("pipeline: {environment: development}\n", "pipeline.environment: it chose this file"),
        ("pipeline: {schedule: {look_back_days: 0}}\n", "pipeline.schedule.look_back_days: Input should be"),
        ("pipeline: {schedule: {closures: [soon]}}\n", "pipeline.schedule.closures.0: Input should be a valid date"),
        ("instruments: {groups: {mine: {colour: red}}}\n", "instruments.groups.mine.colour: unknown key"),
        ("pipeline: {schedule: 3}\n", "pipeline.schedule: Input should be"),
        ('s3: {region: "${A}${B}"}\n', "s3.region: '${A}${B}' needs a variable that is not set"),
        ('s3: {region: "${A}"}\n', "s3.region: the variable A is not set"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(project: Project, name: str, text: str, said: str) -> None:
    assert refusal(project, text, name).startswith(f"config/environments/{name}.yml: {said}")


def test_a_fault_of_both_files_names_both(project: Project) -> None:
    text = "pipeline: {quality: {flags: {gap: {limit: 3}}}}\n"
    said = refusal(project, text)
    assert said.startswith("config/pipeline.yml with config/environments/staging.yml: quality: ")
    assert "flag gap has no limit to set" in said


def test_values_that_contradict_each_other_name_the_overrides(project: Project) -> None:
    said = refusal(project, "database: {compress_after_days: 5}\n")
    assert "compress_after_days: 5 lies within" in said
    assert "config/environments/staging.yml" in said


@pytest.mark.parametrize(("text", "said"), [("a: [\n", "is not YAML"), ("- a\n", "must hold keys and values")])
def test_a_file_that_cannot_be_read_is_named(project: Project, text: str, said: str) -> None:
    assert f"environments/staging.yml {said}" in refusal(project, text)


def test_an_unknown_environment_is_refused_with_those_there_are(project: Project) -> None:
    overridden(project, "")
    with pytest.raises(ConfigError, match=r"config/pipeline.yml: environment: 'prod' is unknown") as caught:
        ConfigLoader(project.config, {"ENVIRONMENT": "prod"}).load()
    assert "there are development, production, staging (ENVIRONMENT; " in str(caught.value)


@pytest.mark.parametrize("name", ["../pipeline", "environments/production", "PRODUCTION", " production"])
def test_a_name_is_no_path(project: Project, name: str) -> None:
    with pytest.raises(ConfigError, match="is unknown: there are development, production"):
        ConfigLoader(project.config, {"ENVIRONMENT": name}).load()


def test_development_and_production_need_no_file(project: Project) -> None:
    for path in (project.config / "environments").iterdir():
        path.unlink()
    assert ConfigLoader(project.config, {"ENVIRONMENT": "production"}).load().pipeline.environment == "production"


def test_resources_that_read_their_secrets_again_get_the_overrides(project: Project) -> None:
    overridden(project, "s3: {access_key: theirs}\ndatabase: {user: somebody}\n")
    loader = ConfigLoader(project.config, {"ENVIRONMENT": "staging"})
    key = loader.get_s3_config().access_key
    assert (key.get_secret_value() if key else "", loader.get_database_config().user) == ("theirs", "somebody")


def test_the_shipped_production_is_stricter_and_every_shipped_file_can_be_used() -> None:
    plain, production = (
        ConfigLoader(PROJECT_ROOT / "config", {"ENVIRONMENT": name}).load().pipeline.health
        for name in ("development", "production")
    )
    assert (plain.daemon_severity, production.daemon_severity) == ("warn", "error")
    assert plain.min_free_gb < production.min_free_gb
    assert ConfigLoader(PROJECT_ROOT / "config", {}).problems_elsewhere() == []
