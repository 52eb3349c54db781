"""Times a restatement of the whole market beside the first load of the same day: `python -m benchmarks.restatement`.

Every command runs in a process of its own, from its start to its end, with the embedded server running. The vendor
first sends the day, then one whose closes differ in a fifth of the bars, which is loaded, then one whose closes differ
in all, which is held until `tbp approve`. What a command takes that finds nothing to do, its start above all, is given
beside and taken off. Afterwards the rows are compared with the files bit for bit, and the versions
that were replaced are counted.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.day_files import sessions, synthetic
from benchmarks.graph import backfill, command, verified
from benchmarks.servers import database_in, own_home
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.storage.days import query

BEFORE: Final = 5  # sessions that the day is judged beside
CENT: Final = 0.01
NOTHING, FIRST, AGAIN, FIFTH, HELD, ALL = (
    "nothing to do", "first load", "the same day again", "a fifth of the bars restated", "all restated: held",
    "all restated: approved",
)  # fmt: skip


def restate(mirror: Path, day: date, every: int) -> None:
    """Let the vendor send another file of a day: of every so many bars the close is another, in the day's range."""
    path = mirror / US_STOCKS_DAY_AGGS.key(day)
    header, *rows = gzip.decompress(path.read_bytes()).decode().splitlines()
    names = header.split(",")
    close, high, low = (names.index(name) for name in ("close", "high", "low"))
    for place, row in enumerate(rows):
        values = row.split(",")
        if place % every == 0 and all(_is_price(values[index]) for index in (close, high, low)):
            top, bottom = float(values[high]), float(values[low])
            values[close] = f"{bottom if float(values[close]) > bottom + CENT * (top - bottom) else top:g}"
            rows[place] = ",".join(values)
    path.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode(), mtime=0))


def _is_price(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def turn(times: dict[str, list[float]]) -> None:
    """Take the time of each way once, in a home of its own."""
    *before, day = sessions(BEFORE + 1)
    with tempfile.TemporaryDirectory(prefix="tbp-bench-files-") as root, own_home() as home:
        mirror = synthetic(Path(root), [*before, day])
        backfill(home, mirror, before)
        database_in(home, "market_data").engine.dispose()  # the server is up before the clock runs
        times.setdefault(NOTHING, []).append(backfill(home, mirror, before).seconds)
        span = ("backfill", str(day), str(day))
        times.setdefault(FIRST, []).append(command(home, mirror, *span).seconds)
        times.setdefault(AGAIN, []).append(command(home, mirror, *span, "--force").seconds)
        restate(mirror, day, 5)
        times.setdefault(FIFTH, []).append(command(home, mirror, *span).seconds)
        verified(home, mirror, [*before, day])
        restate(mirror, day, 1)
        times.setdefault(HELD, []).append(command(home, mirror, *span, code=1).seconds)
        approved = command(home, mirror, "approve", str(day), "--reason", "a benchmark")
        times.setdefault(ALL, []).append(approved.seconds)
        verified(home, mirror, [*before, day])
        _report(home)


def _report(home: Path) -> None:
    database = database_in(home, "market_data")
    kept = query(database, "SELECT count(*) FROM market_data_revisions")
    print(f"versions kept of bars that were replaced: {kept[0][0]:,}")
    database.engine.dispose()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="turns, each in an empty home (3)")
    times: dict[str, list[float]] = {}
    for _ in range(parser.parse_args().repeats):
        turn(times)
    for name, values in times.items():
        work = [value - nothing for value, nothing in zip(values, times[NOTHING], strict=True)]
        whole, own = statistics.median(values), statistics.median(work)
        print(
            f"{name:30} {whole:5.2f} s from start to end (best {min(values):.2f}), {own:5.2f} s more than nothing to do"
        )


if __name__ == "__main__":
    main()
