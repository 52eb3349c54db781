"""Times what the quality of one whole-market day costs: `python -m benchmarks.quality [ROWS] [DAYS] [REPEATS]`.

Flags of a frame of days with the days before it, a day's metrics, and their storing in an embedded PostgreSQL of its
own: with a row for each ticker that has a fault or is listed, as it is done, and with one for every ticker.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import perf_counter

import polars as pl

from benchmarks.reload_day import lines
from benchmarks.servers import own_database
from tbp_assets.bars.continuity import HISTORY, flags_across_days
from tbp_assets.bars.flags import FLAG_SCHEMA, flags_within_day
from tbp_assets.bars.metrics import measure
from tbp_assets.bars.schema import QUARANTINE_SCHEMA
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.config_loader import load_settings
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.database import Database
from tbp_assets.storage.measuring import DAYS_IN_A_FRAME
from tbp_assets.storage.quality import MeasuredDay, store_quality
from tbp_assets_tests.storage.days import query, validated

LISTED = 12


def show(name: str, work: Callable[[], object], repeats: int) -> None:
    """Print the median, best and worst milliseconds of some work."""
    found = list[float]()
    for _ in range(repeats):
        started = perf_counter()
        work()
        found.append((perf_counter() - started) * 1000)
    print(f"{name:48} {statistics.median(found):8.1f} ms  (best {min(found):.1f}, worst {max(found):.1f})")


def flags(made: ValidatedDay, days: int, repeats: int) -> None:
    """Time the flags of days that are all alike."""
    settings, first = load_settings().pipeline.quality.flag_settings, made.fact.trading_date
    dates = [first + timedelta(days=n) for n in range(HISTORY + days)]
    history = pl.concat([made.bars.with_columns(pl.lit(day).alias("trading_date")) for day in dates])
    name = f"flags across {days} days, {HISTORY} before them"
    show(name, lambda: flags_across_days(history, dates[-days:], settings), repeats)
    show("flags within a day", lambda: flags_within_day(made.bars, settings), repeats)


def metrics(database: Database, made: ValidatedDay, named: Sequence[str], repeats: int) -> None:
    """Time the metrics of a day in which some tickers have a row of their own, and make sure that they were stored."""
    nothing = pl.DataFrame(schema=QUARANTINE_SCHEMA), pl.DataFrame(schema=FLAG_SCHEMA)
    day = MeasuredDay(made.fact, measure(made.fact, made.bars, *nothing, named), nothing[1], "these")

    def store() -> None:
        store_quality(database, US_STOCKS_DAY_AGGS, day, "a-run")

    def first() -> None:
        query(database, "TRUNCATE data_quality_metrics, data_quality_days")
        store()

    rows = f"{day.metrics.height:,} rows"
    show(f"metrics, {rows}", lambda: measure(made.fact, made.bars, *nothing, named), repeats)
    show(f"stored, {rows}", first, repeats)
    show(f"stored again, {rows}", store, repeats)
    stored = query(database, "SELECT count(*), sum(total_rows) FROM data_quality_metrics")
    if stored != [(day.metrics.height, made.bars.height)]:
        sys.exit(f"stored {stored}, not {rows} of {made.bars.height} lines")


def main(rows: int = 10_400, days: int = DAYS_IN_A_FRAME, repeats: int = 11) -> None:
    """Run it."""
    made = validated(lines(rows))
    flags(made, days, repeats)
    with own_database() as database:
        for named in (made.bars["ticker"].head(LISTED).to_list(), made.bars["ticker"].to_list()):
            metrics(database, made, named, repeats)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
