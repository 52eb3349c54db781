"""Times the statements that change and remove bars against those that kept nothing: `python -m benchmarks.revisions`.

The earlier statements come from git; each pair alternates in one session, and every load is rolled back.
"""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable
from time import perf_counter

from sqlalchemy import Connection, text

from benchmarks.reload_day import lines, own_database
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage import load as loading
from tbp_assets.storage.database import Database
from tbp_assets.storage.load import DayToLoad
from tbp_assets.storage.sql import statement
from tbp_assets_tests.storage.days import load, query, to_load, validated

BEFORE = "08ed741"
ROWS, REPEATS = 10_400, 25
KINDS = {"nothing": (0, 0), "100 changed": (100, 0), "100 dropped": (0, 100), "all changed": (ROWS, 0)}


def earlier(name: str) -> str:
    """Return a statement as it was."""
    path = f"{BEFORE}:tbp_assets/storage/sql/{name}.sql"
    return subprocess.run(["git", "show", path], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds of a call."""
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000


def one_load(connection: Connection, day: DayToLoad, *, kept: bool) -> tuple[float, float]:
    """Return the milliseconds of changing and of removing, with or without keeping old versions."""
    keys = loading._keys(connection, US_STOCKS_DAY_AGGS, day.lake.trading_date, day.lake.data_source)  # noqa: SLF001
    connection.execute(statement("forbid_nested_loops"))
    connection.execute(statement("create_staging"))
    loading._copy(connection, "copy_staging", day.selected.bars.select(loading.COPIED))  # noqa: SLF001
    connection.execute(text("ANALYZE staged_bars"))
    if kept:
        change = timed(lambda: connection.execute(statement("update_changed"), keys))
        return change, timed(lambda: loading._remove(connection, day, keys))  # noqa: SLF001
    change = timed(lambda: connection.execute(text(earlier_update), keys))
    return change, timed(lambda: connection.execute(text(earlier_delete), keys))


def compare(database: Database, name: str, day: DayToLoad) -> None:
    """Print median and best of both ways."""
    times: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(REPEATS):
        for kept, found in times.items():
            with database.engine.connect() as connection:
                transaction = connection.begin()
                found.append(one_load(connection, day, kept=kept))
                transaction.rollback()
    for place, part in enumerate(("change", "remove")):
        said = [
            f"{word} {statistics.median(pair[place] for pair in times[kept]):6.1f} "
            f"({min(pair[place] for pair in times[kept]):.1f})"
            for kept, word in ((False, "before"), (True, "after"))
        ]
        print(f"{name:12} {part}: {', '.join(said)} ms")  # noqa: T201


earlier_update, earlier_delete = earlier("update_changed"), earlier("delete_dropped")

if __name__ == "__main__":
    with own_database() as database:
        load(database, validated(lines(ROWS)))
        query(database, "ANALYZE market_data_raw")
        for name, (changed, dropped) in KINDS.items():
            compare(database, name, to_load(validated(lines(ROWS, changed=changed, dropped=dropped))))
