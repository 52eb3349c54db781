"""A database that cannot be entered ends in the error that says whether to try again, and which variable to look at."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import Any

import psycopg2
import pytest
from pydantic import SecretStr
from sqlalchemy import event

from tbp_assets.errors import CredentialsError, DatabaseRefusedError, DatabaseUnavailableError, TbpError
from tbp_assets.storage.cancelling import SSL_REQUEST
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


def test_a_pooler_that_takes_no_options_is_named_with_the_way_round_it(project: Project) -> None:
    fields = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
    with socket.create_server(("127.0.0.1", 0)) as pooler:

        def refuse() -> None:
            while True:
                try:
                    client, _ = pooler.accept()
                except OSError:
                    return
                with client:
                    asked = client.recv(4096)
                    if asked[4:8] == SSL_REQUEST[4:]:
                        client.sendall(b"N")
                        client.recv(4096)
                    client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

        Thread(target=refuse, daemon=True).start()
        database = elsewhere(project.database(), host="127.0.0.1", port=pooler.getsockname()[1])
        said = refusal(database, DatabaseRefusedError)
        # A thread that waits for a connection keeps the socket open.
        pooler.shutdown(socket.SHUT_RDWR)
    assert "unsupported startup parameter: options: a pooler (pgbouncer?) stands between" in said
    assert "DB_HOST, DB_PORT" in said


def test_a_session_that_forgot_its_options_is_never_worked_in(project: Project) -> None:
    database = project.database()
    drop = partial(_without_options, connect=psycopg2.connect)
    event.listen(database.engine, "do_connect", drop)
    database.engine.dispose()
    try:
        said = refusal(database, DatabaseRefusedError)
    finally:
        event.remove(database.engine, "do_connect", drop)
        database.engine.dispose()
    assert "a pooler (pgbouncer?) stands between" in said


def _without_options(
    _dialect: object, _record: object, args: list[Any], params: dict[str, Any], connect: Callable[..., object]
) -> object:
    params.pop("options")
    return connect(*args, **params)
