"""`tbp query`: one SQL statement in a read-only session with a time-out."""

import csv
import sys
from typing import Any

from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session


def query(sql: str, *, limit: int, as_json: bool = False, as_csv: bool = False) -> int:
    """Run the command and return its exit code.

    The session is read-only as a guard against slips; rights against intent are a database role's.
    """
    session = Session.start()
    err.print(session.route)
    seconds = session.settings.database.query_timeout_seconds
    with session.database.transaction(read_only=True) as connection:
        # For the whole session, not its first transaction: a COMMIT in the text would end both. It leaves the pool.
        connection.detach()
        connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET statement_timeout = '{seconds}s'")
        result = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
        columns = list(result.keys()) if result.returns_rows else []
        rows = [tuple(row) for row in result.fetchmany(limit + 1)] if columns else []
    _show(columns, rows[:limit], as_json=as_json, as_csv=as_csv)
    if len(rows) > limit:
        err.print(f"more than {limit:,} rows: --limit shows more")
    return 0


def _show(columns: list[str], rows: list[tuple[Any, ...]], *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        out.print(table(columns, rows))
