"""The state of every day, as in a calendar: a column a week, a row a weekday; in a long range a year has its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.chart import Chart, Key, Spec, band, columns_of_time, specification, tooltip
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.palette import colour
from tbp_assets.reports.timeline import Timeline

# The column of the year in which a month begins; a leap day or the year's first weekday moves it by one at most.
_MONTHS: Final = ("00", "04", "09", "13", "17", "22", "26", "30", "35", "39", "43", "48")


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a state's cell and its letter, and the letter."""

    fill: str
    ink: str
    letter: str


STATES: Final = {
    "loaded": Look("state-loaded", "on-pale", ""),
    "holiday": Look("state-holiday", "muted", "H"),
    "late": Look("state-late", "on-amber", "L"),
    "missing": Look("state-missing", "on-amber", "M"),
    "not_entitled": Look("state-not-entitled", "on-deep", "N"),
    "held": Look("state-held", "on-deep", "D"),
    "rejected": Look("state-rejected", "on-deep", "R"),
}
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri")
MOST_WEEKS: Final = 60


def day_states(contents: ReportContents) -> Chart:
    """Return the calendar of states, one cell a day, each with a letter unless it is loaded."""
    days = contents.days
    if days.is_empty():
        return Chart("states", "State of every day", "There is no day in this range.", "days")
    present = [state for state in STATES if (days["state"] == state).any()]
    layout = _by_year(days) if days["trading_date"].dt.truncate("1w").n_unique() > MOST_WEEKS else _in_a_row(days)
    cells = _placed(days, layout)
    return Chart(
        "states",
        "State of every day",
        _in_words(days),
        "days",
        spec=_spec(layout, present),
        data={"days": cells.drop("letter", "ink"), "letters": cells.filter(pl.col("letter") != "")},
        keys=tuple(Key(colour(STATES[state].fill), state, STATES[state].letter) for state in present),
        hint="A column is a week, a row a weekday.",
        least_width=80 + 13 * len(layout.columns),
        most_width=130 + 34 * len(layout.columns),
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a day's cell is: expressions of its column and row, the axes, and the order of the rows."""

    column: pl.Expr
    row: pl.Expr
    columns: tuple[str, ...]
    x: alt.X
    rows: tuple[str, ...]
    row_labels: alt.Axis


def _in_a_row(days: pl.DataFrame) -> Layout:
    mondays = days["trading_date"].dt.truncate("1w").unique().sort().to_list()
    line = Timeline("week", tuple(mondays))
    return Layout(
        column=line.key("trading_date"),
        row=_weekday(),
        columns=tuple(line.keys),
        x=columns_of_time(line),
        rows=WEEKDAYS,
        row_labels=alt.Axis(title=None),
    )


def _by_year(days: pl.DataFrame) -> Layout:
    years = days["trading_date"].dt.year().unique().sort().to_list()
    day = pl.col("trading_date")
    week = (day.dt.ordinal_day() - 1 + day.dt.truncate("1y").dt.weekday() - 1) // 7
    columns = tuple(f"{number:02}" for number in range(54))
    # An empty row parts the years.
    rows = tuple(f"{year} {name}" for year in years for name in (*WEEKDAYS, ""))[:-1]
    months = f"indexof({list(_MONTHS)}, datum.label) + 1"
    axis = alt.Axis(title=None, values=list(_MONTHS), labelExpr=f"format({months}, '02')", labelAngle=0, ticks=False)
    return Layout(
        column=week.cast(pl.String()).str.zfill(2).alias("at"),
        row=pl.format("{} {}", day.dt.year(), _weekday()).alias("row"),
        columns=columns,
        x=alt.X(field="at", type="ordinal", axis=axis, scale=band(columns)),
        rows=rows,
        row_labels=alt.Axis(title=None, values=[f"{year} Wed" for year in years], labelExpr="slice(datum.label, 0, 4)"),
    )


def _placed(days: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    state = pl.col("state")
    return days.select(
        layout.column.alias("at"),
        layout.row.alias("row"),
        "state",
        day=pl.col("trading_date").dt.to_string("%Y-%m-%d"),
        detail=pl.col("detail").map_elements(wording.visible, return_dtype=pl.String()),
        letter=state.replace_strict({name: each.letter for name, each in STATES.items()}, default=""),
        ink=state.replace_strict({name: colour(each.ink) for name, each in STATES.items()}, default=colour("ink")),
    )


def _weekday() -> pl.Expr:
    numbers = pl.col("trading_date").dt.weekday()
    return numbers.replace_strict(dict(enumerate(WEEKDAYS, start=1)), default="", return_dtype=pl.String()).alias("row")


def _spec(layout: Layout, present: Sequence[str]) -> Spec:
    row = alt.Y(field="row", type="ordinal", axis=layout.row_labels, scale=band(layout.rows))
    fills = alt.Scale(domain=list(present), range=[colour(STATES[state].fill) for state in present])
    tips = tooltip(day="trading date", state="state", detail="detail")
    cells = (
        alt.Chart(alt.NamedData(name="days"))
        .mark_rect()
        .encode(
            x=layout.x, y=row, color=alt.Color(field="state", type="nominal", scale=fills, legend=None), tooltip=tips
        )
    )
    letters = (
        alt.Chart(alt.NamedData(name="letters"))
        .mark_text(fontSize=10, fontWeight="bold", baseline="middle")
        .encode(x=layout.x, y=row, text=alt.Text(field="letter", type="nominal"), tooltip=tips,
                fill=alt.Fill(field="ink", type="nominal", scale=None))
    )  # fmt: skip
    return specification(
        alt.layer(cells, letters), len(layout.rows) * (18 if len(layout.rows) == len(WEEKDAYS) else 14)
    )


def _in_words(days: pl.DataFrame) -> str:
    counts = {state: int((days["state"] == state).sum()) for state in STATES}
    found = ", ".join(f"{wording.count(number)} {state}" for state, number in counts.items() if number)
    return f"{wording.counted(days.height, 'weekday')}: {found}."
