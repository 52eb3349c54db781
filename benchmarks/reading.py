"""What a trader asks of five years of the whole market, and what one more day costs: `python -m benchmarks.reading`.

The table of this release, and the same rows under a key that begins with the other column; on the server that `DB_*`
names, else on an embedded one. Each question is asked several times; the first answer and the median are printed, with
how the rows were found. `--days 250` makes a smaller table, `--plans` shows whole plans.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Final

import polars as pl
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from benchmarks.peers import copied
from benchmarks.servers import own_database
from tbp_assets.storage.copying import MICROSECONDS, copy_in, encoded
from tbp_assets.storage.database import Database

FIRST, TICKERS, REPEATS = "2020-01-01 05:00+00", 10_450, 7
FILL: Final = """
INSERT INTO market_data_raw
    (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id)
SELECT 'T' || lpad(n::text, 5, '0'), day, '1d', 'polygon', 10 + random(), 12, 9, 10, 1000 * random(), 5, 1
FROM generate_series(timestamptz '{first}', timestamptz '{first}' + INTERVAL '{days} days', '1 day') AS day,
     generate_series(1, {tickers}) AS n
WHERE extract(isodow FROM day) < 6
ORDER BY day, n
"""
WHERE: Final = "timeframe = '1d' AND data_source = 'polygon'"
TWELVE: Final = ", ".join(f"'T{n * 800 + 123:05}'" for n in range(12))
COLUMNS: Final = "ticker, timestamp, open, high, low, close, volume"
LAST_60: Final = "timestamp >= '{recently}'"
QUESTIONS: Final[Mapping[str, str]] = {
    "one ticker, all years": f"SELECT {COLUMNS} FROM {{bars}} WHERE ticker = 'T05000' AND {WHERE} ORDER BY timestamp",
    "12 tickers, all years": f"SELECT {COLUMNS} FROM {{bars}} WHERE ticker IN ({TWELVE}) AND {WHERE} ORDER BY 1, 2",
    "12 tickers, 60 days": f"SELECT {COLUMNS} FROM {{bars}} WHERE ticker IN ({TWELVE}) AND {LAST_60} AND {WHERE}",
    "one day, all tickers": (
        f"SELECT {COLUMNS} FROM {{bars}} WHERE timestamp >= '2020-06-01' AND timestamp < '2020-06-02' AND {WHERE}"
    ),
    "60 days, highs of all": f"SELECT ticker, max(high) FROM {{bars}} WHERE {LAST_60} AND {WHERE} GROUP BY ticker",
}
KEYS: Final[Mapping[str, str]] = {
    "ticker": "ticker, timeframe, data_source, timestamp",
    "time": "timestamp, ticker, timeframe, data_source",
}


def asked(connection: Connection, sql: str) -> tuple[float, float, int]:
    """Return the milliseconds of the first answer and of the median one, and its rows."""
    times, rows = list[float](), 0
    for _ in range(REPEATS):
        started = perf_counter()
        rows = len(connection.execute(text(sql)).all())
        times.append((perf_counter() - started) * 1000)
    return times[0], statistics.median(times), rows


def plan(connection: Connection, sql: str) -> list[str]:
    """Return the plan of a question as it was carried out."""
    lines = connection.execute(text(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {sql}"))
    return [line for (line,) in lines]


def read(database: Database, table: Table, name: str, recently: date, *, plans: bool) -> list[str]:
    """Ask every question of the present and of the past; `recently` begins the last 60 days."""
    shown = list[str]()
    with database.transaction() as connection:
        for bars, kind in (("market_data_raw", ""), ("market_data_as_of(now())", ", as of now")):
            for question, sql in QUESTIONS.items():
                question_sql = sql.format(bars=bars, recently=recently)
                first, median, rows = asked(connection, question_sql)
                lines = plan(connection, question_sql)
                scans = [line.strip(" ->").split(" (actual")[0] for line in lines if " Scan " in line]
                scan = f"{scans[0]}{f' and {len(scans) - 1} more' if len(scans) > 1 else ''}" if scans else ""
                table.add_row(name, question + kind, f"{first:.1f}", f"{median:.1f}", f"{rows:,}", scan)
                shown += ["", f"{name}: {question}{kind}", *lines] if plans else []
    return shown


def one_more_day(database: Database, table: Table, name: str) -> None:
    """Load days that the table does not hold yet, as text and in the binary format."""
    ways: Mapping[str, Callable[[pl.DataFrame], Callable[[], None]]] = {
        "COPY of one more day, text": lambda rows: copied(database, "market_data_raw", rows),
        "COPY of one more day, binary": lambda rows: _binary(database, rows),
    }
    for n, (way, prepare) in enumerate(ways.items()):
        times = list[float]()
        for repeat in range(REPEATS):
            copy = prepare(_day(datetime(2030 + n, 1, repeat + 1, 5, tzinfo=UTC)))
            started = perf_counter()
            copy()
            times.append((perf_counter() - started) * 1000)
        table.add_row(name, way, f"{times[0]:.1f}", f"{statistics.median(times):.1f}", f"{TICKERS:,}", "")


def _binary(database: Database, rows: pl.DataFrame) -> Callable[[], None]:
    content = encoded(rows)

    def copy() -> None:
        with database.transaction() as connection:
            copy_in(connection, "copy_bars", content)

    return copy


def _day(stamp: datetime) -> pl.DataFrame:
    tickers = pl.Series("ticker", [f"T{n:05}" for n in range(1, TICKERS + 1)])
    price = pl.int_range(pl.len()).cast(pl.Float64)
    return pl.DataFrame({"ticker": tickers}).select(
        "ticker", pl.lit(stamp, MICROSECONDS).alias("timestamp"), (price + 10.25).alias("open"),
        (price + 12.125).alias("high"), (price + 9.0625).alias("low"), (price + 10.5).alias("close"),
        (price * 100 + 0.5).alias("volume"), pl.lit(5, pl.Int64).alias("transactions"), pl.lit("1d").alias("timeframe"),
        pl.lit("polygon").alias("data_source"), pl.lit(2, pl.Int64).alias("batch_id"),
        pl.lit(stamp, MICROSECONDS).alias("ingested_at"),
    )  # fmt: skip


def set_key(database: Database, columns: str) -> None:
    """Give the table another order of its key; the one that begins with the ticker has an index on the time besides."""
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE market_data_raw DROP CONSTRAINT market_data_raw_pkey"))
        connection.execute(text("DROP INDEX IF EXISTS market_data_raw_timestamp"))
        connection.execute(text(f"ALTER TABLE market_data_raw ADD PRIMARY KEY ({columns})"))
        if columns.startswith("ticker"):
            connection.execute(text("CREATE INDEX market_data_raw_timestamp ON market_data_raw USING brin (timestamp)"))
    settle(database)


def settle(database: Database) -> None:
    """Let the planner know the table, as autovacuum would."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE market_data_raw"))


class Arguments(argparse.Namespace):
    """What may be asked for."""

    days: int
    plans: bool


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reading", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--days", type=int, default=1826, help="calendar days of the whole market (1826, five years)")
    parser.add_argument("--plans", action="store_true", help="print whole plans as well")
    arguments, shown = parser.parse_args(namespace=Arguments()), list[str]()
    recently = date.fromisoformat(FIRST[:10]) + timedelta(days=arguments.days - 60)
    with own_database() as database:
        with database.transaction() as connection:
            fill = FILL.format(first=FIRST, days=arguments.days, tickers=TICKERS)
            rows = connection.execute(text(fill)).rowcount
            version = connection.execute(text("SHOW server_version")).scalar_one()
        settle(database)
        table = Table(title=f"{rows:,} rows, PostgreSQL {version}; milliseconds", title_justify="left")
        for name in ("key begins with", "question", "first", "median", "rows", "scan"):
            table.add_column(name)
        for name, columns in KEYS.items():
            set_key(database, columns)
            shown += read(database, table, name, recently, plans=arguments.plans)
            one_more_day(database, table, name)
            with database.transaction() as connection:
                connection.execute(text("DELETE FROM market_data_raw WHERE batch_id = 2"))
    console = Console(width=150)
    console.print(table)
    for line in shown:
        console.print(line, markup=False, highlight=False)


if __name__ == "__main__":
    main()
