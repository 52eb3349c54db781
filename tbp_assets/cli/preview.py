"""`tbp restatements --preview`: what files that are held, or not yet validated, would change of what stands."""

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta

import polars as pl

from tbp_assets.bars.facts import DayFacts, LakeFact
from tbp_assets.bars.schema import VALUES
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.bars.validation import validate
from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.storage.bars_table import Comparison, compare

SHORT = 12


@dataclass(frozen=True, slots=True)
class Coming:
    """What a day's newest file would change, over all tickers.

    Attributes:
        file: Its sha256.
        stands: The sha256 of the file whose bars are the day's; None where none is.
        state: The day's state.
        removed, changed, added: Bars.
        removed_turnover, changed_turnover: Dollars traded in them, as a share of all that stand.
    """

    trading_date: date
    file: str
    stands: str | None
    state: str
    rows: int
    removed: int
    changed: int
    added: int
    removed_turnover: float
    changed_turnover: float


@dataclass(frozen=True, slots=True)
class ComingCell:
    """A value that would be another one; new is None where the bar would go, old where it would come."""

    trading_date: date
    ticker: str
    column: str
    old: float | None
    new: float | None
    change: str


def preview(
    first: date | None, last: date | None, *, ticker: str = "", limit: int = 100, as_csv: bool, as_json: bool
) -> int:
    """Run the command and return its exit code.

    Raises:
        UsageError: The range makes no sense.
    """
    first_, last_ = first, last or exchange_date(datetime.now(UTC)) - timedelta(days=1)
    session = Session.start()
    first_ = first_ or session.settings.pipeline.partitions.start_date
    if first_ > last_:
        raise UsageError(f"--from {first_} is after --to {last_}")
    if not as_json:
        (err if as_csv else out).print(session.route, markup=False)
    found, values = list[Coming](), list[ComingCell]()
    for day in session.facts(first_, last_).values():
        if coming := _coming(session, day):
            what, difference = coming
            found.append(what)
            values += [cell for cell in _cells(what.trading_date, difference) if ticker in {"", cell.ticker}]
    if as_json:
        print_json({"route": session.route, "restatements": [asdict(each) for each in found],
                    "cells": [asdict(each) for each in values[:limit]], "cells_in_all": len(values)})  # fmt: skip
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow([field.name for field in fields(ComingCell)])
        writer.writerows(list(asdict(each).values()) for each in values)
    else:
        _show(found, values[:limit])
    if len(values) > limit and not as_csv:
        err.print(f"{len(values) - limit:,} more values: --limit shows more, --from, --to and --ticker choose")
    return 0


def _coming(session: Session, day: DayFacts) -> tuple[Coming, Comparison] | None:
    """Return what the newest landed file would change, or None where it stands or cannot be read."""
    file = day.landing.file if day.landing else None
    stands = day.lake.standing if day.lake else None
    if file is None or (stands and stands.source_sha256 == file.sha256):
        return None
    judged = validate(
        session.landing.read(day.trading_date, file), file, session.dataset, day.trading_date,
        data_source=session.data_source, max_rejected_share=session.settings.pipeline.validation.max_rejected_share,
        limits=session.landing.limits,
    )  # fmt: skip
    standing = session.lake.bars(stands).drop("trading_date", "line")
    new = judged.bars.drop("trading_date", "line")
    difference = compare(standing.select("ticker", "timestamp", *VALUES), new, new)
    turnover = _turnover(standing)
    changed = standing.join(difference.different, on=["ticker", "timestamp"], how="semi")
    state = session.states({day.trading_date: day})[day.trading_date].state
    return _summed(day, file.sha256, stands, state, new.height, difference, turnover, changed), difference


def _summed(  # noqa: PLR0917  # what a row of the answer is made of
    day: DayFacts,
    sha256: str,
    stands: LakeFact | None,
    state: str,
    rows: int,
    found: Comparison,
    turnover: float,
    changed: pl.DataFrame,
) -> Coming:
    return Coming(
        trading_date=day.trading_date,
        file=sha256,
        stands=stands.source_sha256 if stands else None,
        state=state,
        rows=rows,
        removed=found.foreign.height,
        changed=found.different.height,
        added=found.absent.height,
        removed_turnover=_turnover(found.foreign) / turnover if turnover else 0.0,
        changed_turnover=_turnover(changed) / turnover if turnover else 0.0,
    )


def _turnover(bars: pl.DataFrame) -> float:
    return float(bars.select((pl.col("close") * pl.col("volume")).sum()).item() or 0.0)


def _cells(day: date, found: Comparison) -> Iterator[ComingCell]:
    """Give each value that would change; of a bar that would go or come, its close."""
    for row in found.different.iter_rows(named=True):
        for name in VALUES:
            if row[name] != row[f"{name}_lake"]:
                yield ComingCell(day, row["ticker"], name, row[name], row[f"{name}_lake"], "changed")
    for row in found.foreign.iter_rows(named=True):
        yield ComingCell(day, row["ticker"], "close", row["close"], None, "removed")
    for row in found.absent.iter_rows(named=True):
        yield ComingCell(day, row["ticker"], "close", None, row["close"], "added")


def _show(found: Sequence[Coming], values: Sequence[ComingCell]) -> None:
    if not found:
        out.print("no file is waiting that would change what stands")
        return
    columns = ["trading date", "state", "file", "stands", "rows", "removed", "changed", "added", "removed turnover",
               "changed turnover"]  # fmt: skip
    rows = [
        [each.trading_date, each.state, each.file[:SHORT], (each.stands or "nothing")[:SHORT], each.rows, each.removed,
         each.changed, each.added, f"{each.removed_turnover:.2%}", f"{each.changed_turnover:.2%}"]
        for each in found
    ]  # fmt: skip
    out.print(table(columns, rows))
    if values:
        out.print()
        columns = ["trading date", "ticker", "column", "old", "new", "change"]
        out.print(table(columns, [list(asdict(each).values()) for each in values]))
