"""`tbp quarantine`: the rows that were kept out, by day, reason and ticker, and where each is in the vendor's file."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.rules import RULES
from tbp_assets.bars.schema import QUARANTINE_SCHEMA
from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.bars.validation import DAY_WITHHELD
from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.errors import StorageError, StoredFileError, UsageError

REASONS = (*(rule.id for rule in RULES), DAY_WITHHELD)
FORMATS = (".csv", ".parquet")
SHOWN_TEXT = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of these days, struck by a rule, of a ticker; None for any."""

    first: date | None
    last: date | None
    reason: str | None
    ticker: str | None

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows asked for, of one day's."""
        if self.reason:
            rows = rows.filter(pl.col("reasons").list.contains(self.reason))
        return rows.filter(pl.col("ticker") == self.ticker) if self.ticker else rows


def show_counts(wanted: Wanted, *, as_json: bool = False) -> int:
    """List how many rows each day keeps out, by the first rule each breaks, and return the exit code."""
    counts = Counter[tuple[date, str]]()
    reading = _Reading(wanted)
    for fact, rows in reading.days():
        for reason in rows["reason"]:
            counts[fact.trading_date, reason] += 1
    found = [(day, reason, counts[day, reason]) for day, reason in sorted(counts)]
    if as_json:
        rows = [{"trading_date": day, "reason": reason, "rows": count} for day, reason, count in found]
        print_json({"rows": counts.total(), "by_day_and_reason": rows})
    elif found:
        out.print(table(["trading date", "reason", "rows"], found))
        days = len({day for day, _ in counts})
        out.print(f"{counts.total():,} rows of {days} days; `tbp quarantine show` prints them")
    else:
        out.print(f"no such row is quarantined: trading dates {reading.first} to {reading.last}")
    return reading.exit_code


def show_rows(wanted: Wanted, *, limit: int, as_json: bool = False) -> int:
    """Print the rows as they stand in the vendor's files, and return the exit code."""
    reading, shown, total = _Reading(wanted), list[dict[str, Any]](), 0
    for _, rows in reading.days():
        shown += rows.head(limit - len(shown)).to_dicts()
        total += rows.height
    if as_json:
        print_json({"rows": total, "shown": shown})
    elif shown:
        columns = ["trading date", "line", "ticker", "reasons", "text"]
        body = [
            [row["trading_date"], str(row["line"]), _on_a_terminal(row["ticker"]), ", ".join(row["reasons"]),
             _on_a_terminal(row["text"])]
            for row in shown
        ]  # fmt: skip
        out.print(table(columns, body))
        for key in sorted({row["source_key"] for row in shown}):
            out.print(f"line numbers are of {key}")
    else:
        out.print(f"no such row is quarantined: trading dates {reading.first} to {reading.last}")
    if total > len(shown):
        err.print(f"{total - len(shown):,} more rows: --limit shows more, --from, --to, --reason and --ticker choose")
    return reading.exit_code


def export_rows(wanted: Wanted, path: Path) -> int:
    """Write the rows to a new CSV or Parquet file, and return the exit code.

    Raises:
        UsageError: Neither format is named, or the file is there.
    """
    if path.suffix not in FORMATS:
        raise UsageError(f"{path}: write {' or '.join(FORMATS)}")
    if path.exists():
        raise UsageError(f"{path} is there already; it is not overwritten")
    reading = _Reading(wanted)
    frames = [rows for _, rows in reading.days()]
    rows = pl.concat([pl.DataFrame(schema=QUARANTINE_SCHEMA), *frames])
    try:
        if path.suffix == ".csv":
            rows.with_columns(pl.col("reasons").list.join(" ")).write_csv(path)
        else:
            rows.write_parquet(path, compression="zstd")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written: {error}") from error
    out.print(f"{rows.height:,} rows → {path}")
    return reading.exit_code


class _Reading:
    """Days of the lake, read one by one; a day that cannot be read is named and costs itself alone."""

    def __init__(self, wanted: Wanted) -> None:
        if wanted.reason and wanted.reason not in REASONS:
            raise UsageError(f"there is no rule {wanted.reason!r}; docs/bars.md lists them: {', '.join(REASONS)}")
        if wanted.first and wanted.last and wanted.first > wanted.last:
            raise UsageError(f"--from {wanted.first} is after --to {wanted.last}")
        self._wanted, self._session = wanted, Session.start()
        self.first = wanted.first or self._session.settings.pipeline.partitions.start_date
        self.last = wanted.last or max(self.first, exchange_date(datetime.now(UTC)))
        self.exit_code = 0

    def days(self) -> Iterator[tuple[LakeFact, pl.DataFrame]]:
        """Give each day that keeps rows out, oldest first, with those asked for."""
        lake = self._session.lake
        for fact in lake.facts(weekdays(self.first, self.last)).values():
            if fact is None or fact.quarantine is None:
                continue
            try:
                yield fact, self._wanted.of(lake.quarantine(fact))
            except StoredFileError as error:
                sys.stderr.write(f"tbp: {error}\n")
                self.exit_code = 1


def _on_a_terminal(text: str | None) -> str:
    """Return text of a stranger without what would move a cursor, and not at any length."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text or "")
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]} …"
