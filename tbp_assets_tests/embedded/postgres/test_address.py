"""What a started server is like, seen by its client."""

from __future__ import annotations

import timeit
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2
import pytest

from tbp_assets.embedded.postgres import ServerAddress, ensure_server, running_server
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.embedded.postgres.processes import postmaster_pid, wait_until, watchers_of

if TYPE_CHECKING:
    from tbp_assets_tests.embedded.postgres.conftest import Query

pytestmark = pytest.mark.integration


def test_first_start_gives_a_database_of_our_own(shared_home: Path, query: Query) -> None:
    address = ensure_server(shared_home)
    rows = query(
        address, "SELECT current_database(), current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    assert rows == [("market_data", "tbp", False)]


def test_second_call_returns_the_same_server_in_five_milliseconds(shared_home: Path) -> None:
    first, again = ensure_server(shared_home), set[ServerAddress]()
    # The best of twenty: a busy machine interrupts some of them.
    assert min(timeit.repeat(lambda: again.add(ensure_server(shared_home)), number=1, repeat=20)) < 0.005
    assert again == {first}


def test_running_server_is_found_without_starting_it(shared_home: Path) -> None:
    assert running_server(shared_home) == ensure_server(shared_home)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("jit", "off"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("password_encryption", "scram-sha-256"),
    ],
)
def test_settings_are_those_of_the_design(shared_home: Path, query: Query, setting: str, value: str) -> None:
    assert query(ensure_server(shared_home), f"SELECT current_setting('{setting}')") == [(value,)]


def test_text_is_ordered_by_bytes(shared_home: Path, query: Query) -> None:
    rows = query(ensure_server(shared_home), "SELECT 'BCPC' < 'BCpC', datcollate FROM pg_database LIMIT 1")
    assert rows == [(True, "C")]


def test_wrong_password_is_refused(shared_home: Path) -> None:
    address = ensure_server(shared_home)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(
            host=address.host, port=address.port, user="tbp", password=address.password[1:], dbname="market_data"
        )


def test_superuser_cannot_log_in(shared_home: Path) -> None:
    address = ensure_server(shared_home)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(
            host=address.host, port=address.port, user="postgres", password=address.password, dbname="market_data"
        )


def test_password_is_in_no_repr_and_no_log_and_for_its_owner_only(shared_home: Path) -> None:
    address = ensure_server(shared_home)
    files = shared_home / "postgres"
    assert address.password not in repr(address)
    assert address.password not in (files / "server.log").read_text()
    assert (files / "server.json").stat().st_mode & 0o777 == 0o600


def test_credentials_in_our_environment_do_not_reach_the_server(
    used_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYGON_S3_SECRET_KEY", "not for the server")
    ensure_server(used_home)
    assert "POLYGON_S3_SECRET_KEY" not in psutil.Process(postmaster_pid(used_home)).environ()
    assert wait_until(lambda: len(watchers_of(used_home)) == 1, 30)
    assert "POLYGON_S3_SECRET_KEY" not in watchers_of(used_home)[0].environ()


def test_home_may_be_relative_with_a_space_and_a_dollar_in_its_path(
    home: Path, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = home / "a b$HOME"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with cleaned_home(inside / ".tbp"):
        address = ensure_server(Path(".tbp"))
        assert query(address, "SELECT 1") == [(1,)]
        assert running_server(inside / ".tbp") == address
