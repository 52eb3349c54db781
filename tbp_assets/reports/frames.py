"""The frames of a quality report that are made of facts alone; nothing here asks anyone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import polars as pl

from tbp_assets.bars.coverage import Coverage
from tbp_assets.bars.day_state import DayState, Expectation
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.flags import LOUD
from tbp_assets.bars.metrics import totals_of
from tbp_assets.bars.whole_day import Band
from tbp_assets.reports import contents

# Most rows of a table, loads that changed something, tickers of a table, and tickers of the coverage map.
MOST_ROWS: Final = 1000
MOST_LOADS: Final = 500
MOST_TICKERS: Final = 1000
SHOWN_IN_MAP: Final = 60


def sessions(facts: Mapping[date, DayFacts], expectation: Expectation, now: datetime) -> list[date]:
    """Return the days on which bars are to be expected by now; a day with bars was one, whatever a calendar says."""
    return [
        day
        for day, known in facts.items()
        if known.load or (day in expectation.sessions and expectation.due(day) <= now)
    ]


def days(facts: Mapping[date, DayFacts], states: Mapping[date, DayState], flags: pl.DataFrame) -> pl.DataFrame:
    """Return `DAYS_SCHEMA`, a row for each day; only flags that are not for information count."""
    loud = dict(flags.filter(pl.col("severity").is_in(LOUD)).group_by("trading_date").len().iter_rows())
    rows = [
        (day, states[day].state, states[day].detail, *_books(known, loud.get(day, 0))) for day, known in facts.items()
    ]
    return pl.DataFrame(rows, schema=contents.DAYS_SCHEMA, orient="row")


def _books(facts: DayFacts, flagged: int) -> tuple[int | float | None, ...]:
    """Return lines, accepted, rejected, modified, flagged, loaded and score of a day."""
    loaded = facts.load.selected if facts.load else None
    if facts.lake is None:
        return (None, None, None, None, None, loaded, None)
    totals = totals_of(facts.lake)
    return (
        facts.lake.lines, totals.accepted, totals.rejected, totals.modified, flagged, loaded, totals.score
    )  # fmt: skip


def rejections(facts: Mapping[date, DayFacts]) -> pl.DataFrame:
    """Return `REJECTIONS_SCHEMA`, from the books of each day."""
    rows = [
        (day, reason, count)
        for day, known in facts.items()
        if known.lake
        for reason, count in known.lake.rejected.items()
    ]
    return pl.DataFrame(rows, schema=contents.REJECTIONS_SCHEMA, orient="row")


def flag_counts(flags: pl.DataFrame) -> pl.DataFrame:
    """Return `FLAG_COUNTS_SCHEMA` of flags (`FLAGS_SCHEMA`)."""
    counted = flags.group_by("trading_date", "rule", "severity").len("rows").sort("trading_date", "rule")
    return counted.select(pl.col(name).cast(dtype) for name, dtype in contents.FLAG_COUNTS_SCHEMA.items())


def statistics(facts: Mapping[date, DayFacts]) -> pl.DataFrame:
    """Return `STATISTICS_SCHEMA`, what each day was as a whole when its file was judged."""
    rows: list[tuple[date, str, float, str | None, float | None]] = []
    for day, known in facts.items():
        if known.lake is None or known.lake.whole_day is None:
            continue
        found = {finding.statistic: finding for finding in known.lake.whole_day.findings}
        for name, value in known.lake.whole_day.statistics.items():
            finding = found.get(name)
            rows.append((day, name, value, finding and finding.severity, finding and finding.limit))
    return pl.DataFrame(rows, schema=contents.STATISTICS_SCHEMA, orient="row")


def bands(limits: Mapping[str, Band]) -> pl.DataFrame:
    """Return `BANDS_SCHEMA`, in the order of the limits."""
    rows = [(name, band.hold[0], band.warn[0], band.warn[1], band.hold[1]) for name, band in limits.items()]
    return pl.DataFrame(rows, schema=contents.BANDS_SCHEMA, orient="row")


def shown(coverage: Coverage, target: float) -> pl.DataFrame:
    """Return `COVERAGE_SCHEMA` of the tickers with the least coverage."""
    rows = coverage.tickers.head(MOST_TICKERS).with_columns((pl.col("coverage") >= target).alias("on_target"))
    return rows.select(contents.COVERAGE_SCHEMA.names())


def loads(facts: Mapping[date, DayFacts]) -> pl.DataFrame:
    """Return `LOADS_SCHEMA`, the newest load of each day."""
    newest = [known.load for known in facts.values() if known.load]
    rows = [(load.trading_date, load.loaded_at, load.selected, load.seconds) for load in newest]
    return pl.DataFrame(rows, schema=contents.LOADS_SCHEMA, orient="row")


def left_out(
    rejected: int, flags: pl.DataFrame, tickers: pl.DataFrame, coverage: Coverage, restated: pl.DataFrame
) -> tuple[str, ...]:
    """Return a sentence for each part of the report that was cut, with what was cut from it."""
    rows, worst = flags.height - MOST_ROWS, tickers.height - MOST_TICKERS
    covered = coverage.tickers.height
    cut = {
        f"{rejected:,} rejected rows: `tbp quarantine export` writes all of them": rejected,
        f"{rows:,} flags: `tbp quality flags --csv` prints all of them": rows,
        f"{worst:,} tickers of the better ones": worst,
        f"coverage of {covered - MOST_TICKERS:,} better tickers": covered - MOST_TICKERS,
        f"the coverage map shows the {SHOWN_IN_MAP} tickers with the least coverage": covered - SHOWN_IN_MAP,
        f"loads that changed something, after the newest {MOST_LOADS}": restated.height - MOST_LOADS + 1,
    }
    return tuple(sentence for sentence, left in cut.items() if left > 0)
