"""`tbp restatements`: which loads changed days that were loaded before, and what the values were."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.storage.reading import refuse_unknown
from tbp_assets.storage.revisions import Cell, Days, Restatement
from tbp_assets.storage.revisions import cells as read_cells
from tbp_assets.storage.revisions import restatements as read_restatements

SHORT = 8


@dataclass(frozen=True, slots=True)
class Form:
    """How the answer is to look.

    Attributes:
        limit: Most rows of each table.
        cells: Show the values, too.
    """

    limit: int
    cells: bool
    json: bool
    csv: bool


def restatements(first: date | None, last: date | None, *, ticker: str | None, form: Form) -> int:
    """Run the command and return its exit code."""
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    session = Session.start()
    if not form.json:
        (err if form.csv else out).print(session.route, markup=False)
    found, values, total = list[Restatement](), list[Cell](), 0
    days = _days(session, first, last, ticker)
    if days:
        with session.database.transaction(read_only=True) as connection:
            if ticker:
                bars_of = {"timeframe": days.dataset.timeframe, "data_source": days.data_source}
                refuse_unknown(connection, session.database, {ticker}, bars_of)
            found = read_restatements(connection, days, most=form.limit + 1)
            values, total = read_cells(connection, days, most=form.limit) if form.cells else ([], 0)
    shown = found[: form.limit]
    if form.json:
        _show_json(session, shown, values, total, form)
    elif form.csv:
        _show_csv(Cell if form.cells else Restatement, values if form.cells else shown)
    else:
        _show(days, shown, values)
    if len(found) > len(shown):
        err.print(f"more than {form.limit:,} loads: --limit shows more, --from and --to choose")
    if total > len(values):
        err.print(f"{total - len(values):,} more values: --limit shows more, --from, --to and --ticker choose")
    return 0


def _days(session: Session, first: date | None, last: date | None, ticker: str | None) -> Days | None:
    """Return the days asked for, by default all that were ever loaded; None where none was."""
    known = session.known_days()
    if not known:
        return None
    first = first or min(known[0], last or known[0])
    return Days(session.dataset, session.data_source, first, last or max(known[-1], first), ticker)


def _show_json(session: Session, found: list[Restatement], values: list[Cell], total: int, form: Form) -> None:
    document: dict[str, Any] = {"route": session.route, "restatements": [asdict(load) for load in found]}
    if form.cells:
        document |= {"cells": [asdict(cell) for cell in values], "cells_in_all": total}
    print_json(document)


def _show_csv(kind: type[Cell | Restatement], rows: Sequence[Cell | Restatement]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow([field.name for field in fields(kind)])
    writer.writerows([_plain(value) for value in asdict(row).values()] for row in rows)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _show(days: Days | None, found: list[Restatement], values: list[Cell]) -> None:
    if not days:
        out.print("nothing was ever loaded, so nothing was restated")
        return
    if not found:
        of = f"of {days.ticker} " if days.ticker else ""
        out.print(f"nothing {of}was restated: trading dates {days.first} to {days.last}")
        return
    columns = [
        "trading date", "batch", "loaded at", "file", "changed", "dropped", "rejected", "outside validity", "added"
    ]  # fmt: skip
    out.print(table(columns, [_row(load) for load in found]))
    if values:
        out.print()
        columns = ["trading date", "ticker", "column", "old", "new", "change", "valid from", "valid to", "batch"]
        out.print(table(columns, [[*list(asdict(cell).values())[:-1], str(cell.batch_id)] for cell in values]))


def _row(load: Restatement) -> list[object]:
    files = f"{load.earlier_sha256[:SHORT]} -> {load.source_sha256[:SHORT]}"
    if load.earlier_sha256 == load.source_sha256:
        files = f"{load.source_sha256[:SHORT]} (same file)"
    amounts = [load.changed, load.dropped, load.rejected, load.outside_validity, load.added]
    return [load.trading_date, str(load.batch_id), load.loaded_at, files, *amounts]
