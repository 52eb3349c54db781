"""How long a server lives: from its first user to its last, however they end."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from tbp_assets.embedded.postgres import ServerAddress, ensure_server, release, running_server, stop_server
from tbp_assets.embedded.postgres.locks import is_locked, open_lock, try_lock
from tbp_assets.embedded.postgres.watcher import GRACE_SECONDS
from tbp_assets_tests.embedded.postgres.processes import (
    USE_AND_EXEC,
    instance_of,
    postmaster_pid,
    processes_saying,
    run_once,
    wait_until,
    watchers_of,
)

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tbp_assets_tests.embedded.postgres.conftest import Query, StartUser

pytestmark = pytest.mark.integration

_STOPPED_WITHIN = GRACE_SECONDS + 30
_SURELY_NOTICED_WITHIN = GRACE_SECONDS + 0.5


def read_address(user: subprocess.Popen[str]) -> ServerAddress:
    """Wait for a user process to have its server."""
    assert user.stdout is not None
    return ServerAddress(**json.loads(user.stdout.readline()))


def is_gone_within(home: Path, seconds: float) -> bool:
    """Say whether the last process of the home's server ended in time."""
    return wait_until(lambda: not is_locked(instance_of(home).running), seconds)


def test_two_processes_at_the_same_instant_get_one_server(home: Path, start_user: StartUser) -> None:
    users = [start_user(home), start_user(home), start_user(home)]
    addresses = {read_address(user) for user in users}
    assert len(addresses) == 1
    assert len(processes_saying("cluster_name=tbp", f"port={addresses.pop().port}")) == 1
    assert wait_until(lambda: len(watchers_of(home)) == 1, 30)


def test_server_stops_after_its_last_user_was_killed_and_comes_back_with_its_data(
    used_home: Path, start_user: StartUser, query: Query
) -> None:
    first, last = start_user(used_home), start_user(used_home)
    address = read_address(first)
    assert read_address(last) == address
    query(address, "CREATE TABLE kept AS SELECT 42 AS answer")
    first.kill()
    assert not is_gone_within(used_home, _SURELY_NOTICED_WITHIN)
    last.kill()
    assert is_gone_within(used_home, _STOPPED_WITHIN)
    assert "database system is shut down" in (used_home / "postgres" / "server.log").read_text()
    again = ensure_server(used_home)
    assert again == address
    assert query(again, "SELECT answer FROM kept") == [(42,)]


def test_lease_survives_exec(used_home: Path, start_user: StartUser) -> None:
    user = start_user(used_home, USE_AND_EXEC)
    address = read_address(user)
    assert wait_until(lambda: psutil.Process(user.pid).name() == "sleep", 30)
    assert not is_gone_within(used_home, _SURELY_NOTICED_WITHIN)
    assert running_server(used_home) == address
    user.kill()
    assert is_gone_within(used_home, _STOPPED_WITHIN)


def test_commands_one_after_another_share_a_server_and_their_output_can_be_captured(used_home: Path) -> None:
    address = run_once(used_home)
    pid = postmaster_pid(used_home)
    assert running_server(used_home) == address
    assert run_once(used_home) == address
    assert postmaster_pid(used_home) == pid


def test_newcomer_waits_for_a_watcher_that_is_stopping_the_server(used_home: Path) -> None:
    ensure_server(used_home)
    instance, before = instance_of(used_home), postmaster_pid(used_home)
    release(used_home)
    lease = open_lock(instance.lease)
    assert try_lock(lease)
    newcomer = threading.Thread(target=ensure_server, args=(used_home,))
    newcomer.start()
    newcomer.join(0.3)
    assert newcomer.is_alive()
    stop_server(used_home)
    os.close(lease)
    newcomer.join(60)
    assert running_server(used_home) is not None
    assert postmaster_pid(used_home) != before


def test_forked_child_does_not_take_the_lease_along(used_home: Path) -> None:
    ensure_server(used_home)
    child = os.fork()
    if child == 0:
        release(used_home)
        os._exit(0)
    os.waitpid(child, 0)
    lease = open_lock(instance_of(used_home).lease)
    assert not try_lock(lease)
    os.close(lease)


def test_release_lets_the_server_stop(used_home: Path) -> None:
    ensure_server(used_home)
    release(used_home)
    assert is_gone_within(used_home, _STOPPED_WITHIN)
    assert wait_until(lambda: not is_locked(instance_of(used_home).watcher), 30)


def test_killed_watcher_is_replaced_by_the_next_user(used_home: Path) -> None:
    ensure_server(used_home)
    assert wait_until(lambda: len(watchers_of(used_home)) == 1, 30)
    watchers_of(used_home)[0].kill()
    assert wait_until(lambda: not is_locked(instance_of(used_home).watcher), 30)
    ensure_server(used_home)
    assert wait_until(lambda: len(watchers_of(used_home)) == 1, 30)


def test_stop_server_stops_it_under_its_users_who_can_start_it_again(used_home: Path) -> None:
    address = ensure_server(used_home)
    assert stop_server(used_home)
    assert running_server(used_home) is None
    assert not stop_server(used_home)
    assert ensure_server(used_home) == address


def test_nothing_is_made_by_looking_for_a_server(home: Path) -> None:
    assert running_server(home) is None
    assert not stop_server(home)
    release(home)
    assert not home.exists()
