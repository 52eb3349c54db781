"""Charts of one number over time: the score of the days, and how fast they were loaded."""

from __future__ import annotations

from typing import Any, Final, cast

import altair as alt
import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.chart import Chart, Key, Spec, columns_of_time, specification, tooltip
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.palette import colour
from tbp_assets.reports.timeline import Timeline, timeline

HEIGHT: Final = 230
# What a score lacks to 100, in steps of ten times: 99.99 and 99.9 stay apart on the axis that reaches down to 0.
STEPS: Final = (0.01, 0.1, 1.0, 10.0, 100.0)
WIDE: Final = 20.0


def score_trend(contents: ReportContents) -> Chart:
    """Return the score over time beside its target, on an axis that shows 99.99 and 0."""
    line = timeline(contents.first, contents.last)
    scored = contents.days.filter(pl.col("score").is_not_null())
    title = "Score of the days" if line.step == "day" else f"Score by {line.step}, and its lowest day"
    if scored.is_empty():
        return Chart("score", title, "No day in this range has a file that could be scored.", "days")
    points = _scores(scored, line, contents.score_target)
    return Chart(
        "score",
        title,
        _score_in_words(scored, contents.score_target),
        "days",
        spec=_score_spec(points, line, contents.score_target),
        data={"scores": points, "target": pl.DataFrame({"lacking": [100 - contents.score_target]})},
        keys=_score_keys(line, contents.score_target),
        hint="Score: accepted rows of 100 in the file. Each grid line is ten times as far from 100 as the one above.",
        least_width=100 + 2 * len(line.starts),
    )


def load_speed(contents: ReportContents) -> Chart:
    """Return rows per second of the loads over time; the median where a column has several."""
    line = timeline(contents.first, contents.last)
    title = "Rows loaded per second" + ("" if line.step == "day" else f", median by {line.step}")
    timed = contents.loads.filter((pl.col("seconds") > 0) & (pl.col("rows") > 0))
    if timed.is_empty():
        return Chart("speed", title, "No load of this range was timed.", "loads")
    speeds = timed.with_columns(speed=pl.col("rows") / pl.col("seconds"))
    points = _with_gaps(speeds.group_by(line.key("trading_date")).agg(pl.col("speed").median()), line).with_columns(
        line.when(), said=pl.col("speed").map_elements(_whole, return_dtype=pl.String())
    )
    logarithmic = cast("float", points["speed"].max()) > WIDE * cast("float", points["speed"].min())
    return Chart(
        "speed",
        title,
        _speed_in_words(speeds["speed"]),
        "loads",
        spec=_speed_spec(line, logarithmic=logarithmic),
        data={"speeds": points},
        hint="The axis is logarithmic." if logarithmic else "",
        least_width=100 + 2 * len(line.starts),
    )


def _score_keys(line: Timeline, target: float) -> tuple[Key, ...]:
    good, low = Key(colour("series-1"), "on target", shape="●"), colour("state-missing")
    aim = Key(colour("muted"), f"target {target:g}", shape="╌╌")
    if line.step == "day":
        return good, Key(low, "below the target", shape="▼"), aim
    spread = Key(colour("trace"), "down to the lowest day", shape="│")
    return good, Key(low, "with a day below the target", shape="▼"), spread, aim


def _whole(number: float) -> str:
    return wording.count(round(number)) if number >= 10 else wording.measured(number)  # noqa: PLR2004


def _scores(scored: pl.DataFrame, line: Timeline, target: float) -> pl.DataFrame:
    read = pl.col("accepted") + pl.col("rejected")
    weighted = (
        pl.when(read.sum() > 0).then(100 * pl.col("accepted").sum() / read.sum()).otherwise(pl.col("score").mean())
    )
    whole = pl.col("score").mean() if line.step == "day" else weighted
    points = scored.group_by(line.key("trading_date")).agg(whole.alias("score"), lowest=pl.col("score").min())
    return _with_gaps(points, line).with_columns(
        line.when(),
        lacking=100 - pl.col("score"),
        worst=100 - pl.col("lowest"),
        low=(pl.col("lowest") < target).fill_null(value=False),
        said=pl.col("score").map_elements(wording.score, return_dtype=pl.String()),
        lowest=pl.col("lowest").map_elements(wording.score, return_dtype=pl.String()),
    )


def _with_gaps(points: pl.DataFrame, line: Timeline) -> pl.DataFrame:
    """Return a row for every column of the timeline, so that a line breaks where nothing was measured."""
    return pl.DataFrame({"at": line.keys}).join(points, on="at", how="left", maintain_order="left")


def _score_axis(points: pl.DataFrame, target: float) -> alt.Y:
    worst = max(cast("float", points["worst"].max()), 100 - target)
    bottom = next((step for step in STEPS if step >= worst), STEPS[-1])
    axis = alt.Axis(
        title=None, values=[0, *(step for step in STEPS if step <= bottom)], labelExpr="format(100 - datum.value, '~')"
    )
    scale = alt.Scale(type="symlog", constant=STEPS[0], domain=[0, bottom], reverse=True, nice=False)
    return alt.Y(field="lacking", type="quantitative", axis=axis, scale=scale)


def _score_spec(points: pl.DataFrame, line: Timeline, target: float) -> Spec:
    x, y = columns_of_time(line), _score_axis(points, target)
    base = alt.Chart(alt.NamedData(name="scores")).encode(x=x, y=y)
    tips = tooltip(when="trading date" if line.step == "day" else "time", said="score", lowest="lowest day")
    low = cast("Any", alt.FieldEqualPredicate(field="low", equal=True))
    marks = base.mark_point(filled=True, opacity=1).encode(
        color=alt.condition(low, alt.value(colour("state-missing")), alt.value(colour("series-1"))),
        shape=alt.condition(low, alt.value("triangle-down"), alt.value("circle")),
        size=alt.condition(low, alt.value(90), alt.value(30)),
        tooltip=tips[: 2 if line.step == "day" else 3],
    )
    trend = base.mark_line(color=colour("trace"), strokeWidth=1.5)
    spread = base.mark_rule(color=colour("trace"), strokeWidth=1.5).encode(y2=alt.Y2(field="worst"))
    aim = alt.Chart(alt.NamedData(name="target")).mark_rule(color=colour("muted"), strokeDash=[5, 4]).encode(y=y)
    layers = [trend, marks] if line.step == "day" else [spread, trend, marks]
    return specification(alt.layer(aim, *layers), HEIGHT)


def _score_in_words(scored: pl.DataFrame, target: float) -> str:
    lowest = scored.sort("score", "trading_date").row(0, named=True)
    low = int((scored["score"] < target).sum())
    return (
        f"{wording.counted(scored.height, 'day')} with a score: {wording.count(low)} below the target of {target:g}; "
        f"the lowest is {wording.score(lowest['score'])} on {lowest['trading_date']}."
    )


def _speed_in_words(speeds: pl.Series) -> str:
    median, slowest = (_whole(cast("float", value)) for value in (speeds.median(), speeds.min()))
    return f"{wording.counted(len(speeds), 'load')}: the median is {median} rows per second, the slowest {slowest}."


def _speed_spec(line: Timeline, *, logarithmic: bool) -> Spec:
    scale = alt.Scale(type="log", nice=True) if logarithmic else alt.Scale(zero=True, nice=True)
    axis = alt.Axis(title=None, format="~s", tickCount=5)
    base = alt.Chart(alt.NamedData(name="speeds")).encode(
        x=columns_of_time(line), y=alt.Y(field="speed", type="quantitative", axis=axis, scale=scale)
    )
    points = base.mark_point(filled=True, size=30, opacity=1, color=colour("series-1")).encode(
        tooltip=tooltip(when="time", said="rows per second")
    )
    return specification(alt.layer(base.mark_line(color=colour("trace"), strokeWidth=1.5), points), 180)
