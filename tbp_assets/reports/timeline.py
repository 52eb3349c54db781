"""The columns that the charts over time share: days, or weeks or months where a day would be too narrow to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from tbp_assets.bars.sessions import weekdays

Step = Literal["day", "week", "month"]
STEPS: Final[tuple[Step, ...]] = ("day", "week", "month")
EVERY: Final[dict[Step, str]] = {"day": "1d", "week": "1w", "month": "1mo"}
# A chart is some 800 pixels wide: under 3 of them a column can no longer be pointed at.
MOST_COLUMNS: Final = 270
MOST_TICKS: Final = 12


@dataclass(frozen=True, slots=True)
class Timeline:
    """Columns of one step, in order, known by the ISO date they begin on."""

    step: Step
    starts: tuple[date, ...]

    @property
    def keys(self) -> list[str]:
        """Return the columns' names."""
        return [day.isoformat() for day in self.starts]

    def key(self, column: str) -> pl.Expr:
        """Return the name of the column a date belongs to."""
        return pl.col(column).dt.truncate(EVERY[self.step]).dt.to_string("%Y-%m-%d").alias("at")

    def when(self) -> pl.Expr:
        """Return what a person calls a column, made of its name."""
        at = pl.col("at")
        said = {"day": at, "week": pl.lit("week of ") + at, "month": at.str.head(7)}
        return said[self.step].alias("when")

    def ticks(self) -> tuple[list[str], int]:
        """Return the columns to label, and how many characters of their names to write."""
        if len(self.starts) <= MOST_TICKS:
            return self.keys, 7 if self.step == "month" else 10
        for first_of, length in ((_week, 10), (_month, 7), (_quarter, 7), (_year, 4)):
            found = _changes(self.starts, first_of)
            if len(found) <= MOST_TICKS:
                return [day.isoformat() for day in found], length
        return [day.isoformat() for day in found[:: -(-len(found) // MOST_TICKS)]], 4


def timeline(first: date, last: date) -> Timeline:
    """Return the finest columns over the weekdays of a range of which there are not too many."""
    return coarser("day", weekdays(first, last))


def coarser(step: Step, starts: Iterable[date], most: int = MOST_COLUMNS) -> Timeline:
    """Return the finest columns, not finer than a step, for cells that begin on given days."""
    days = set(starts)
    lines = [Timeline(each, tuple(sorted({_start(day, each) for day in days}))) for each in STEPS[STEPS.index(step) :]]
    return next((line for line in lines if len(line.starts) <= most), lines[-1])


def _start(day: date, step: Step) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _changes(days: Iterable[date], part: Callable[[date], date]) -> list[date]:
    ordered = sorted(days)
    return [day for index, day in enumerate(ordered) if not index or part(day) != part(ordered[index - 1])]


def _week(day: date) -> date:
    return _start(day, "week")


def _month(day: date) -> date:
    return _start(day, "month")


def _quarter(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def _year(day: date) -> date:
    return date(day.year, 1, 1)
