"""The asset graph as a person runs it: `tbp backfill` in a process of its own, with the memory of every process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter, sleep

import psutil

from benchmarks.load_path import verify
from benchmarks.servers import database_in
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.embedded.postgres.instance import outside_directory
from tbp_assets.settings import PROJECT_ROOT

TICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Backfill:
    """What a command took: seconds from its start to its end, and the largest resident memory of any process.

    Attributes:
        peak_mb: Of its own processes, by psutil's rss.
        server_mb: Of the server's, less what they share.
    """

    seconds: float
    peak_mb: float
    server_mb: float


def backfill(home: Path, mirror: Path, days: Sequence[date], *options: str) -> Backfill:
    """Run `tbp backfill` and return what it took.

    Raises:
        RuntimeError: It failed; its output is the message.
    """
    return command(home, mirror, "backfill", str(days[0]), str(days[-1]), *options)


def command(home: Path, mirror: Path, *words: str, code: int = 0) -> Backfill:
    """Run a command of `tbp` on the whole market and return what it took.

    Raises:
        RuntimeError: It ended with another exit code; its output is the message.
    """
    environment = os.environ | {
        "TBP_HOME": str(home), "TBP_FLAT_FILES_URL": mirror.as_uri(), "TBP_UNIVERSE": "all", "DB_HOST": "",
    }  # fmt: skip
    program = [str(Path(sys.executable).parent / "tbp"), *words]
    started = perf_counter()
    with subprocess.Popen(  # noqa: S603
        program, cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        peak, server = _watch(process, home)
        seconds = perf_counter() - started
        said = process.stdout.read() if process.stdout else ""
    if process.returncode != code:
        raise RuntimeError(said)
    return Backfill(seconds, peak, server)


def verified(home: Path, mirror: Path, days: Sequence[date]) -> None:
    """Raise unless the home's database holds every accepted bar of the files, and nothing else."""
    database = database_in(home, "market_data")
    settings = ConfigLoader(PROJECT_ROOT / "config", {"TBP_UNIVERSE": "all"}).load()
    try:
        verify(database, mirror, days, settings.universe)
    finally:
        database.engine.dispose()


def _watch(process: subprocess.Popen[str], home: Path) -> tuple[float, float]:
    own = server = 0
    while process.poll() is None:
        own = max(own, *(_memory(each) for each in _family(process.pid)), 0)
        server = max(server, *(_unshared(each) for each in servers(home)), 0)
        sleep(TICK_SECONDS)
    return own / 1e6, server / 1e6


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def servers(home: Path) -> list[psutil.Process]:
    """Return the processes of the embedded server of a home, the postmaster first; none where it does not run."""
    for place in (home / "postgres", outside_directory(home.resolve() / "postgres")):
        try:
            return _family(int((place / "data" / "postmaster.pid").read_text().split("\n")[0]))
        except (ValueError, OSError):
            continue  # not there, or being written
    return []


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _unshared(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
        return memory.rss - memory.shared
    except psutil.Error:
        return 0
