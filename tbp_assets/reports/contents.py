"""What a quality report says, before it is drawn: frames of plain values, gathered from facts, ledger and metrics.

Nothing here asks anyone; every number of the page, its charts and its CSV files is a cell of these frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

import polars as pl

from tbp_assets.bars import coverage

Verdict = Literal["good", "warning", "bad", "neutral"]
MOMENT: Final = pl.Datetime("us", "UTC")

DAYS_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "state": pl.String(),
        "detail": pl.String(),
        "lines": pl.Int64(),
        "accepted": pl.Int64(),
        "rejected": pl.Int64(),
        "modified": pl.Int64(),
        "flagged": pl.Int64(),
        "loaded": pl.Int64(),
        "score": pl.Float64(),
    }
)
REJECTIONS_SCHEMA: Final = pl.Schema({"trading_date": pl.Date(), "reason": pl.String(), "rows": pl.Int64()})
REJECTED_ROWS_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "line": pl.Int64(),
        "ticker": pl.String(),
        "reasons": pl.String(),
        "text": pl.String(),
        "source_key": pl.String(),
    }
)
FLAGS_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "ticker": pl.String(),
        "rule": pl.String(),
        "severity": pl.String(),
        "observed": pl.Float64(),
        "reference": pl.Float64(),
        "detail": pl.String(),
    }
)
FLAG_COUNTS_SCHEMA: Final = pl.Schema(
    {"trading_date": pl.Date(), "rule": pl.String(), "severity": pl.String(), "rows": pl.Int64()}
)
STATISTICS_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "statistic": pl.String(),
        "value": pl.Float64(),
        "finding": pl.String(),
        "limit": pl.Float64(),
    }
)
BANDS_SCHEMA: Final = pl.Schema(
    {
        "statistic": pl.String(),
        "hold_below": pl.Float64(),
        "warn_below": pl.Float64(),
        "warn_above": pl.Float64(),
        "hold_above": pl.Float64(),
    }
)
TICKERS_SCHEMA: Final = pl.Schema(
    {
        "ticker": pl.String(),
        "total": pl.Int64(),
        "accepted": pl.Int64(),
        "rejected": pl.Int64(),
        "modified": pl.Int64(),
        "flagged": pl.Int64(),
        "score": pl.Float64(),
    }
)
COVERAGE_SCHEMA: Final = pl.Schema(coverage.COVERAGE_SCHEMA | {"on_target": pl.Boolean()})
PRESENCE_SCHEMA: Final = coverage.PRESENCE_SCHEMA
RESTATEMENTS_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "batch_id": pl.Int64(),
        "loaded_at": MOMENT,
        "earlier_sha256": pl.String(),
        "source_sha256": pl.String(),
        "changed": pl.Int64(),
        "dropped": pl.Int64(),
        "rejected": pl.Int64(),
        "outside_validity": pl.Int64(),
        "added": pl.Int64(),
    }
)
LOADS_SCHEMA: Final = pl.Schema(
    {"trading_date": pl.Date(), "loaded_at": MOMENT, "rows": pl.Int64(), "seconds": pl.Float64()}
)
FAILURES_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "error_type": pl.String(),
        "error_message": pl.String(),
        "attempts": pl.Int64(),
        "since": MOMENT,
    }
)


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the few numbers at the top: what it is, its value as text, and whether it is good."""

    label: str
    value: str
    verdict: Verdict
    explanation: str


@dataclass(frozen=True, slots=True)
class ReportContents:
    """Everything a report says of a range of trading dates.

    Attributes:
        route: Source → target, without secrets.
        data_source: Whose bars: polygon, or synthetic for invented ones.
        dataset: The vendor's dataset, e.g. us_stocks_day_aggs.
        universe: Name of the universe that is loaded.
        first, last: First and last trading date, both included.
        made_at: When it was gathered, UTC.
        coverage_target: Share (0 to 1) of expected sessions that a ticker should have bars on.
        score_target: Score (0 to 100) under which a day or ticker is called low.
        headlines: The few numbers at the top.
        days: One row a weekday (`DAYS_SCHEMA`). state: loaded, holiday, late, missing, not_entitled, held or rejected;
            score: 100 * accepted / total, null where there is no file; flagged: rows flagged by rules above `info`.
        rejections: Rows kept out, by trading date and first broken rule (`REJECTIONS_SCHEMA`).
        rejected_rows: Some of them, as they stand in the file (`REJECTED_ROWS_SCHEMA`).
        flags: Flagged bars and absences, the severest and newest first (`FLAGS_SCHEMA`); severity: info, warn or error.
        flag_counts: All flags, counted by trading date and rule (`FLAG_COUNTS_SCHEMA`).
        statistics: What each day was as a whole beside other days (`STATISTICS_SCHEMA`) when its file was judged;
            finding: warn or hold where the value lay beyond `limit`, else null.
        bands: The limits now of each statistic (`BANDS_SCHEMA`), in the order of the page; null: none on that side.
        tickers: Totals of each ticker over the range, the worst first (`TICKERS_SCHEMA`); ticker `(other tickers)`
            stands for those without a fault, `(no ticker)` for rows whose ticker cannot be read.
        coverage: Sessions with a bar beside those expected between first and last seen (`COVERAGE_SCHEMA`), the worst
            first; coverage: present / expected, 0 to 1.
        presence: Cells of the heat map (`PRESENCE_SCHEMA`): a ticker's expected sessions and those with a bar, in a
            bucket of days from start to end (a day, a week or a month, all alike); expected 0: none was expected.
        restatements: Loads that changed days loaded before, newest first (`RESTATEMENTS_SCHEMA`).
        loads: The newest load of each day (`LOADS_SCHEMA`); seconds: null where it was not measured.
        failures: Days that failed and were not repaired since (`FAILURES_SCHEMA`).
        left_out: Sentences that say what was cut to keep the file readable.
    """

    route: str
    data_source: str
    dataset: str
    universe: str
    first: date
    last: date
    made_at: datetime
    coverage_target: float
    score_target: float
    headlines: tuple[Headline, ...]
    days: pl.DataFrame
    rejections: pl.DataFrame
    rejected_rows: pl.DataFrame
    flags: pl.DataFrame
    flag_counts: pl.DataFrame
    statistics: pl.DataFrame
    bands: pl.DataFrame
    tickers: pl.DataFrame
    coverage: pl.DataFrame
    presence: pl.DataFrame
    restatements: pl.DataFrame
    loads: pl.DataFrame
    failures: pl.DataFrame
    left_out: tuple[str, ...] = ()
