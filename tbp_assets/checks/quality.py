"""What is checked of a day's quality: the books, the score, the flags of the universe, and who is not there."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import dagster as dg
import polars as pl

from tbp_assets.bars.flag_rates import DAYS, usual
from tbp_assets.bars.flags import FLAG_SCHEMA, LOUD, FlagSettings, by_severity
from tbp_assets.bars.metrics import reasons_of, totals_of
from tbp_assets.bars.universe import Universe, few
from tbp_assets.checks.outcome import WORST_ROWS, CheckOutcome, rows_table
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.database import Database
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.quality import STORED_SCHEMA, Quality

LOOK_BACK: Final = timedelta(days=2 * DAYS)
NO_METRICS = pl.DataFrame(schema=STORED_SCHEMA)
NO_FLAGS = pl.DataFrame(schema={**FLAG_SCHEMA, "severity": pl.String()})
NOT_MEASURED = "No file for this day, so nothing to measure."
LOUDNESS = {"warn": dg.AssetCheckSeverity.WARN, "error": dg.AssetCheckSeverity.ERROR}


@dataclass(frozen=True)
class MeasuredDays:
    """Where measured days are looked up, and what they are held to.

    Attributes:
        span: First and last day that will be looked at: read together, when the first is asked for.
    """

    lake: Lake
    database: Database
    universe: Universe
    settings: FlagSettings
    score_target: float
    score_severity: dg.AssetCheckSeverity
    coverage_target: float
    coverage_severity: dg.AssetCheckSeverity
    span: tuple[date, date]

    def metrics(self, day: date) -> pl.DataFrame:
        """Return the stored metrics of a day."""
        return self._metrics.get(day, NO_METRICS)

    def flags(self, day: date) -> pl.DataFrame:
        """Return the stored flags of a day with their severity, the severest first."""
        return self._flags.get(day, NO_FLAGS)

    def flag_counts(self, day: date) -> list[dict[str, int]]:
        """Return how often each flag was raised on the measured days before a day, oldest first."""
        return [counts for known, counts in self._flag_counts.items() if day - LOOK_BACK <= known < day]

    @cached_property
    def _flag_counts(self) -> dict[date, dict[str, int]]:
        with self.database.transaction(read_only=True) as connection:
            quality = Quality(connection, self.lake.dataset, self.lake.data_source)
            return quality.flag_counts(self.span[0] - LOOK_BACK, self.span[1])

    @cached_property
    def _metrics(self) -> dict[date, pl.DataFrame]:
        with self.database.transaction(read_only=True) as connection:
            metrics = Quality(connection, self.lake.dataset, self.lake.data_source).metrics(*self.span)
        return _by_day(metrics, "date")

    @cached_property
    def _flags(self) -> dict[date, pl.DataFrame]:
        with self.database.transaction(read_only=True) as connection:
            flags = Quality(connection, self.lake.dataset, self.lake.data_source).flags(*self.span)
        return _by_day(by_severity(flags, self.settings.severities), "trading_date")


def _by_day(frame: pl.DataFrame, column: str) -> dict[date, pl.DataFrame]:
    return {day: part for (day,), part in frame.partition_by(column, as_dict=True).items()}


def metrics_match_books(days: MeasuredDays, day: date) -> CheckOutcome:
    """The metrics of a day, as they are in the database, add up to the lines of its file and to the lake's books."""
    try:
        fact = days.lake.whole_fact(day)
    except StoredFileError as error:
        return CheckOutcome(False, str(error))
    stored = days.metrics(day)
    if fact is None:
        foreign = f"{stored.height:,} rows of metrics, and no file they were measured from; delete them"
        return CheckOutcome(True, NOT_MEASURED) if stored.is_empty() else CheckOutcome(False, foreign)
    sums = stored.select(pl.col("^.*_rows$").sum()).row(0)
    books = totals_of(fact)
    expected = (books.total, books.accepted, books.rejected, books.modified)
    names = ("lines", "accepted", "rejected", "modified")
    said = ", ".join(f"{have:,} of {want:,} {name}" for name, have, want in zip(names, sums, expected, strict=True))
    same_reasons = _reasons(stored) == reasons_of(fact)
    reasons = "" if same_reasons else ", other reasons than the lake's"
    equal = sums == expected and same_reasons
    cure = "" if equal else "; materialize validated_bars and data_quality_metrics again"
    return CheckOutcome(equal, f"{said}{reasons}{cure}")


def _reasons(stored: pl.DataFrame) -> dict[str, int]:
    counts = Counter[str]()
    for reasons in stored["rejection_reasons"]:
        counts.update(json.loads(reasons))
    return dict(counts)


def score_reaches_target(days: MeasuredDays, day: date) -> CheckOutcome:
    """The day, and every ticker of the universe with rows, has a score of at least `quality.score_target`."""
    metrics = days.metrics(day)
    total, accepted = int(metrics["total_rows"].sum()), int(metrics["accepted_rows"].sum())
    if not total:
        return CheckOutcome(True, NOT_MEASURED, severity=days.score_severity)
    score = 100 * accepted / total
    low = metrics.filter(pl.col("quality_score") < days.score_target).sort("quality_score", "ticker")
    inside = days.universe.select(low, day).bars
    metadata: dict[str, dg.MetadataValue] = {
        "score": dg.MetadataValue.float(round(score, 4)),
        "rejected": dg.MetadataValue.int(total - accepted),
        "tickers below, in the universe": dg.MetadataValue.int(inside.height),
        "tickers below, in all": dg.MetadataValue.int(low.height),
    }
    if low.height:
        worst = low.select(
            "ticker", "total_rows", "accepted_rows", "rejected_rows", "rejection_reasons", "quality_score"
        )
        metadata |= {"worst tickers": rows_table(worst), "the rows": _command("quarantine show", day)}
    names = f"; below: {few(inside['ticker'].to_list())}" if inside.height else ""
    shown = 10_000 * accepted // total / 100  # rounded down: 100.00 means every row
    sentence = f"Score {shown:.2f} of a target of {days.score_target:g}, {total - accepted:,} rows rejected{names}."
    return CheckOutcome(score >= days.score_target and inside.is_empty(), sentence, metadata, days.score_severity)


def flag_rate_is_usual(days: MeasuredDays, day: date) -> CheckOutcome:
    """As many flags of severity warn as on the days before, and none of severity error, in the universe.

    While fewer than five days before are measured, every flag of severity warn is told.
    """
    metrics, flags = days.metrics(day), days.flags(day)
    if metrics.is_empty():
        return CheckOutcome(True, NOT_MEASURED, severity=dg.AssetCheckSeverity.WARN)
    loud = flags.filter(pl.col("severity").is_in(LOUD))
    counts = {str(rule): int(n) for rule, n in loud.group_by("rule", maintain_order=True).len().iter_rows()}
    metadata: dict[str, dg.MetadataValue] = {rule: dg.MetadataValue.int(n) for rule, n in counts.items()}
    if flags.height:
        columns = ("severity", "ticker", "rule", "observed", "reference", "detail")
        metadata |= {"worst rows": rows_table(flags.select(columns)), "all of them": _command("quality flags", day)}
    odd = _unusual(days, day, counts, loud)
    if not odd:
        rates = f"{loud.height:,} flags, as many as usual" if counts else "No bar is worth a look"
        said = f"{rates}; {flags.height - loud.height:,} flags are there for information."
        return CheckOutcome(True, said, metadata, dg.AssetCheckSeverity.WARN)
    told = loud.filter(pl.col("rule").is_in(list(odd)))
    more = f" {told.height - WORST_ROWS:,} more are not shown here." if told.height > WORST_ROWS else ""
    tickers = few(told["ticker"].unique(maintain_order=True).to_list())
    severity = LOUDNESS[str(told["severity"][0])] if told.height else dg.AssetCheckSeverity.WARN
    names = f": {tickers}" if told.height else ""
    return CheckOutcome(False, f"{', '.join(odd.values())}{names}.{more}", metadata, severity)


def _unusual(days: MeasuredDays, day: date, counts: dict[str, int], loud: pl.DataFrame) -> dict[str, str]:
    """Return what is said of each flag that is worth a word, in the order of the flags, then of those that lack."""
    before = days.flag_counts(day)
    errors = set(loud.filter(pl.col("severity") == "error")["rule"])
    warned = [name for name, severity in days.settings.severities.items() if severity == "warn"]
    said: dict[str, str] = {}
    for rule in [*counts, *(name for name in warned if name not in counts)]:
        count, band = counts.get(rule, 0), usual(rule, before)
        if count and (band is None or rule in errors):
            said[rule] = f"{count:,} {rule}"
        elif band and not band.holds(count):
            said[rule] = f"{count:,} {rule}" + (
                f" ({band.lowest:,} to {band.highest:,} are usual)" if band.highest else ""
            )
    return said


def universe_is_covered(days: MeasuredDays, day: date) -> CheckOutcome:
    """At least `quality.coverage_target` of the tickers listed for the universe that day have an accepted bar."""
    metrics = days.metrics(day)
    listed = days.universe.tickers(day)
    if metrics.is_empty() or not listed:
        return CheckOutcome(True, NOT_MEASURED, severity=days.coverage_severity)
    present = set(metrics.filter(pl.col("accepted_rows") > 0)["ticker"])
    absent = [ticker for ticker in listed if ticker not in present]
    there = len(listed) - len(absent)
    share, shown = there / len(listed), 1_000 * there // len(listed) / 10  # rounded down: 100.0% means all of them
    without = f"; none of {few(absent)}" if absent else ""
    metadata = {"listed": dg.MetadataValue.int(len(listed)), "without a bar": dg.MetadataValue.int(len(absent))}
    sentence = f"{there:,} of {len(listed):,} listed tickers have a bar ({shown:.1f}%){without}."
    return CheckOutcome(share >= days.coverage_target, sentence, metadata, days.coverage_severity)


def _command(words: str, day: date) -> dg.MetadataValue:
    return dg.MetadataValue.md(f"`tbp {words} --from {day} --to {day}`")
