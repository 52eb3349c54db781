"""Other ways of bringing the same rows into the same table, each as its documentation shows it; L is the limit.

All take rows that are parsed and validated already, which ours does within its time.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl
from psycopg2.extras import execute_values

from tbp_assets.storage.database import Database

COLUMNS: Final = (
    "ticker", "timestamp", "open", "high", "low", "close", "volume", "transactions", "timeframe", "data_source",
    "batch_id", "ingested_at",
)  # fmt: skip
TIMESTAMPTZ: Final = "%Y-%m-%d %H:%M:%S%.6f%z"
Load = Callable[[Database, str, pl.DataFrame], None]


def copied(database: Database, table: str, rows: pl.DataFrame) -> Callable[[], None]:
    """Return the COPY of rows whose text is made beforehand: the limit L."""
    text = rows.write_csv(include_header=False, datetime_format=TIMESTAMPTZ).encode()

    def copy() -> None:
        with tempfile.SpooledTemporaryFile(max_size=1 << 30) as stream:
            stream.write(text)
            stream.seek(0)
            with database.transaction() as connection, database.driver(connection).cursor() as cursor:
                cursor.copy_expert(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)", stream)

    return copy


def with_execute_values(database: Database, table: str, rows: pl.DataFrame) -> None:
    """psycopg2's execute_values, 1,000 rows a statement."""
    with database.transaction() as connection, database.driver(connection).cursor() as cursor:
        execute_values(cursor, f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES %s", rows.rows(), page_size=1000)


def with_pandas(database: Database, table: str, rows: pl.DataFrame) -> None:
    """pandas.DataFrame.to_sql with many rows a statement."""
    rows.to_pandas().to_sql(
        table, database.engine, schema=database.address.schema, if_exists="append", index=False, method="multi",
        chunksize=1000,
    )  # fmt: skip


def with_polars(database: Database, table: str, rows: pl.DataFrame) -> None:
    """polars.DataFrame.write_database over ADBC."""
    url = database.address.url().set(drivername="postgresql").render_as_string(hide_password=False)
    rows.write_database(f"{database.address.schema}.{table}", url, if_table_exists="append", engine="adbc")


def with_dlt(database: Database, table: str, rows: pl.DataFrame) -> None:
    """Dlt's pipeline from Arrow, appending; it makes its own table, without a key."""
    import dlt  # noqa: PLC0415  # only where it is installed

    url = database.address.url().set(drivername="postgresql").render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory() as directory:
        pipeline: Any = dlt.pipeline(
            "bench", pipelines_dir=directory, destination=dlt.destinations.postgres(url),
            dataset_name=f"{database.address.schema}_dlt",
        )  # fmt: skip
        pipeline.run(rows.to_arrow(), table_name=table, write_disposition="append").raise_on_failed_jobs()


def with_parallel_copy(database: Database, table: str, rows: pl.DataFrame) -> None:
    """timescaledb-parallel-copy with two workers, from a file that is written beforehand."""
    address = database.address
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "rows.csv"
        rows.write_csv(file, include_header=False, datetime_format=TIMESTAMPTZ)
        target = f"host={address.host} port={address.port} user={address.user} dbname={address.name} sslmode=disable"
        subprocess.run(  # noqa: S603
            [  # noqa: S607
                "timescaledb-parallel-copy", "--connection", f"{target} password={address.password.get_secret_value()}",
                "--schema", address.schema, "--table", table, "--columns", ",".join(COLUMNS), "--file", str(file),
                "--workers", "2", "--batch-size", "5000",
            ],
            check=True, capture_output=True,
        )  # fmt: skip


def peers() -> Mapping[str, Load]:
    """Return those that can be tried here by name."""
    found: dict[str, Load] = {"execute_values": with_execute_values}
    if importlib.util.find_spec("pandas"):
        found["pandas.to_sql, multi"] = with_pandas
    if importlib.util.find_spec("adbc_driver_postgresql"):
        found["polars write_database, ADBC"] = with_polars
    if importlib.util.find_spec("dlt"):
        found["dlt, append, no key"] = with_dlt
    if shutil.which("timescaledb-parallel-copy"):
        found["timescaledb-parallel-copy, 2 workers"] = with_parallel_copy
    return found
