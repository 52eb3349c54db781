"""Homes that clean up after themselves, also when the test has failed half-way."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from tbp_assets.embedded.postgres import ensure_server, release, stop_server
from tbp_assets.embedded.postgres.instance import outside_directory
from tbp_assets.embedded.postgres.site import find_site
from tbp_assets.errors import TbpError
from tbp_assets_tests.embedded.postgres.processes import USE_AND_STAY, command, environment, wait_until, watchers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tbp_assets.embedded.postgres import ServerAddress

    Query = Callable[[ServerAddress, str], list[tuple[object, ...]]]
    StartUser = Callable[..., subprocess.Popen[str]]


@contextmanager
def cleaned_home(home: Path) -> Generator[Path]:
    """Give a home and take away its server, its watcher and whatever it keeps elsewhere."""
    try:
        yield home
    finally:
        end_server(home)
        outside = outside_directory(home.resolve() / "postgres")
        shutil.rmtree(outside, ignore_errors=True)
        shutil.rmtree(f"{outside}.replaced", ignore_errors=True)


def end_server(home: Path) -> None:
    """End the home's server and its watcher, whose grace would only make the tests slow."""
    with suppress(TbpError, OSError):
        release(home)
        stop_server(home)
        for watcher in watchers_of(home):
            watcher.kill()
        wait_until(lambda: not watchers_of(home), 30)


@pytest.fixture
def home(tmp_path: Path) -> Generator[Path]:
    """Give a TBP_HOME that is not there yet; below /tmp/pytest-of-root, so as root its data lie outside."""
    with cleaned_home(tmp_path / "home") as path:
        yield path


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """Give a home whose server several tests look at and none disturbs."""
    with cleaned_home(tmp_path_factory.mktemp("shared") / "home") as path:
        yield path


@pytest.fixture
def used_home(shared_home: Path) -> Generator[Path]:
    """Give a home whose server has run before and does not run now; saves the second that making one takes."""
    if find_site(shared_home) is None:
        ensure_server(shared_home)
    end_server(shared_home)
    yield shared_home
    end_server(shared_home)


@pytest.fixture
def open_directory() -> Generator[Path]:
    """Give a directory that every account can get to, unlike tmp_path."""
    directory = Path(tempfile.mkdtemp(prefix="tbp-test-", dir="/var/tmp"))
    directory.chmod(0o755)
    try:
        with cleaned_home(directory / "home"):
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def query() -> Query:
    """Give a function that runs one statement, committed, and returns its rows."""

    def run(address: ServerAddress, statement: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            dbname=address.database,
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    return run


@pytest.fixture
def start_user() -> Generator[StartUser]:
    """Give a function that starts a process which uses a home's server; all are killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(home: Path, script: str = USE_AND_STAY) -> subprocess.Popen[str]:
        process = subprocess.Popen(command(script, home), stdout=subprocess.PIPE, text=True, env=environment())
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does")
