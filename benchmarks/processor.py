"""Processor time of a day: `python -m benchmarks.processor [CHECKOUT ...] [--days 60] [--turns 3] [--jobs 1]`.

`tbp backfill` of the whole market, by this checkout and by others (each with its own .venv), in turns. What is counted
is user and system time, not the clock, of the command with all its processes and of the PostgreSQL server it loads
into; so it may be measured on a machine that others use. Every turn has an empty home: its first days are loaded
beforehand, so that server, schemas and the days looked back on are there. What a command costs whatever it does is
taken from a second one of a single day. Rows are verified afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

from benchmarks.day_files import sessions, synthetic
from benchmarks.graph import servers, verified
from benchmarks.servers import own_home
from tbp_assets.embedded.postgres import ensure_server
from tbp_assets.settings import PROJECT_ROOT

BEFORE = 21


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time.

    Attributes:
        run: Of the command and all its processes.
        server: Of the PostgreSQL server.
    """

    run: float
    server: float

    @property
    def both(self) -> float:
        """Together."""
        return self.run + self.server

    def a_day(self, single: Cost, days: int) -> Cost:
        """Return the milliseconds of a day, given what a command of a single one costs."""
        return Cost(*(1000 * (many - one) / (days - 1) for many, one in ((self.run, single.run),
                                                                          (self.server, single.server))))  # fmt: skip


def backfill(checkout: Path, home: Path, mirror: Path, days: Sequence[date], *options: str) -> Cost:
    """Run the command of a checkout and return what it cost.

    Raises:
        RuntimeError: It failed; its output is the message.
    """
    environment = os.environ | {
        "TBP_HOME": str(home), "TBP_FLAT_FILES_URL": mirror.as_uri(), "TBP_UNIVERSE": "all", "DB_HOST": "",
    }  # fmt: skip
    command = [str(checkout / ".venv/bin/tbp"), "backfill", str(days[0]), str(days[-1]), *options]
    before = _of_servers(home)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=output, stderr=output)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(output.read())
    return Cost(usage.ru_utime + usage.ru_stime, _of_servers(home) - before)


def turn(checkout: Path, mirror: Path, days: Sequence[date], *options: str) -> Cost:
    """Return the milliseconds of a day of a checkout, in an empty home."""
    before, one, many = days[:BEFORE], days[BEFORE : BEFORE + 1], days[BEFORE + 1 :]
    with own_home() as home:
        ensure_server(home)  # held by this process: its time is counted from one start to one end
        backfill(checkout, home, mirror, before)
        single = backfill(checkout, home, mirror, one)
        cost = backfill(checkout, home, mirror, many, *options)
        verified(home, mirror, days)
    return cost.a_day(single, len(many))


def _of_servers(home: Path) -> float:
    """Return the seconds that the server of a home took so far, with those of its processes that ended."""
    while True:
        family = servers(home)
        try:
            seconds = sum(_of(process, ended=process == family[0]) for process in family)
        except psutil.NoSuchProcess:
            continue
        # One that ended meanwhile was counted, and counts for its parent now.
        if servers(home) == family:
            return seconds


def _of(process: psutil.Process, *, ended: bool) -> float:
    times = process.cpu_times()
    return times.user + times.system + (times.children_user + times.children_system if ended else 0.0)


def main() -> None:
    """Measure and print each turn, the medians, and their ratio to the first checkout's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processor", description=__doc__)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[], help="others, measured before this one")
    parser.add_argument("--days", type=int, default=60, help="sessions of the whole market (60)")
    parser.add_argument("--turns", type=int, default=3, help="of each checkout (3)")
    parser.add_argument("--jobs", type=int, default=1, help="of tbp backfill (1)")
    parser.add_argument("--files", type=Path, help="a directory that keeps the day files for the next time")
    options = parser.parse_args()
    checkouts = [*(path.resolve() for path in options.checkouts), PROJECT_ROOT]
    days = sessions(BEFORE + 1 + options.days)
    with tempfile.TemporaryDirectory(prefix="tbp-bench-files-") as temporary:
        mirror = synthetic((options.files or Path(temporary)).resolve(), days)
        costs: dict[Path, list[Cost]] = {checkout: [] for checkout in checkouts}
        for _ in range(options.turns):
            for checkout, found in costs.items():
                cost = turn(checkout, mirror, days, "--jobs", str(options.jobs))
                found.append(cost)
                _show(str(checkout), cost)
    medians = {checkout: _median(found) for checkout, found in costs.items()}
    for checkout, cost in medians.items():
        _show(f"median of {checkout}", cost, f"{cost.both / medians[checkouts[0]].both:.3f} of the first")


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(cost.run for cost in costs), statistics.median(cost.server for cost in costs))


def _show(name: str, cost: Cost, more: str = "") -> None:
    words = f"run {cost.run:6.1f} ms a day, server {cost.server:6.1f}, together {cost.both:6.1f}"
    print(f"{name:50} {words} {more}", flush=True)


if __name__ == "__main__":
    main()
