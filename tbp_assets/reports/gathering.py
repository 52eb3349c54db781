"""Gather what a quality report says: facts, metrics, flags, coverage, restatements and failures of a range of days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import polars as pl

from tbp_assets.bars.coverage import Bucket, Coverage, bucket_of, coverage_of, expected_spans, presence_of
from tbp_assets.bars.day_state import Expectation, day_state
from tbp_assets.bars.facts import DayFacts, LakeFact
from tbp_assets.bars.flags import LOUD, FlagName, Severity, by_severity
from tbp_assets.bars.sessions import weekdays
from tbp_assets.bars.universe import Universe
from tbp_assets.bars.whole_day import Band
from tbp_assets.errors import StoredFileError
from tbp_assets.reports import contents, frames
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.frames import MOST_LOADS, MOST_ROWS, MOST_TICKERS, SHOWN_IN_MAP
from tbp_assets.reports.headlines import Targets, headlines
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.failed_downloads import FailedDownloads
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.presence import present, seen
from tbp_assets.storage.quality import Quality
from tbp_assets.storage.revisions import Days, restatements


@dataclass(frozen=True, slots=True)
class Source:
    """Where a report's facts come from, and what they are held to.

    Attributes:
        route: Source → target in one line, without secrets.
        bands: What a day as a whole is held to, by statistic.
        score_target: 0 to 100.
        coverage_target: 0 to 1.
    """

    route: str
    landing: LandingZone
    lake: Lake
    database: Database
    universe: Universe
    expectation: Expectation
    severities: Mapping[FlagName, Severity]
    bands: Mapping[str, Band]
    score_target: float
    coverage_target: float

    def contents(self, first: date, last: date) -> ReportContents:
        """Gather the report of a range of trading dates, both included."""
        now = datetime.now(UTC)
        facts = gather(self.landing, self.lake, self.database, weekdays(first, last))
        states = {day: day_state(known, self.expectation, now) for day, known in facts.items()}
        coverage, presence = self._coverage(first, last, frames.sessions(facts, self.expectation, now))
        tickers, flags = self._quality(first, last)
        failures = self._failures(first, last)
        restated = self._restatements(first, last)
        days = frames.days(facts, states, flags)
        rejected, more = self._rejected_rows(facts)
        return ReportContents(
            route=self.route,
            data_source=self.lake.data_source,
            dataset=self.lake.dataset.name,
            universe=self.universe.name,
            first=first,
            last=last,
            made_at=now,
            coverage_target=self.coverage_target,
            score_target=self.score_target,
            headlines=headlines(days, coverage, flags, failures, Targets(self.score_target, self.coverage_target)),
            days=days,
            rejections=frames.rejections(facts),
            rejected_rows=rejected,
            flags=flags.head(MOST_ROWS),
            flag_counts=frames.flag_counts(flags),
            statistics=frames.statistics(facts),
            bands=frames.bands(self.bands),
            tickers=tickers.head(MOST_TICKERS),
            coverage=frames.shown(coverage, self.coverage_target),
            presence=presence,
            restatements=restated,
            loads=frames.loads(facts),
            failures=failures,
            left_out=frames.left_out(more, flags, tickers, coverage, restated),
        )

    def _coverage(self, first: date, last: date, sessions: list[date]) -> tuple[Coverage, pl.DataFrame]:
        bucket: Bucket = bucket_of(len(sessions))
        with self.database.transaction(read_only=True) as connection:
            ever = seen(connection, self.lake.dataset, self.lake.data_source)
            counted = present(connection, self.lake.dataset, self.lake.data_source, first, last, bucket=bucket)
        whole = coverage_of(ever, counted, sessions, self.universe)
        shown = Coverage(whole.tickers.head(SHOWN_IN_MAP))
        spans = expected_spans(ever, pl.Series(sorted(sessions), dtype=pl.Date), self.universe)
        return whole, presence_of(shown, spans, counted, sessions, bucket)

    def _quality(self, first: date, last: date) -> tuple[pl.DataFrame, pl.DataFrame]:
        with self.database.transaction(read_only=True) as connection:
            quality = Quality(connection, self.lake.dataset, self.lake.data_source)
            tickers, flags = quality.by_ticker(first, last), by_severity(quality.flags(first, last), self.severities)
        loud = flags.filter(pl.col("severity").is_in(LOUD)).group_by("ticker").len("flagged")
        joined = tickers.join(loud, on="ticker", how="left", maintain_order="left").with_columns(
            pl.col("flagged").fill_null(0).cast(pl.Int64)
        )
        return joined.select(contents.TICKERS_SCHEMA.names()), flags.select(contents.FLAGS_SCHEMA.names())

    def _failures(self, first: date, last: date) -> pl.DataFrame:
        failed = FailedDownloads(self.database, self.lake.dataset, self.lake.data_source).all(
            first, last, resolved=False
        )
        rows = [(row.date, row.error_type, row.error_message, row.attempts, row.created_at) for row in failed]
        return pl.DataFrame(rows, schema=contents.FAILURES_SCHEMA, orient="row")

    def _restatements(self, first: date, last: date) -> pl.DataFrame:
        days = Days(self.lake.dataset, self.lake.data_source, first, last)
        with self.database.transaction(read_only=True) as connection:
            found = restatements(connection, days, most=MOST_LOADS)
        return pl.DataFrame([asdict(load) for load in found], schema=contents.RESTATEMENTS_SCHEMA)

    def _rejected_rows(self, facts: Mapping[date, DayFacts]) -> tuple[pl.DataFrame, int]:
        """Return quarantined rows as they stand in the files, the newest days first, and how many more there are."""
        rows, total = pl.DataFrame(schema=contents.REJECTED_ROWS_SCHEMA), 0
        for fact in reversed([known.lake for known in facts.values() if known.lake and known.lake.quarantine]):
            total += fact.quarantined
            if rows.height < MOST_ROWS:
                rows = pl.concat([rows, *_quarantined(self.lake, fact, MOST_ROWS - rows.height)])
        return rows, total - rows.height


def _quarantined(lake: Lake, fact: LakeFact, most: int) -> Iterator[pl.DataFrame]:
    try:
        rows = lake.quarantine(fact).head(most)
    except StoredFileError:
        return  # the checks of the day say so; what is left out is counted
    joined = rows.with_columns(pl.col("reasons").list.join(", "))
    yield joined.select(pl.col(name).cast(dtype) for name, dtype in contents.REJECTED_ROWS_SCHEMA.items())
