"""What is checked of all days together, on a tick of its own: failed days that nobody repaired, and coverage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg
import polars as pl

from tbp_assets.bars.coverage import coverage_of
from tbp_assets.bars.day_state import Expectation, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.universe import Universe, few
from tbp_assets.checks.outcome import CheckOutcome, rows_table
from tbp_assets.storage.database import Database
from tbp_assets.storage.failed_downloads import FailedDownloads
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.presence import present, seen

MOST_DAYS = 100


@dataclass(frozen=True, slots=True)
class AllDays:
    """Every day from the first that was ever loaded, or failed, until now.

    Attributes:
        facts: By day; none where nothing was ever asked for.
    """

    lake: Lake
    database: Database
    universe: Universe
    facts: Mapping[date, DayFacts]
    expectation: Expectation
    now: datetime

    def sessions(self) -> list[date]:
        """Return the days on which bars are to be expected by now."""
        due = {day for day in self.expectation.sessions if self.expectation.due(day) <= self.now}
        return [day for day, known in self.facts.items() if known.load or day in due]


def failed_days_are_repaired(days: AllDays) -> CheckOutcome:
    """No day that was asked for stays failed, missing or rejected: each is loaded, a holiday, or not due yet."""
    failed = FailedDownloads(days.database, days.lake.dataset, days.lake.data_source).all(
        date.min, date.max, resolved=False
    )
    asked = {day: known for day, known in days.facts.items() if known.landing or known.lake or known.load}
    states = {day: day_state(known, days.expectation, days.now) for day, known in asked.items()}
    open_days = {day: str(state) for day, state in states.items() if state.open and state.state != "late"}
    said = {row.date: f"{row.error_type}, {row.attempts} attempts: {row.error_message}" for row in failed} | open_days
    if not said:
        return CheckOutcome(True, f"Of {len(states):,} days that were asked for none is open.")
    rows = [(str(day), said[day]) for day in sorted(said, reverse=True)]
    table = pl.DataFrame(rows, schema={"trading date": pl.String(), "why": pl.String()}, orient="row")
    names = few([str(day) for day in sorted(said, reverse=True)])
    cure = f"`tbp failures` says why, `tbp backfill {min(said)} {max(said)}` asks again"
    metadata = {"days": rows_table(table, limit=MOST_DAYS), "to repair": dg.MetadataValue.md(cure)}
    return CheckOutcome(False, f"{len(said):,} days are open: {names}.", metadata)


def coverage_reaches_target(days: AllDays, target: float, severity: dg.AssetCheckSeverity) -> CheckOutcome:
    """Every ticker has bars on at least `quality.coverage_target` of the sessions on which it was to be expected."""
    sessions = days.sessions()
    if not sessions:
        return CheckOutcome(True, "Nothing was loaded yet.", severity=severity)
    with days.database.transaction(read_only=True) as connection:
        ever = seen(connection, days.lake.dataset, days.lake.data_source)
        counted = present(
            connection, days.lake.dataset, days.lake.data_source, min(sessions), max(sessions), bucket="month"
        )
    found = coverage_of(ever, counted, sessions, days.universe)
    below = found.below(target)
    metadata: dict[str, dg.MetadataValue] = {
        "bars expected": dg.MetadataValue.int(found.expected),
        "bars missing": dg.MetadataValue.int(found.expected - found.present),
        "coverage": dg.MetadataValue.float(round(found.share or 0.0, 6)),
        "worst tickers": rows_table(found.tickers.with_columns(pl.col("coverage").round(4))),
    }
    names = f"; below {100 * target:g}%: {few(below)}" if below else ""
    shown = 10_000 * found.present // max(found.expected, 1) / 100  # rounded down: 100.00% means every bar
    sentence = f"{shown:.2f}% of the bars of {len(sessions):,} sessions{names}."
    return CheckOutcome(not below, sentence, metadata, severity)
