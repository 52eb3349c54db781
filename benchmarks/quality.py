"""Times what the quality of one whole-market day costs: `python -m benchmarks.quality [ROWS] [DAYS] [REPEATS]`.

Flags of a frame of days with the days before it, a day's metrics, and their storing in an embedded PostgreSQL of its own: with
a row for each ticker that has a fault or is listed, as it is done, and with one for every ticker. Rows are counted after each.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from datetime import date, timedelta
from time import perf_counter

import polars as pl

from benchmarks.reload_day import lines, own_database
from tbp_assets.bars.continuity import HISTORY, flags_across_days
from tbp_assets.bars.flags import flags_within_day
from tbp_assets.bars.metrics import measure
from tbp_assets.bars.schema import QUARANTINE_SCHEMA
from tbp_assets.config_loader import load_settings
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.measuring import DAYS_IN_A_FRAME
from tbp_assets.storage.quality import MeasuredDay, store_quality
from tbp_assets_tests.storage.days import query, validated

LISTED = [f"T{n:05}" for n in range(12)]


def timed(work: Callable[[], object], repeats: int) -> str:
    """Return median, best and worst milliseconds of some work as text."""
    found = list[float]()
    for _ in range(repeats):
        started = perf_counter()
        work()
        found.append((perf_counter() - started) * 1000)
    return f"{statistics.median(found):8.1f} ms (best {min(found):.1f}, worst {max(found):.1f})"


def main(rows: int = 10_400, days: int = DAYS_IN_A_FRAME, repeats: int = 11) -> None:
    """Run it."""
    settings, made = load_settings().pipeline.quality.flag_settings, validated(lines(rows))
    first = made.fact.trading_date
    dates = [first + timedelta(days=n) for n in range(HISTORY + days)]
    history = pl.concat([made.bars.with_columns(pl.lit(day).alias("trading_date")) for day in dates])
    across = timed(lambda: flags_across_days(history, dates[-days:], settings), repeats)
    print(f"flags across {days} days, {HISTORY} before them   {across}")  # noqa: T201
    print(f"flags within a day                   {timed(lambda: flags_within_day(made.bars, settings), repeats)}")  # noqa: T201
    flags, quarantine = flags_within_day(made.bars, settings).clear(), pl.DataFrame(schema=QUARANTINE_SCHEMA)
    with own_database() as database:
        for name, tickers in {"as it is done": LISTED, "a row for every ticker": list(made.bars["ticker"])}.items():
            metrics = measure(made.fact, made.bars, quarantine, flags, tickers)
            print(f"{name}: metrics   {timed(lambda: measure(made.fact, made.bars, quarantine, flags, tickers), repeats)}")  # noqa: T201, B023
            day = MeasuredDay(made.fact, metrics, flags, name)

            def first_time(day: MeasuredDay = day) -> None:
                query(database, "TRUNCATE data_quality_metrics, data_quality_days")
                store_quality(database, US_STOCKS_DAY_AGGS, day, "a-run")

            print(f"{name}: stored    {timed(first_time, repeats)}")  # noqa: T201
            print(f"{name}: again     {timed(lambda: store_quality(database, US_STOCKS_DAY_AGGS, day, 'a-run'), repeats)}")  # noqa: T201, B023
            (stored,) = query(database, "SELECT count(*), sum(total_rows) FROM data_quality_metrics")
            if tuple(stored) != (metrics.height, rows):
                sys.exit(f"stored {stored}, not {metrics.height} rows of {rows} lines")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
