"""`tbp query`: one SQL statement in a read-only transaction with a time-out; only the rows shown are fetched."""

import csv
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.storage.sql import statement

NO_CURSOR = "42P11"
Row = tuple[Any, ...]


def query(sql: str, *, limit: int, as_json: bool = False, as_csv: bool = False) -> int:
    """Run the command and return its exit code.

    The transaction is read-only as a guard against slips; rights against intent are a database role's.

    Raises:
        UsageError: Not one statement that returns rows, or a value that Python has no type for.
    """
    session = Session.start()
    err.print(session.route, markup=False)
    seconds = session.settings.database.query_timeout_seconds
    with session.database.transaction(read_only=True) as connection, _explained():
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{seconds}s'")
        columns, rows = _fetched(connection, sql, limit + 1)
    _show(columns, rows[:limit], as_json=as_json, as_csv=as_csv)
    if len(rows) > limit:
        err.print(f"more than {limit:,} rows: --limit shows more")
    return 0


def _fetched(connection: Connection, sql: str, most: int) -> tuple[list[str], list[Row]]:
    # One statement in a cursor can neither end its transaction nor bring more rows than are asked for.
    connection.execute(text("SELECT set_config('tbp.query', :sql, true)"), {"sql": sql})
    connection.execute(statement("open_cursor"))
    result = connection.exec_driver_sql(f"FETCH {most} FROM tbp_query")
    return list(result.keys()), [tuple(row) for row in result]


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != NO_CURSOR:
            raise
        raise UsageError(
            "tbp query takes one statement that returns rows (SELECT, VALUES, SHOW, EXPLAIN), and is read-only"
        ) from error
    except (ValueError, OverflowError) as error:
        raise UsageError(f"a value cannot be shown ({error}): cast its column to text") from error


def _show(columns: list[str], rows: list[Row], *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        names = _distinct(columns)
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        out.print(table(columns, rows))


def _distinct(columns: Sequence[str]) -> list[str]:
    """Return the names with _2, _3, ... after those that stand there already: a JSON object has a key once."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names or (number > 1 and name in columns):
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names
