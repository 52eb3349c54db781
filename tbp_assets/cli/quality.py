"""`tbp quality`: scores by day and by ticker, a ticker's trend, and what was flagged."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from tbp_assets.bars.flags import FLAG_NAMES, by_severity
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.storage.quality import Quality


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which days and tickers; None for any.

    Attributes:
        below: Only scores under this.
    """

    first: date | None
    last: date | None
    ticker: str | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How the answer is to look."""

    limit: int
    json: bool
    csv: bool


def show_days(wanted: Wanted, form: Form) -> int:
    """Print what the rows of each day add up to, or, with a ticker, that ticker's trend; return the exit code."""
    session, first, last = _started(wanted)
    with session.database.transaction(read_only=True) as connection:
        quality = Quality(connection, session.dataset, session.data_source)
        rows = _trend(quality.metrics(first, last, wanted.ticker)) if wanted.ticker else quality.by_day(first, last)
    return _shown(session, _below(rows, wanted), form, empty=f"no day is measured: {first} to {last}")


def show_tickers(wanted: Wanted, form: Form) -> int:
    """Print what the rows of each ticker add up to over the days, the worst first, and return the exit code."""
    session, first, last = _started(wanted)
    with session.database.transaction(read_only=True) as connection:
        rows = Quality(connection, session.dataset, session.data_source).by_ticker(first, last)
    return _shown(session, _below(rows, wanted), form, empty=f"no such ticker: {first} to {last}")


def show_flags(wanted: Wanted, rule: str | None, form: Form) -> int:
    """Print what is worth a look, the severest and newest first, and return the exit code."""
    if rule and rule not in FLAG_NAMES:
        raise UsageError(f"there is no flag {rule!r}; docs/quality.md explains them: {', '.join(FLAG_NAMES)}")
    session, first, last = _started(wanted)
    with session.database.transaction(read_only=True) as connection:
        flags = Quality(connection, session.dataset, session.data_source).flags(first, last, wanted.ticker, rule)
    found = by_severity(flags, session.settings.pipeline.quality.severities)
    columns = ["trading_date", "severity", "ticker", "rule", "observed", "reference", "detail"]
    return _shown(session, found.select(columns), form, empty=f"nothing is flagged: {first} to {last}")


def _started(wanted: Wanted) -> tuple[Session, date, date]:
    if wanted.first and wanted.last and wanted.first > wanted.last:
        raise UsageError(f"--from {wanted.first} is after --to {wanted.last}")
    session = Session.start()
    first = wanted.first or session.settings.pipeline.partitions.start_date
    return session, first, wanted.last or max(first, exchange_date(datetime.now(UTC)))


def _trend(metrics: pl.DataFrame) -> pl.DataFrame:
    return metrics.select(
        pl.col("date").alias("trading_date"), "ticker",
        pl.col("total_rows").alias("total"), pl.col("accepted_rows").alias("accepted"),
        pl.col("rejected_rows").alias("rejected"), pl.col("modified_rows").alias("modified"),
        pl.col("quality_score").alias("score"),
        pl.col("rejection_reasons").map_elements(_words, return_dtype=pl.String).alias("reasons"),
        pl.col("flags").map_elements(_words, return_dtype=pl.String),
    )  # fmt: skip


def _words(counts: str) -> str:
    return ", ".join(f"{name} {count}" for name, count in json.loads(counts).items())


def _below(rows: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    return rows if wanted.below is None else rows.filter(pl.col("score") < wanted.below)


def _shown(session: Session, rows: pl.DataFrame, form: Form, *, empty: str) -> int:
    if not form.json:
        (err if form.csv else out).print(session.route, markup=False)
    if form.csv:
        sys.stdout.write(rows.write_csv())
        return 0
    shown = rows.head(form.limit)
    if form.json:
        print_json({"route": session.route, "rows": rows.height, "shown": shown.to_dicts()})
    elif rows.is_empty():
        out.print(empty)
    else:
        out.print(table(rows.columns, shown.rows()))
    if rows.height > shown.height:
        err.print(f"{rows.height - shown.height:,} more rows: --limit shows more, --csv prints all of them")
    return 0
