"""The tables of a report and their CSV files: whole frames; the page shows the first rows of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.contents import BANDS_SCHEMA, ReportContents
from tbp_assets.reports.presence import cells
from tbp_assets.storage.files import write_whole

FAULTS: Final = ("late", "missing", "not_entitled", "held", "rejected")
FORMULA: Final = r"^[=+\-@\t\r\n＝＋－＠]"  # noqa: RUF001  # a spreadsheet takes the wide signs for the narrow ones
MOMENT_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
NO_FORMULA: Final = (
    "In the CSV files a text that begins with = + - or @ has an apostrophe before it, so that no spreadsheet takes a "
    "stranger's text for a formula."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A frame to show: the id names its CSV file, the note says what a row is, `empty` stands where there is none."""

    id: str
    title: str
    frame: pl.DataFrame
    note: str = ""
    empty: str = "There is nothing to list."

    def csv(self, rows: int | None = None) -> str:
        """Return the first rows (all where None) as CSV after RFC 4180: CRLF, quotes where needed, no formulas."""
        frame = self.frame if rows is None else self.frame.head(rows)
        text = pl.col(pl.String())
        safe = pl.when(text.str.contains(FORMULA)).then(pl.lit("'") + text).otherwise(text)
        return frame.with_columns(safe.name.keep()).write_csv(line_terminator="\r\n", datetime_format=MOMENT_FORMAT)


def tables(contents: ReportContents) -> tuple[Table, ...]:
    """Return all tables of a report, in the order of the page."""
    return tuple(make(contents) for make in _TABLES)


def write_csvs(contents: ReportContents, directory: Path) -> tuple[Path, ...]:
    """Write every table as a CSV file named after it, and return the files; those of an earlier report are replaced.

    Raises:
        StorageError: The directory cannot be written.
    """
    written: list[Path] = []
    for table in tables(contents):
        path = directory / f"{table.id}.csv"
        write_whole(path, table.csv().encode())
        written.append(path)
    return tuple(written)


def _days(contents: ReportContents) -> Table:
    return Table("days", "All days", contents.days, "One row a weekday.", "There is no day in this range.")


def _presence(contents: ReportContents) -> Table:
    line, every = cells(contents)
    ordered = every.sort("missing", "start", "ticker", descending=[True, True, False])
    return Table(
        "presence",
        f"Bars present, ticker by {line.step}",
        ordered.select("ticker", "start", "end", "expected", "present", "missing"),
        "The cells of the chart, those with most gaps first.",
        "No bar was expected.",
    )


def _rejections(contents: ReportContents) -> Table:
    note = "By trading date and the first rule that each row broke."
    return Table("rejections", "Rejected rows, counted", contents.rejections, note, "No row was rejected.")


def _flag_counts(contents: ReportContents) -> Table:
    return Table(
        "flag_counts", "Flags, counted", contents.flag_counts, "By trading date and rule.", "Nothing was flagged."
    )


def _bands(contents: ReportContents) -> Table:
    value, finding = pl.col("value"), pl.col("finding")
    measured = contents.statistics.group_by("statistic").agg(
        days=pl.len(),
        lowest=value.min(),
        usual=value.median(),
        highest=value.max(),
        warned=(finding == "warn").sum(),
        held=(finding == "hold").sum(),
    )
    frame = contents.bands.join(measured, on="statistic", how="inner", maintain_order="left").select(
        "statistic", "days", "lowest", "usual", "highest", pl.col(BANDS_SCHEMA.names()[1:]), "warned", "held"
    )
    note = "How each statistic of the days lay beside its band; tbp held says more of a day that is held."
    return Table("bands", "Statistics and their bands", frame, note, "No day was judged as a whole.")


def _statistics(contents: ReportContents) -> Table:
    beyond = pl.col("finding").is_not_null()
    frame = contents.statistics.sort(beyond, "trading_date", descending=True, maintain_order=True)
    note = "One row a day and statistic; those beyond their bands first, then the newest."
    return Table("statistics", "Statistics of every day", frame, note, "No day was judged as a whole.")


def _worst_days(contents: ReportContents) -> Table:
    counts = contents.rejections.sort("rows", "reason", descending=[True, False])
    said = pl.format("{} {}", "reason", pl.col("rows").map_elements(wording.count, return_dtype=pl.String()))
    why = counts.group_by("trading_date").agg(said.str.join(", ").alias("what_was_rejected"))
    low = contents.days.filter(pl.col("score") < wording.FULL).sort("score", "trading_date")
    frame = low.select("trading_date", "score", "state", "lines", "accepted", "rejected", "flagged").join(
        why, on="trading_date", how="left", maintain_order="left"
    )
    return Table("worst_days", "Days with rejected rows", frame, "The lowest score first.", "No day has rejected rows.")


def _tickers(contents: ReportContents) -> Table:
    note = "Totals over the range, the worst first."
    return Table("tickers", "Tickers", contents.tickers, note, "No row of a ticker was read.")


def _rejected_rows(contents: ReportContents) -> Table:
    note = "As they stand in the vendor's file; what cannot be seen is shown as \N{REPLACEMENT CHARACTER}."
    return Table("rejected_rows", "Rejected rows", contents.rejected_rows, note, "No row was rejected.")


def _flags(contents: ReportContents) -> Table:
    note = "Kept, and worth a look; the severest and newest first."
    return Table("flags", "Flagged bars and absences", contents.flags, note, "Nothing was flagged.")


def _coverage(contents: ReportContents) -> Table:
    note = f"Sessions with a bar, of those between first and last seen; the target is {contents.coverage_target:.1%}."
    return Table("coverage", "Coverage of the tickers", contents.coverage, note, "No ticker has a bar.")


def _open_days(contents: ReportContents) -> Table:
    open_days = contents.days.filter(pl.col("state").is_in(FAULTS)).select("trading_date", "state", "detail")
    return Table("open_days", "Days that are open", open_days, "Neither loaded nor a holiday.", "No day is open.")


def _failures(contents: ReportContents) -> Table:
    note = "Days that failed and were not repaired since."
    return Table("failures", "Unrepaired failures", contents.failures, note, "No failure is unrepaired.")


def _restatements(contents: ReportContents) -> Table:
    note = "Loads that changed a day loaded before, the newest first; tbp restatements shows the bars."
    return Table("restatements", "Restatements", contents.restatements, note, "No day was restated.")


def _loads(contents: ReportContents) -> Table:
    return Table("loads", "Loads", contents.loads, "The newest load of each day.", "Nothing was loaded.")


_TABLES: Final[tuple[Callable[[ReportContents], Table], ...]] = (
    _days, _presence, _rejections, _flag_counts, _bands, _statistics, _worst_days, _tickers, _rejected_rows, _flags,
    _coverage, _open_days, _failures, _restatements, _loads,
)  # fmt: skip
