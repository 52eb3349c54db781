"""What the days are as a whole: each statistic in a lane of its own, between the limits it is held to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.chart import Chart, Key, Spec, columns_of_time, specification, tooltip
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.palette import colour
from tbp_assets.reports.timeline import Timeline, timeline

LANE: Final = 26  # pixels
# A band of ratios from 0.2 to 5 has its middle at 1.
MANY_TIMES: Final = 3.0
FINDINGS: Final = {"warn": Key(colour("state-missing"), "worth a look", shape="▲"),
                   "hold": Key(colour("state-held"), "for which a day is held", shape="◆")}  # fmt: skip
SHAPES: Final = ("triangle-up", "diamond")


def statistics(contents: ReportContents) -> Chart:
    """Return the statistics over time; where a column has several days, their median and their worst finding."""
    line = timeline(contents.first, contents.last)
    title = "Whole days, and their bands" + ("" if line.step == "day" else f": median by {line.step}")
    known = contents.statistics.join(contents.bands, on="statistic")
    if known.is_empty():
        return Chart("statistics", title, "No day in this range was judged as a whole.", "bands")
    lanes = _lanes(known)
    shown = [name for name in contents.bands["statistic"] if name in lanes]
    points = _points(known, line, lanes)
    return Chart(
        "statistics",
        title,
        _in_words(known),
        "bands",
        spec=_spec(line, shown),
        data={
            "values": points,
            "beyond": points.filter(pl.col("finding").is_not_null()),
            "limits": _limits(known, lanes),
            "lanes": pl.DataFrame({"statistic": shown}),
        },
        keys=(*FINDINGS.values(), Key(colour("muted"), "from here on worth a look", shape="╌╌")),
        hint="A lane is the band in which a day is not held. Where a side has no limit, it ends with the values. "
        "A mark shows what was found when the file was judged; the limits are those of now.",
        least_width=200 + 2 * len(line.starts),
    )


def _points(known: pl.DataFrame, line: Timeline, lanes: dict[str, Lane]) -> pl.DataFrame:
    worst = pl.when((pl.col("finding") == "hold").any()).then(pl.lit("hold")).otherwise(pl.col("finding").first())
    beyond = pl.when(pl.col("finding").is_not_null().any()).then(
        pl.col("value").filter(pl.col("finding").is_not_null()).first()
    )
    of_column = (
        known.sort(pl.col("finding").replace_strict({"hold": 0, "warn": 1}, default=2))
        .group_by(line.key("trading_date"), "statistic", maintain_order=True)
        .agg(pl.col("value").median().alias("median"), beyond.alias("beyond"), worst.alias("finding"))
        .with_columns(value=pl.coalesce("beyond", "median"))
        .sort("statistic", "at")
    )
    return of_column.with_columns(
        line.when(),
        place=_places(of_column, lanes),
        said=pl.col("value").map_elements(wording.measured, return_dtype=pl.String()),
    ).select("at", "statistic", "place", "finding", "when", "said")


def _limits(known: pl.DataFrame, lanes: dict[str, Lane]) -> pl.DataFrame:
    """Return the limits inside the lanes, from where on a day is worth a look."""
    inner = (
        known.unique("statistic", maintain_order=True)
        .drop("value")
        .unpivot(["warn_below", "warn_above"], index=["statistic", "hold_below", "hold_above"], value_name="value")
    )
    inside = inner.filter(
        pl.col("value").is_not_null()
        & pl.when(pl.col("variable") == "warn_below")
        .then(pl.col("hold_below").is_not_null())
        .otherwise(pl.col("hold_above").is_not_null())
    )
    return inside.select("statistic", place=_places(inside, lanes))


@dataclass(frozen=True, slots=True)
class Lane:
    """The values at the lower and the upper edge of a lane, and whether ten times is as far everywhere."""

    low: float
    high: float
    logarithmic: bool

    def place(self, value: float) -> float:
        """Return where a value lies, 0 at the lower edge and 1 at the upper; beyond, at the edge."""
        if self.high <= self.low:
            return 0.5
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return round(math.log(value / self.low) / math.log(self.high / self.low), 3)
        return round((value - self.low) / (self.high - self.low), 3)


def _lanes(known: pl.DataFrame) -> dict[str, Lane]:
    below, above = (pl.coalesce(pl.col(f"hold_{side}", f"warn_{side}")).first() for side in ("below", "above"))
    edges = known.group_by("statistic").agg(
        low=pl.coalesce(below, pl.col("value").min()),
        high=pl.coalesce(above, pl.col("value").max()),
        logarithmic=((below > 0) & (above > MANY_TIMES * below)).fill_null(value=False),
    )
    return {name: Lane(*lane) for name, *lane in edges.iter_rows()}


def _places(frame: pl.DataFrame, lanes: dict[str, Lane]) -> pl.Series:
    pairs = zip(frame["statistic"], frame["value"], strict=True)
    return pl.Series([lanes[name].place(value) for name, value in pairs], dtype=pl.Float64)


def _spec(line: Timeline, lanes: list[str]) -> Spec:
    x = columns_of_time(line)
    y = alt.Y(field="statistic", type="nominal", sort=lanes, axis=alt.Axis(title=None, labelLimit=170),
              scale=alt.Scale(domain=lanes, paddingInner=0.3, paddingOuter=0.15))  # fmt: skip
    place = alt.YOffset(field="place", type="quantitative", scale=alt.Scale(domain=[1, 0], nice=False, zero=False))
    colours = alt.Scale(domain=list(FINDINGS), range=[key.colour for key in FINDINGS.values()])
    shapes = alt.Scale(domain=list(FINDINGS), range=list(SHAPES))
    tips = tooltip(statistic="statistic", when="trading date" if line.step == "day" else "time", said="value")
    ground = alt.Chart(alt.NamedData(name="lanes")).mark_rect(color=colour("panel")).encode(y=y)
    edges = (
        alt.Chart(alt.NamedData(name="limits"))
        .mark_rule(color=colour("muted"), strokeDash=[5, 4], strokeWidth=0.7)
        .encode(y=y, yOffset=place)
    )
    values = alt.Chart(alt.NamedData(name="values")).encode(x=x, y=y, yOffset=place)
    trend = values.mark_line(color=colour("series-1"), strokeWidth=1).encode(
        detail=alt.Detail(field="statistic", type="nominal")
    )
    marks = alt.Chart(alt.NamedData(name="beyond")).mark_point(filled=True, opacity=1, size=60).encode(
        x=x, y=y, yOffset=place, tooltip=tips,
        color=alt.Color(field="finding", type="nominal", scale=colours, legend=None),
        shape=alt.Shape(field="finding", type="nominal", scale=shapes, legend=None),
    )  # fmt: skip
    dots = values.mark_point(filled=True, size=8, opacity=1, color=colour("series-1")).encode(tooltip=tips)
    return specification(alt.layer(ground, edges, trend, dots, marks), LANE * len(lanes))


def _in_words(known: pl.DataFrame) -> str:
    days = wording.counted(known["trading_date"].n_unique(), "day")
    beyond = known.filter(pl.col("finding").is_not_null())
    if beyond.is_empty():
        return f"{days} judged: every statistic lay inside its band."
    held = beyond.filter(pl.col("finding") == "hold")
    worst = (held if held.height else beyond).sort("trading_date").row(-1, named=True)
    return (
        f"{days} judged: {wording.count(held['trading_date'].n_unique())} with a statistic for which a day is held, "
        f"{wording.count(beyond['trading_date'].n_unique())} with any beyond its band. The newest is "
        f"{worst['statistic']} of {wording.measured(worst['value'])} on {worst['trading_date']}."
    )
