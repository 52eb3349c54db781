"""Speed and memory, beside the limit and beside others: `make bench`, or `python -m benchmarks [--days 63] [--json]`.

L, the limit, is COPY of the same rows, as text made beforehand, into a table of the same definition over one
connection. Every line is measured in turn in each repetition, so that a busy machine is busy for all of them, and the
ratios are taken within a repetition. After each, the rows are compared with the files bit for bit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import polars as pl
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.day_files import replicated, sessions, synthetic
from benchmarks.graph import backfill, verified
from benchmarks.load_path import Loaded, load, validated, verify, with_constants
from benchmarks.peers import COLUMNS, copied, peers
from benchmarks.servers import own_database, own_home
from tbp_assets.storage.database import Database

LIMIT = "L: COPY of prepared text, one connection"
PEER_DAYS = 3
T = TypeVar("T")


@dataclass(slots=True)
class Line:
    """One way of loading: rows a second of every repetition, and what else was seen."""

    name: str
    rates: list[float] = field(default_factory=list[float])
    ratios: list[float] = field(default_factory=list[float])
    notes: str = ""


@dataclass(slots=True)
class Results:
    """The lines, in the order in which they were first measured."""

    lines: dict[str, Line] = field(default_factory=dict[str, Line])
    limit: float = 0.0

    def add(self, name: str, rows: int, seconds: float, notes: str = "") -> None:
        """Take in a measurement of the present repetition."""
        line, rate = self.lines.setdefault(name, Line(name)), rows / seconds
        self.limit = rate if name == LIMIT else self.limit
        line.rates.append(rate)
        line.ratios.append(rate / self.limit)
        line.notes = notes


def library(results: Results, mirror: Path, days: Sequence[date]) -> None:
    """Measure the limit, the load path as a library, and the peers, on one server."""
    with own_database() as database:
        rows = [with_constants(day.accepted) for day in validated(mirror, days)]
        total = sum(frame.height for frame in rows)
        _limit(results, database, rows, total)
        seconds, first = _timed(lambda: load(database, mirror, days))
        results.add("load path as a library, first load", total, seconds, _wal(first))
        verify(database, mirror, days)
        seconds, again = _timed(lambda: load(database, mirror, days))
        results.add("load path as a library, the same days again", total, seconds, _wal(again))
        if again.written:
            raise AssertionError(f"{again.written:,} rows were written although nothing had changed")
        verify(database, mirror, days)
        for name, bring in peers().items():
            _peer(results, database, name, rows[:PEER_DAYS], bring)


def _wal(loaded: Loaded) -> str:
    return f"{loaded.wal_bytes / loaded.rows:.1f} bytes of WAL a row"


def _limit(results: Results, database: Database, rows: Sequence[pl.DataFrame], total: int) -> None:
    _table(database, "limit_bars")
    copies = [copied(database, "limit_bars", frame) for frame in rows]
    seconds, _ = _timed(lambda: [copy() for copy in copies])
    results.add(LIMIT, total, seconds)
    _same(database, "limit_bars", rows)


def _peer(
    results: Results, database: Database, name: str, rows: Sequence[pl.DataFrame],
    bring: Callable[[Database, str, pl.DataFrame], None],
) -> None:  # fmt: skip
    _table(database, "peer_bars")
    seconds, _ = _timed(lambda: [bring(database, "peer_bars", frame) for frame in rows])
    results.add(name, sum(frame.height for frame in rows), seconds, f"{len(rows)} days, validated beforehand")
    if not name.startswith("dlt"):
        _same(database, "peer_bars", rows)


def graph(results: Results, mirror: Path, days: Sequence[date], rows: int, jobs: Sequence[int]) -> None:
    """Measure `tbp backfill` of the whole market, and again when there is nothing left to do."""
    for count in jobs:
        with own_home() as home:
            took = backfill(home, mirror, days, "--jobs", str(count))
            verified(home, mirror, days)
        name = f"tbp backfill --jobs {count}, everything included"
        memory = f"peak {took.peak_mb:.0f} MB, of the server {took.server_mb:.0f} MB"
        results.add(name, rows, took.seconds, f"{took.seconds:.1f} s; {memory}")


def _table(database: Database, name: str) -> None:
    with database.transaction() as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
        connection.execute(text(f"CREATE TABLE {name} (LIKE market_data_raw INCLUDING ALL)"))
        if connection.execute(text("SELECT to_regproc('create_hypertable') IS NOT NULL")).scalar_one():
            cut = "by_range('timestamp', INTERVAL '30 days'), create_default_indexes => false"
            connection.execute(text(f"SELECT create_hypertable('{name}', {cut})"))


def _same(database: Database, table: str, rows: Sequence[pl.DataFrame]) -> None:
    """Raise unless a table holds exactly these rows."""
    names = ", ".join(COLUMNS)
    with database.transaction() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE wanted (LIKE market_data_raw) ON COMMIT DROP"))
        wanted = pl.concat(rows).write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f%z").encode()
        with tempfile.TemporaryFile() as stream, database.driver(connection).cursor() as cursor:
            stream.write(wanted)
            stream.seek(0)
            cursor.copy_expert(f"COPY wanted ({names}) FROM STDIN (FORMAT csv)", stream)
        differ = f"SELECT count(*) FROM (SELECT {names} FROM wanted EXCEPT SELECT {names} FROM {table}) AS missing"
        counts = connection.execute(text(f"SELECT ({differ}), (SELECT count(*) FROM {table})")).one()
    if counts != (0, sum(frame.height for frame in rows)):
        raise AssertionError(f"{table}: {counts[0]:,} rows differ, {counts[1]:,} are there")


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = perf_counter()
    found = work()
    return perf_counter() - started, found


def _days(arguments: Arguments, root: Path) -> tuple[Path, list[date]]:
    days = sessions(arguments.days)
    if arguments.real and (mirror := replicated(root, days)):
        return mirror, days
    return synthetic(root, days), days


class Arguments(argparse.Namespace):
    """What may be asked for."""

    days: int
    repeats: int
    real: bool
    jobs: str
    part: str
    json: bool


def parsed() -> Arguments:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=21, help="sessions of the whole market (21)")
    parser.add_argument("--repeats", type=int, default=3, help="repetitions of every line (3)")
    parser.add_argument("--jobs", default="1,2", help="of tbp backfill, each a line (1,2)")
    parser.add_argument("--part", choices=["all", "library", "graph"], default="all", help="only these lines")
    parser.add_argument("--real", action="store_true", help="real day files over and over, where ../shared/data is")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    return parser.parse_args(namespace=Arguments())


def main() -> None:
    """Measure and print."""
    arguments, results = parsed(), Results()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="tbp-bench-files-") as root:
        mirror, days = _days(arguments, Path(root))
        rows = sum(day.accepted.height for day in validated(mirror, days))
        for repeat in range(arguments.repeats):
            console.print(f"repetition {repeat + 1} of {arguments.repeats}: {len(days)} days, {rows:,} rows")
            if arguments.part != "graph":
                library(results, mirror, days)
            else:
                only_limit(results, mirror, days)
            if arguments.part != "library":
                graph(results, mirror, days, rows, [int(count) for count in arguments.jobs.split(",")])
    print_json(results, len(days), rows) if arguments.json else print_table(results, len(days), rows)


def only_limit(results: Results, mirror: Path, days: Sequence[date]) -> None:
    """Measure the limit on the days that fit in memory."""
    some = list(islice(_frames(mirror, days), 63))
    with own_database() as database:
        _limit(results, database, some, sum(frame.height for frame in some))


def _frames(mirror: Path, days: Sequence[date]) -> Iterator[pl.DataFrame]:
    return (with_constants(day.accepted) for day in validated(mirror, days))


def print_table(results: Results, days: int, rows: int) -> None:
    """Print for a person."""
    table = Table(title=f"{days} days, {rows:,} rows; medians, and the spread of the ratios", title_justify="left")
    for name, justify in (("way", "left"), ("rows/s", "right"), ("of L", "right"), ("spread", "right"), ("", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left")
    for line in results.lines.values():
        spread = f"{min(line.ratios):.2f}-{max(line.ratios):.2f}"
        rate, ratio = statistics.median(line.rates), statistics.median(line.ratios)
        table.add_row(line.name, f"{rate:,.0f}", f"{ratio:.2f}", spread, line.notes)
    Console(width=160).print(table)


def print_json(results: Results, days: int, rows: int) -> None:
    """Print for a program."""
    print(json.dumps({"days": days, "rows": rows, "lines": [asdict(line) for line in results.lines.values()]}))


if __name__ == "__main__":
    main()
