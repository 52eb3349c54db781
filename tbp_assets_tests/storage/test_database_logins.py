"""A database that cannot be entered ends in the error that says whether to try again, and which variable to look at."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from pydantic import SecretStr

from tbp_assets.errors import CredentialsError, DatabaseRefusedError, DatabaseUnavailableError, TbpError
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration

WRONG = "wrong-and-secret"


def elsewhere(database: Database, **address: object) -> Database:
    """Return another address with the pool settings of a database."""
    changed = replace(database.address, **address)  # pyright: ignore[reportArgumentType]  # fields of the address
    return replace(database, address=changed, connect_timeout_seconds=2)


def refusal(database: Database, expected: type[TbpError]) -> str:
    """Return what is said where a database cannot be entered."""
    with pytest.raises(expected) as refused:
        query(database, "SELECT 1")
    assert type(refused.value) is expected
    assert database.address.password.get_secret_value() not in str(refused.value)
    return str(refused.value)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_wrong_password_names_host_and_variables(project: Project) -> None:
    said = refusal(elsewhere(project.database(), password=SecretStr(WRONG)), CredentialsError)
    assert "127.0.0.1" in said
    assert "DB_USER, DB_PASSWORD, database.yml" in said


def test_unknown_user_is_a_matter_of_credentials(project: Project) -> None:
    said = refusal(elsewhere(project.database(), user="nobody_here"), CredentialsError)
    assert "nobody_here@127.0.0.1" in said


def test_empty_password_is_a_matter_of_credentials(project: Project) -> None:
    database = elsewhere(project.database(), password=SecretStr(""))
    with pytest.raises(CredentialsError, match="no password supplied"):
        query(database, "SELECT 1")


def test_missing_database_names_it_and_its_variable(project: Project) -> None:
    said = refusal(elsewhere(project.database(), name="no_such_database"), DatabaseRefusedError)
    assert 'database "no_such_database" does not exist' in said
    assert "DB_NAME, database.yml" in said


def test_closed_port_is_worth_another_try_and_names_the_variables(project: Project) -> None:
    port = closed_port()
    said = refusal(elsewhere(project.database(), port=port), DatabaseUnavailableError)
    assert f"127.0.0.1:{port}" in said
    assert "DB_HOST, DB_PORT, database.yml" in said


def test_unknown_host_names_the_variables(project: Project) -> None:
    said = refusal(elsewhere(project.database(), host="nowhere.invalid"), DatabaseUnavailableError)
    assert "nowhere.invalid" in said
    assert "DB_HOST, DB_PORT, database.yml" in said


def test_server_that_accepts_and_says_nothing_is_given_up(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = elsewhere(project.database(), port=silent.getsockname()[1])
        assert "timeout expired" in refusal(database, DatabaseUnavailableError)


def test_address_shows_no_password(project: Project) -> None:
    address = replace(project.database().address, password=SecretStr(WRONG))
    assert WRONG not in f"{address} {address!r} {address.url()}"
    assert str(address).endswith(f"(schema {address.schema})")


def test_url_with_a_schema_starts_there(project: Project) -> None:
    address = project.database().address
    assert address.url("dagster").query == {"options": "-csearch_path=dagster -csynchronous_commit=off"}
    assert address.url().drivername == "postgresql+psycopg2"
