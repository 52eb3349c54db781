"""The database resource: one pool a process, the embedded server made ready, any other only looked at."""

from __future__ import annotations

import pytest

from tbp_assets.errors import ConfigError, SchemaVersionError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.migrations import current_version, migrate, newest_version
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration

SECRET = "a-secret-nobody-prints"


def resource(project: Project, **environment: str) -> DatabaseResource:
    return DatabaseResource.from_settings(project.settings(**environment))


def as_if_real(project: Project) -> DatabaseResource:
    """Return the embedded server reached as any other server is: by host, port, name, user and password."""
    address = resource(project).connect().address
    return resource(
        project, DB_HOST=address.host, DB_PORT=str(address.port), DB_NAME=address.name, DB_USER=address.user,
        DB_PASSWORD=address.password.get_secret_value(),
    )  # fmt: skip


def test_embedded_database_is_ready_when_it_is_opened(project: Project) -> None:
    database = resource(project).open()
    assert database.embedded
    assert current_version(database) == newest_version()


def test_other_database_is_never_migrated_by_opening_it(project: Project) -> None:
    real = as_if_real(project)
    with pytest.raises(SchemaVersionError, match="run `tbp migrate`"):
        real.open()
    assert current_version(real.connect()) is None


def test_other_database_opens_once_it_was_migrated(project: Project) -> None:
    real = as_if_real(project)
    migrate(real.connect())
    database = real.open()
    assert not database.embedded
    assert query(database, "SELECT count(*) FROM market_data_raw") == [(0,)]


def test_pool_is_the_same_throughout_a_process(project: Project) -> None:
    first, second = resource(project).open(), resource(project).open()
    assert first is second
    assert first.engine is second.engine


def test_another_schema_is_another_pool(project: Project) -> None:
    first = resource(project).open()
    project.change("database.yml", f"schema: {first.address.schema} ", f"schema: {first.address.schema}_b ")
    second = resource(project).open()
    assert first is not second
    assert second.address.schema == f"{first.address.schema}_b"


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, ["DB_USER", "DB_PASSWORD"]), ({"DB_USER": "me"}, ["DB_PASSWORD"]), ({"DB_PASSWORD": SECRET}, ["DB_USER"])],
)
def test_missing_login_names_variable_and_file(project: Project, given: dict[str, str], missing: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        resource(project, DB_HOST="db.example", **given).open()
    said = str(refused.value)
    assert [name for name in ("DB_USER", "DB_PASSWORD") if f"{name} is not set" in said] == missing
    assert "config/database.yml" in said
    assert SECRET not in said


def test_no_secret_is_a_field_that_dagster_shows(project: Project) -> None:
    shown = resource(project, DB_HOST="db.example", DB_USER="the-user", DB_PASSWORD=SECRET)
    assert SECRET not in f"{shown!r} {shown.model_dump_json()}"
    assert SECRET not in repr(shown.connect())


@pytest.mark.parametrize(
    ("key", "value", "attribute"),
    [
        ("pool_size: 4", "pool_size: 7", "pool_size"),
        ("connect_timeout_seconds: 10", "connect_timeout_seconds: 7", "connect_timeout_seconds"),
        ("statement_timeout_seconds: 600", "statement_timeout_seconds: 7", "statement_timeout_seconds"),
        ("chunk_days: 30", "chunk_days: 7", "chunk_days"),
    ],
)
def test_settings_reach_the_pool(project: Project, key: str, value: str, attribute: str) -> None:
    project.change("database.yml", key, value)
    assert getattr(resource(project).connect(), attribute) == 7


def test_statement_timeout_is_the_sessions(project: Project) -> None:
    project.change("database.yml", "statement_timeout_seconds: 600", "statement_timeout_seconds: 7")
    assert query(resource(project).open(), "SHOW statement_timeout") == [("7s",)]
