"""What can be wrong with a home or a machine, and what the user is told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tbp_assets.embedded.postgres import ensure_server, running_server, stop_server
from tbp_assets.embedded.postgres.account import server_account
from tbp_assets.embedded.postgres.binaries import Programs
from tbp_assets.embedded.postgres.site import open_site
from tbp_assets.errors import EmbeddedServerError, StorageError
from tbp_assets_tests.embedded.postgres.processes import instance_of, postmaster_pid, run_as_nobody, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tbp_assets_tests.embedded.postgres.conftest import Query

pytestmark = pytest.mark.integration


def test_committed_rows_survive_the_server_being_killed(used_home: Path, query: Query) -> None:
    address = ensure_server(used_home)
    query(address, "CREATE TABLE kept_through_kill AS SELECT 42 AS answer")
    os.kill(postmaster_pid(used_home), signal.SIGKILL)
    assert wait_until(lambda: running_server(used_home) is None, 30)
    assert query(ensure_server(used_home), "SELECT answer FROM kept_through_kill") == [(42,)]


def test_stale_pid_that_now_belongs_to_another_process_is_no_obstacle(used_home: Path, query: Query) -> None:
    ensure_server(used_home)
    data = instance_of(used_home).data
    lines = (data / "postmaster.pid").read_text().splitlines()
    stop_server(used_home)
    account = server_account(data)
    # PostgreSQL itself believes in the pid only if the process is its own user's.
    stranger = subprocess.Popen(["sleep", "60"], user=account and account.uid)
    try:
        (data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert running_server(used_home) is None
        assert query(ensure_server(used_home), "SELECT 1") == [(1,)]
        assert stop_server(used_home)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_port_is_kept_over_a_restart_unless_somebody_took_it(used_home: Path, query: Query) -> None:
    first = ensure_server(used_home)
    stop_server(used_home)
    assert ensure_server(used_home).port == first.port
    stop_server(used_home)
    with socket.create_server((first.host, first.port)):
        moved = ensure_server(used_home)
        assert moved.port != first.port
        assert query(moved, "SELECT 1") == [(1,)]
        assert running_server(used_home) == moved


def test_server_that_cannot_start_says_why_and_where_its_log_is(home: Path) -> None:
    data = open_site(home).instance.data
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")
    with pytest.raises(EmbeddedServerError, match=r"pg_ctl failed in .*server\.log"):
        ensure_server(home)


def test_file_system_that_loses_locks_through_fork_is_refused(used_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Programs.run

    def run_without_lock(
        programs: Programs,
        name: str,
        args: Sequence[str],
        *,
        cwd: Path,
        stdin: str = "",
        keep_open: Sequence[int] = (),
    ) -> None:
        assert keep_open
        run(programs, name, args, cwd=cwd, stdin=stdin)

    monkeypatch.setattr(Programs, "run", run_without_lock)
    with pytest.raises(EmbeddedServerError, match="Set TBP_HOME to a local disk"):
        ensure_server(used_home)
    assert not (instance_of(used_home).data / "postmaster.pid").exists()


def test_data_of_another_major_version_are_refused(home: Path) -> None:
    data = open_site(home).instance.data
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 16, this release brings 18"):
        ensure_server(home)


def test_lost_data_are_not_silently_replaced_by_an_empty_database(home: Path) -> None:
    open_site(home).with_port(5432)
    with pytest.raises(EmbeddedServerError, match="is gone"):
        ensure_server(home)


def test_damaged_record_is_named(home: Path) -> None:
    open_site(home)
    (home / "postgres" / "server.json").write_text("{")
    with pytest.raises(EmbeddedServerError, match=r"server\.json is damaged"):
        ensure_server(home)


def test_data_without_their_record_are_refused(home: Path) -> None:
    (home / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(EmbeddedServerError, match="with its password is gone"):
        ensure_server(home)


def test_home_that_is_a_file_is_named(home: Path) -> None:
    home.write_text("")
    with pytest.raises(StorageError, match=str(home)):
        ensure_server(home)


def test_read_only_home_is_named_without_a_traceback(open_directory: Path) -> None:
    done = run_as_nobody(open_directory / "home")
    assert done.returncode == 1
    assert done.stderr.startswith("StorageError: ")
    assert str(open_directory / "home") in done.stderr
    assert "Traceback" not in done.stderr


def test_read_only_server_directory_is_named(open_directory: Path) -> None:
    directory = open_directory / "home" / "postgres"
    directory.mkdir(parents=True)
    done = run_as_nobody(open_directory / "home")
    assert done.returncode == 1
    assert done.stderr.startswith("StorageError: ")
    assert str(directory) in done.stderr
    assert json.dumps(sorted(path.name for path in directory.iterdir())) == "[]"
