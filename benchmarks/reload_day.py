"""Times loads of one whole-market day into the embedded server: `python -m benchmarks.reload_day [ROWS] [REPEATS]`."""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Sequence
from time import perf_counter

from benchmarks.servers import own_database
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.storage.database import Database
from tbp_assets_tests.day_files import row
from tbp_assets_tests.storage.days import load, query, validated


def lines(rows: int, *, changed: int = 0, dropped: int = 0) -> list[str]:
    """Return a day file's lines; the last ones absent, those before them with another close."""
    chance, found = random.Random(7), list[str]()  # noqa: S311
    for n in range(rows):
        low = round(chance.uniform(1, 500), 4)
        volume, transactions = chance.randint(1, 10**7), chance.randint(1, 10**5)
        close = round(low + 0.5 + (0.25 if rows - dropped - changed <= n < rows - dropped else 0), 4)
        found.append(row(f"T{n:05}", open=low + 0.5, high=low + 1, low=low, close=close, volume=volume,
                         transactions=transactions))  # fmt: skip
    return found[: rows - dropped]


def timed(database: Database, day: ValidatedDay) -> float:
    """Return the milliseconds of a load."""
    started = perf_counter()
    load(database, day)
    return (perf_counter() - started) * 1000


def measure(database: Database, days: Sequence[tuple[str, ValidatedDay]], repeats: int) -> None:
    """Print the median of each kind of load."""
    times: dict[str, list[float]] = {}
    for _ in range(repeats):
        query(database, "TRUNCATE market_data_raw, load_ledger")
        query(database, "DO $$ BEGIN IF to_regclass('market_data_revisions') IS NOT NULL THEN "
                        "TRUNCATE market_data_revisions; END IF; END $$")  # fmt: skip
        for name, day in days:
            times.setdefault(name, []).append(timed(database, day))
    for name, values in times.items():
        print(f"{name:24} {statistics.median(values):7.1f} ms  (best {min(values):.1f}, worst {max(values):.1f})")


def main(rows: int = 10_400, repeats: int = 15) -> None:
    """Run it on a server of its own."""
    plain, half, gone = (
        validated(lines(rows, **kind)) for kind in ({}, {"changed": 100}, {"changed": 100, "dropped": 100})
    )
    everything = validated(lines(rows, changed=rows))
    days = [
        ("first", plain),
        ("again", plain),
        ("again, 2nd", plain),
        ("again, 3rd", plain),
        ("100 changed", half),
        ("200 changed, 100 dropped", gone),
        ("100 changed, 100 added", plain),
        ("all changed", everything),
    ]
    with own_database() as database:
        measure(database, days, repeats)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
