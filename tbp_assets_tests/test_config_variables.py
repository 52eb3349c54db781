"""${VAR} and ${VAR:-default} in string values, what happens where one is not set, and secrets that never print."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.errors import ConfigError
from tbp_assets.settings import Settings
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit

SECRETS = {"POLYGON_S3_ACCESS_KEY": "AKIA-hush", "POLYGON_S3_SECRET_KEY": "hush-secret", "DB_PASSWORD": "hush-word"}
S3, DATABASE = {"TBP_FLAT_FILES_URL": "s3://flatfiles"}, {"DB_HOST": "db.example"}


def region(project: Project, text: str, **environment: str) -> str:
    project.change("s3.yml", "region: us-east-1", f"region: {text}")
    return ConfigLoader(project.config, environment).get_s3_config().region


def refusal(project: Project, text: str, **environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        region(project, text, **environment)
    return str(caught.value)


def load(project: Project, environment: dict[str, str]) -> Settings:
    return ConfigLoader(project.config, environment).load()


def test_a_variable_is_substituted(project: Project) -> None:
    assert region(project, '"${REGION}"', REGION="eu-west-1") == "eu-west-1"


def test_a_variable_is_substituted_inside_a_text(project: Project) -> None:
    assert region(project, '"${PLACE}-west-${N:-1}"', PLACE="eu") == "eu-west-1"


def test_a_default_stands_in_for_a_variable_that_is_not_set(project: Project) -> None:
    assert region(project, '"${REGION:-us-east-2}"') == "us-east-2"


def test_a_default_stands_in_for_an_empty_variable(project: Project) -> None:
    assert region(project, '"${REGION:-us-east-2}"', REGION="") == "us-east-2"


def test_a_variable_wins_over_the_default(project: Project) -> None:
    assert region(project, '"${REGION:-us-east-2}"', REGION="eu-west-1") == "eu-west-1"


def test_a_number_may_come_from_a_variable(project: Project) -> None:
    assert load(project, {"DB_PORT": "6543"}).database.port == 6543


@pytest.mark.parametrize("text", ["a$b", "$REGION", "a$$b", "100%", "~", "$", "back\\slash"])
def test_a_dollar_without_braces_is_text(project: Project, text: str) -> None:
    assert region(project, f"'{text}'", REGION="eu-west-1") == text


def test_a_dollar_without_braces_is_text_beside_a_variable_too(project: Project) -> None:
    assert region(project, '"a$REGION${N:-1}$"', REGION="eu-west-1") == "a$REGION1$"


@pytest.mark.parametrize("password", ["pa$$word", "${HOME}", "a$REGION", "\\$x", "${", "}", "#", ": [", "'\""])
def test_the_value_of_a_variable_is_taken_as_it_is(project: Project, password: str) -> None:
    secret = load(project, {"DB_PASSWORD": password, "HOME": "/root", "REGION": "x"}).database.password
    assert secret is not None
    assert secret.get_secret_value() == password


def test_a_value_of_a_variable_cannot_add_yaml(project: Project) -> None:
    assert region(project, '"${REGION}"', REGION="a\nendpoint_url: http://evil") == "a\nendpoint_url: http://evil"


def test_a_variable_in_a_comment_is_left_alone(project: Project) -> None:
    assert region(project, "us-east-1 # as in ${NEVER_SET}") == "us-east-1"


def test_a_needed_variable_that_is_not_set_is_named_with_the_file(project: Project) -> None:
    assert refusal(project, '"${REGION}"') == "config/s3.yml: region: the variable REGION is not set"


def test_an_unset_variable_inside_a_text_is_named_with_the_file(project: Project) -> None:
    assert (
        refusal(project, '"eu-${REGION}"') == "config/s3.yml: region: 'eu-${REGION}' needs a variable that is not set"
    )


@pytest.mark.parametrize("text", ["${REGION", "${}", "a ${ b"])
def test_a_malformed_variable_is_refused_with_the_file(project: Project, text: str) -> None:
    assert refusal(project, f"'{text}'").startswith("config/s3.yml: region: ")


def test_an_unset_optional_variable_is_no_fault_until_it_is_needed(project: Project) -> None:
    assert load(project, {}).s3.access_key is None
    assert ConfigLoader(project.config, {"TBP_FLAT_FILES_URL": "file:///mirror"}).validate_environment()


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("name", ["POLYGON_S3_ACCESS_KEY", "POLYGON_S3_SECRET_KEY", "DB_USER", "DB_PASSWORD"])
def test_a_variable_the_chosen_parts_need_is_named_with_its_file(project: Project, name: str, empty: bool) -> None:
    # A copied .env.example sets the variables to nothing: that is not set, too.
    environment = {**S3, **DATABASE, **SECRETS, "DB_USER": "trader"}
    loader = ConfigLoader(project.config, environment | {name: ""} if empty else without(environment, name))
    file = "database.yml" if name.startswith("DB_") else "s3.yml"
    assert loader.validate_environment() is False
    (sentence,) = loader.missing_environment()
    assert sentence.startswith(f"{name} is not set (config/{file} asks for it: ")


def without(environment: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in environment.items() if key != name}


def test_the_environment_is_complete_when_all_that_is_needed_is_set(project: Project) -> None:
    assert ConfigLoader(project.config, {**S3, **DATABASE, **SECRETS, "DB_USER": "trader"}).validate_environment()


def test_no_source_is_a_missing_setting_that_says_what_to_set(project: Project) -> None:
    (sentence,) = ConfigLoader(project.config, {}).missing_environment()
    assert sentence.startswith("no source of day files: set TBP_FLAT_FILES_URL to s3://flatfiles, file:///a/mirror or")


@pytest.mark.parametrize("needed", [{}, DATABASE])
def test_the_embedded_database_needs_no_login(project: Project, needed: dict[str, str]) -> None:
    loader = ConfigLoader(project.config, {"TBP_FLAT_FILES_URL": "synthetic://market", **needed})
    assert loader.validate_environment() is not bool(needed)


def parts(settings: Settings) -> str:
    return f"{settings.s3} {settings.database!r}"


FORMS: list[Callable[[Settings], object]] = [repr, str, parts, Settings.model_dump, Settings.model_dump_json]


@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_in_no_representation(project: Project, form: Callable[[Settings], object]) -> None:
    text = str(form(load(project, SECRETS)))
    assert "hush" not in text
    assert "**********" in text


def test_secrets_are_in_no_message_about_a_wrong_value(project: Project) -> None:
    project.change("database.yml", '"${DB_PASSWORD}"', '["${DB_PASSWORD}"]')
    with pytest.raises(ConfigError) as caught:
        load(project, SECRETS)
    assert "config/database.yml: password: " in str(caught.value)
    assert "hush" not in "".join(traceback.format_exception(caught.value))
