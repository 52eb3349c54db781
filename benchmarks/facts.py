"""Times what tells of years of days: `python -m benchmarks.facts [--keep DIRECTORY]`.

A market of 200 tickers is loaded for ten days, then for two and a half years, then for five (`benchmarks.years`), and
each command is run at each of these sizes. What a command takes for ten days is what it takes before it looks at any;
the growth compares what it takes beyond that: for twice the days 2.0 is linear.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.asking_ui import MEASURED, questions
from benchmarks.graph import servers
from benchmarks.servers import database_in, ended
from benchmarks.years import FIRST, LAST, MIDDLE, TENTH, Years, load, mend, prepared
from tbp_assets.bars.sessions import weekdays
from tbp_assets_tests.end_to_end.ui import running_ui

SIZES = (TENTH, MIDDLE, LAST)
RANGE = "--from {first} --to {last}"
COMMANDS = {
    "status": f"status {RANGE}",
    "status --json": f"status {RANGE} --json",
    "status, without dates": "status",
    "report": f"report {RANGE}",
    "quality days": f"quality days {RANGE} --json",
    "quality tickers": f"quality tickers {RANGE} --json",
    "quality flags": f"quality flags {RANGE} --json",
    "quarantine list": f"quarantine list {RANGE} --json",
    "failures": f"failures {RANGE} --json",
    "restatements": f"restatements {RANGE} --json",
    "restatements --cells": f"restatements {RANGE} --cells --json",
    "doctor": "doctor --json",
    "metrics": "metrics",
    "backfill --dry-run": "backfill {first} {last} --dry-run --json",
}
NOTHING_TO_DO = "backfill {first} {last} --json"
LOAD_BARS = "from tbp_assets import load_bars; print(load_bars('AAPL', '{first}', '{last}').height)"
FAILED_DAYS = 1


@dataclass(frozen=True, slots=True)
class Taken:
    """What some work took: seconds of processor time, its own and the database's, and from start to end."""

    own: float
    server: float
    wall: float

    @property
    def work(self) -> float:
        """Processor time of both."""
        return self.own + self.server


def measured(years: Years, last: date, repeats: int) -> dict[str, Taken]:
    """Return what each command takes when a range from the first day on is loaded."""
    found, words = dict[str, Taken](), {"first": FIRST, "last": last}
    for name, text in COMMANDS.items():
        found[f"tbp {name}"] = _median(years, repeats, lambda text=text: _answered(years, text.format(**words)))
    program = [sys.executable, "-c", LOAD_BARS.format(**words)]
    mend(years, FIRST, last)
    found["tbp backfill, nothing to do"] = _median(
        years, repeats, lambda: _answered(years, NOTHING_TO_DO.format(**words))
    )
    found["load_bars of one ticker"] = _median(years, repeats, lambda: years.run(program).check_returncode())
    return found


def asked(years: Years, last: date, repeats: int) -> dict[str, Taken]:
    """Return what a running UI takes for the pages of each asset; its daemon works beside it."""
    found = dict[str, Taken]()
    with running_ui(years.environment, years.home) as ui:
        for asset in MEASURED:
            for page, asks in questions(ui, asset, last).items():
                walls = list[float]()
                for _ in range(repeats):
                    began = perf_counter()
                    for ask in asks:
                        ask()
                    walls.append(perf_counter() - began)
                found[f"UI, {asset}: {page}"] = Taken(0, 0, statistics.median(walls))
    return found


def _answered(years: Years, words: str) -> None:
    done = years.tbp(*words.split())
    if done.returncode not in {0, FAILED_DAYS}:
        raise RuntimeError(f"tbp {words}: {done.stderr}")


def _median(years: Years, repeats: int, work: Callable[[], object]) -> Taken:
    taken = [_timed(years.home, work) for _ in range(repeats)]
    return Taken(*(statistics.median(getattr(each, name) for each in taken) for name in ("own", "server", "wall")))


def _timed(home: Path, work: Callable[[], object]) -> Taken:
    before, at_server, began = _own(), _server(home), perf_counter()
    work()
    return Taken(_own() - before, _server(home) - at_server, perf_counter() - began)


def _own() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _server(home: Path) -> float:
    """Return the processor time of the embedded server so far, with that of its processes that have ended."""
    total, parent = 0.0, True
    for process in servers(home):
        try:
            used = process.cpu_times()
        except psutil.Error:
            continue
        total += used.user + used.system + (used.children_user + used.children_system if parent else 0)
        parent = False
    return total


def shown(sizes: dict[int, dict[str, Taken]]) -> Table:
    """Return the table: processor seconds at each size and their growth, and the wall time of the largest."""
    few, half, whole = (sizes[days] for days in sorted(sizes))
    columns = [*(f"{days:,} days" for days in sorted(sizes)), "of it server", "growth", "wall"]
    table = Table(title="seconds of processor time, and from start to end", title_justify="left")
    table.add_column("command")
    for name in columns:
        table.add_column(name, justify="right")
    for name, largest in whole.items():
        times = [few[name], half[name], largest]
        on_clock = not largest.work
        values = [each.wall if on_clock else each.work for each in times]
        cells = [*(f"{value:.2f}" for value in values), "" if on_clock else f"{largest.server:.2f}"]
        table.add_row(name, *cells, _growth(*values), f"{largest.wall:.2f}")
    return table


def _growth(few: float, half: float, whole: float) -> str:
    """Return how what is beyond ten days grew; nothing where that is too little to tell."""
    beyond = half - few
    return f"{(whole - few) / beyond:.1f}" if beyond > 0.1 else "-"  # a tenth of a second is noise


class Arguments(argparse.Namespace):
    """What may be asked for."""

    keep: Path | None
    repeats: int


def parsed() -> Arguments:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.facts", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", type=Path, help="build in this directory, which is empty, and leave it there")
    parser.add_argument("--repeats", type=int, default=3, help="runs of every command (3)")
    return parser.parse_args(namespace=Arguments())


def main() -> None:
    """Build, measure and print."""
    arguments, sizes = parsed(), dict[int, dict[str, Taken]]()
    place: AbstractContextManager[str] = (
        nullcontext(str(arguments.keep)) if arguments.keep else tempfile.TemporaryDirectory(prefix="tbp-bench-facts-")
    )
    with place as root:
        years = prepared(Path(root))
        with ended(years.home, keep=arguments.keep is not None):
            for last in SIZES:
                load(years, FIRST, last)
                days = len(weekdays(FIRST, last))
                Console(stderr=True).print(f"{days:,} days are loaded")
                database = database_in(years.home, "market_data")  # or every command would start the server
                sizes[days] = measured(years, last, arguments.repeats)
                sizes[days] |= asked(years, last, arguments.repeats)
                database.engine.dispose()
    Console(width=140, highlight=False).print(shown(sizes))


if __name__ == "__main__":
    main()
