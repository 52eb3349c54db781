"""A day's quality, ticker by ticker: rows of the file, accepted, rejected and why, modified, and flagged.

The rows of a day add up to its books: total = lines of the file less the header, accepted and rejected as in the lake's
manifest. So that a day of 10,000 faultless tickers is not 10,000 rows, tickers have a row of their own where they are
asked for or have a fault; the others, all of whose rows were accepted as they are, share one.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from tbp_assets.bars.accounting import HEADER_LINES
from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.flags import FlagSettings
from tbp_assets.bars.rules import TICKER
from tbp_assets.bars.universe import Universe

METRICS_SCHEMA: Final = pl.Schema(
    {
        "ticker": pl.String(),
        "total_rows": pl.Int64(),
        "accepted_rows": pl.Int64(),
        "rejected_rows": pl.Int64(),
        "modified_rows": pl.Int64(),
        "rejection_reasons": pl.String(),
        "flags": pl.String(),
    }
)
# No ticker has a space, so neither can be one.
OTHER_TICKERS, NO_TICKER = "(other tickers)", "(no ticker)"
FILE_REFUSED: Final = "file_refused"
VERSION: Final = "1"  # raised whenever a metric or flag is made otherwise from the same rows


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows of a day, a ticker or a range."""

    total: int
    accepted: int
    rejected: int
    modified: int

    @property
    def score(self) -> float | None:
        """100 * accepted / total, or None where there are no rows."""
        return 100 * self.accepted / self.total if self.total else None


def totals_of(fact: LakeFact) -> Totals:
    """Return what the books of a day say; every row of a file that is refused whole counts as rejected."""
    rows = max(fact.lines - HEADER_LINES, 0)
    rejected = rows if fact.status == "refused" else fact.quarantined
    return Totals(rows, fact.accepted, rejected, sum(fact.modified.values()))


def reasons_of(fact: LakeFact) -> dict[str, int]:
    """Return the rejected rows of a day's books by reason."""
    refused = totals_of(fact).rejected if fact.status == "refused" else 0
    return {FILE_REFUSED: refused} if refused else dict(fact.rejected)


def identity_of(fact: LakeFact, earlier: Iterable[LakeFact], settings: FlagSettings, universe: Universe) -> str:
    """Return what a day's quality depends on as 12 hexadecimal digits: another identity calls for a new look.

    Args:
        fact: The day.
        earlier: The validated days looked back on.
        settings: What is flagged.
        universe: Whose flags are kept.
    """
    files = [f"{known.trading_date} {known.status} {known.source_sha256} {known.rules}" for known in (*earlier, fact)]
    text = "\n".join([VERSION, *files, settings.identity, universe.hash])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def measure(
    fact: LakeFact, accepted: pl.DataFrame, quarantine: pl.DataFrame, flags: pl.DataFrame, named: Iterable[str]
) -> pl.DataFrame:
    """Return a day's quality as `METRICS_SCHEMA`, by ticker (as bytes).

    Args:
        fact: The day's books.
        accepted: Its accepted bars: ticker and line.
        quarantine: Its quarantined rows (`QUARANTINE_SCHEMA`).
        flags: What was flagged (`FLAG_SCHEMA`).
        named: Tickers that have a row of their own whether or not anything is the matter with them.
    """
    wanted = sorted(set(named))
    rows = pl.concat([_accepted(fact, accepted), _rejected(fact, quarantine)])
    faulty = rows.filter(pl.col("reason").is_not_null() | pl.col("modified"))["ticker"]
    own = pl.concat([pl.Series(wanted, dtype=pl.String), faulty]).unique().to_list()
    rows, flags = _grouped(rows, own), _grouped(flags, own)
    reasons, flagged = _counts(rows.drop_nulls("reason"), "reason"), _counts(flags, "rule")
    tickers = pl.DataFrame({"ticker": sorted({*wanted, *rows["ticker"], *flags["ticker"]})}, {"ticker": pl.String()})
    sums = rows.group_by("ticker").agg(
        pl.len().alias("total_rows"),
        pl.col("reason").null_count().alias("accepted_rows"),
        pl.col("reason").count().alias("rejected_rows"),
        pl.col("modified").sum().alias("modified_rows"),
    )
    counted = tickers.join(sums, on="ticker", how="left", maintain_order="left").with_columns(
        pl.col("ticker").replace_strict(reasons, default="{}").alias("rejection_reasons"),
        pl.col("ticker").replace_strict(flagged, default="{}").alias("flags"),
    )
    return counted.select(
        pl.col(name).fill_null(0).cast(dtype) if dtype == pl.Int64 else name for name, dtype in METRICS_SCHEMA.items()
    )


def _accepted(fact: LakeFact, accepted: pl.DataFrame) -> pl.DataFrame:
    modified = pl.col("line").is_in(pl.Series(fact.modified_lines, dtype=pl.UInt32).implode())
    return accepted.select("ticker", pl.lit(None, pl.String).alias("reason"), modified.alias("modified"))


def _rejected(fact: LakeFact, quarantine: pl.DataFrame) -> pl.DataFrame:
    """Return ticker, reason and modified of the rows that were kept out, of which some name no ticker."""
    if fact.status == "refused":
        return pl.select(
            pl.repeat(NO_TICKER, totals_of(fact).total).alias("ticker"),
            pl.lit(FILE_REFUSED).alias("reason"),
            pl.lit(value=False).alias("modified"),
        )
    readable = pl.col("ticker").str.contains(TICKER).fill_null(value=False)
    ticker = pl.when(readable).then("ticker").otherwise(pl.lit(NO_TICKER)).alias("ticker")
    return quarantine.select(ticker, "reason", pl.lit(value=False).alias("modified"))


def _grouped(rows: pl.DataFrame, own: list[str]) -> pl.DataFrame:
    return rows.with_columns(pl.when(pl.col("ticker").is_in(own)).then("ticker").otherwise(pl.lit(OTHER_TICKERS)))


def _counts(rows: pl.DataFrame, column: str) -> dict[str, str]:
    """Return how often each value of a column occurs for each ticker, as PostgreSQL prints such a jsonb."""
    by_ticker: dict[str, Counter[str]] = {}
    for ticker, value in rows.select("ticker", column).iter_rows():
        by_ticker.setdefault(ticker, Counter())[value] += 1
    return {
        ticker: json.dumps(
            {value: counts[value] for value in sorted(counts, key=lambda value: (len(value.encode()), value))}
        )
        for ticker, counts in by_ticker.items()
    }
