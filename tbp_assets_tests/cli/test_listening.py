"""`tbp up --host`: no UI is open to other machines unless a person said that this is meant."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tbp_assets.cli import up
from tbp_assets.cli.listening import require_free, require_guarded, url_of
from tbp_assets.errors import UsageError
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.integration

OPEN = ("0.0.0.0", "::", "192.0.2.7", "2001:db8::1")


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a UI would take this process's place."""

    def instead(*words: object) -> None:
        raise AssertionError(f"started: {words[:2]}")

    monkeypatch.setattr(os, "execve", instead)


@pytest.mark.parametrize("host", OPEN)
def test_a_host_that_others_reach_is_refused_with_what_it_means(project: Project, tbp: Tbp, host: str) -> None:
    said = tbp("up", "--host", host)
    said.must_be(2, f"--host {host}", "has no login", "start and end runs", "--without-login", "SSH tunnel")
    assert said.out == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.7", "::1"])
def test_this_machine_alone_needs_no_word(host: str) -> None:
    require_guarded(host, without_login=False)


def test_whoever_says_that_it_is_meant_is_let(tmp_path: Path) -> None:
    for host in OPEN:
        require_guarded(host, without_login=True)


def test_a_host_that_is_no_name_is_named(project: Project, tbp: Tbp) -> None:
    for host in ("no such host", ""):
        tbp("up", "--host", host, "--without-login").must_be(2, f"--host {host!r} is no name or address")


def test_a_port_in_use_and_a_host_of_another_machine_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            UsageError, match=rf"port {port} of localhost cannot be listened on \(Address already in use"
        ):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)
    with pytest.raises(UsageError, match=r"of 192\.0\.2\.7 cannot be listened on"):
        require_free("192.0.2.7", port)


def test_host_and_port_are_what_dagster_is_started_with(
    project: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    announced: list[str] = []

    def instead(_program: str, command: list[str], _environment: dict[str, str]) -> None:
        started.append(command)

    def announce(url: str, _pipe: int) -> None:
        announced.append(url)

    monkeypatch.chdir(Path.cwd())
    monkeypatch.setattr(os, "execve", instead)
    monkeypatch.setattr(up, "announce", announce)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = tbp("up", "--port", port, "--host", "0.0.0.0", "--without-login")
    said.must_be(0, "no login", "start and end runs")
    assert announced == [f"http://localhost:{port}"]
    assert "UI on" not in said.out, "it does not answer yet"
    tbp("up", "--port", port).must_be(0)
    assert [command[command.index("--host") + 1] for command in started] == ["0.0.0.0", "127.0.0.1"]


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://localhost:3000"), ("0.0.0.0", "http://localhost:3000"), ("::1", "http://[::1]:3000")],
)
def test_a_person_is_told_where_to_look(host: str, url: str) -> None:
    assert url_of(host, 3000) == url
