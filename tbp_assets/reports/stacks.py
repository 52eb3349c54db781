"""Stacked bars over time: rows rejected by reason, bars flagged by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import altair as alt
import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.chart import Chart, Key, Spec, columns_of_time, specification, tooltip
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.palette import SERIES, colour
from tbp_assets.reports.timeline import Timeline, timeline

HEIGHT: Final = 210
REST: Final = "all others"
# Bars that tower over the others by more are cut off and say their number, or the others could not be seen.
TOWERING: Final = 6
FEW: Final = 5
MOST_NUMBERS: Final = 8
AT_THE_EDGE: Final = "datum.edge ? 'right' : 'center'"


def rejections(contents: ReportContents) -> Chart:
    """Return the rows kept out over time, stacked by the first rule each broke."""
    line, counts = timeline(contents.first, contents.last), contents.rejections.rename({"reason": "kind"})
    title = f"Rows rejected by reason, by {line.step}"
    if not counts["rows"].sum():
        return Chart("rejections", title, "No row was rejected in this range.", "rejections")
    return _stacked(
        _Stack(counts, line), Chart("rejections", title, _in_words(counts, "row", "rejected"), "rejections")
    )


def flags(contents: ReportContents) -> Chart:
    """Return the flags over time, stacked by rule."""
    line, counts = timeline(contents.first, contents.last), contents.flag_counts.rename({"rule": "kind"})
    title = f"Flags by rule, by {line.step}"
    if not counts["rows"].sum():
        return Chart("flags", title, "Nothing was flagged in this range.", "flag_counts")
    return _stacked(_Stack(counts, line), Chart("flags", title, _in_words(counts, "flag", "raised"), "flag_counts"))


@dataclass(frozen=True, slots=True)
class _Stack:
    """Counts by trading date and kind, on a timeline."""

    counts: pl.DataFrame
    line: Timeline

    def kinds(self) -> list[str]:
        """Return the kinds that have a colour of their own, the most frequent first."""
        totals = self.counts.group_by("kind").agg(pl.col("rows").sum()).filter(pl.col("rows") > 0)
        ordered = totals.sort("rows", "kind", descending=[True, False])["kind"].to_list()
        return ordered if len(ordered) <= len(SERIES) else ordered[: len(SERIES) - 1]

    def bars(self, kinds: list[str]) -> pl.DataFrame:
        """Return the pieces of the bars: at, series (its place in the legend), rows, and the tooltip's words."""
        known = {kind: place for place, kind in enumerate(kinds, start=1)}
        place = pl.col("kind").replace_strict(known, default=len(kinds) + 1, return_dtype=pl.Int64())
        name = pl.when(pl.col("series") > len(kinds)).then(pl.lit(REST)).otherwise(pl.col("kind"))
        return (
            self.counts.filter(pl.col("rows") > 0)
            .with_columns(place.alias("series"))
            .with_columns(name=name.map_elements(wording.visible, return_dtype=pl.String()))
            .group_by(self.line.key("trading_date"), "series", "name")
            .agg(pl.col("rows").sum())
            .sort("at", "series")
            .with_columns(self.line.when(), said=pl.col("rows").map_elements(wording.count, return_dtype=pl.String()))
        )


def _stacked(stack: _Stack, chart: Chart) -> Chart:
    kinds = stack.kinds()
    bars = stack.bars(kinds)
    totals = bars.group_by("at").agg(pl.col("rows").sum()).sort("at")
    top = _top(totals)
    over = _beyond(totals, top, stack.line)
    colours = [colour(name) for name in SERIES[: len(kinds)]] + [colour("series-rest")]
    names = [*(wording.visible(kind) for kind in kinds), *([REST] if (bars["series"] > len(kinds)).any() else [])]
    hint = "A bar with ▲ reaches beyond the axis; its number is in the table." if over.height else ""
    return Chart(
        chart.id,
        chart.title,
        chart.alternative,
        chart.table,
        spec=_spec(stack.line, colours, top, beyond=bool(over.height)),
        data={"bars": bars, "over": over} if over.height else {"bars": bars},
        keys=tuple(Key(shade, name) for shade, name in zip(colours, names, strict=False)),
        hint=hint,
        least_width=100 + 2 * len(stack.line.starts),
        most_width=300 + 60 * len(stack.line.starts),
    )


def _beyond(totals: pl.DataFrame, top: float, line: Timeline) -> pl.DataFrame:
    """Return the bars that reach beyond the axis: a mark for each, and the number where there is room for it."""
    over = totals.filter(pl.col("rows") > top).sort("rows", descending=True)
    number = pl.when(pl.int_range(pl.len()) < MOST_NUMBERS).then(
        " " + pl.col("rows").map_elements(wording.count, return_dtype=pl.String())
    )
    last = line.keys[-(1 + len(line.starts) // 25) :]
    return over.select("at", said="▲" + number.fill_null(""), edge=pl.col("at").is_in(last))


def _top(totals: pl.DataFrame) -> float:
    """Return where the axis ends: at the highest bar, or where few tower over all others, a little above those."""
    highest = cast("float", totals["rows"].max())
    usual = cast("float", totals["rows"].quantile(0.9, "lower"))
    return 1.6 * usual if totals.height >= FEW and highest > TOWERING * usual else highest


def _spec(line: Timeline, colours: list[str], top: float, *, beyond: bool) -> Spec:
    scale = alt.Scale(domain=[0, top], nice=True)
    axis = alt.Axis(title=None, format="~s" if top >= 10_000 else ",~r", tickMinStep=1, tickCount=5)  # noqa: PLR2004
    shades = alt.Scale(domain=list(range(1, len(colours) + 1)), range=colours)
    x, y = columns_of_time(line), alt.Y(field="rows", type="quantitative", axis=axis, scale=scale, stack="zero")
    bars = (
        alt.Chart(alt.NamedData(name="bars"))
        .mark_bar(clip=True)
        .encode(
            x=x,
            y=y,
            color=alt.Color(field="series", type="ordinal", scale=shades, legend=None),
            order=alt.Order(field="series", type="quantitative"),
            tooltip=tooltip(when="time", name="kind", said="number"),
        )
    )
    over = (
        alt.Chart(alt.NamedData(name="over"))
        .mark_text(baseline="bottom", dy=-3, fontSize=10, color=colour("ink"), align=alt.ExprRef(AT_THE_EDGE))
        .encode(x=x, y=alt.value(0), text=alt.Text(field="said", type="nominal"))
    )
    return specification(alt.layer(bars, over) if beyond else bars, HEIGHT, headroom=18 if beyond else 5)


def _in_words(counts: pl.DataFrame, noun: str, verb: str) -> str:
    totals = counts.group_by("kind").agg(pl.col("rows").sum()).sort("rows", "kind", descending=[True, False])
    days = counts.filter(pl.col("rows") > 0)["trading_date"].n_unique()
    first = ", ".join(f"{wording.visible(kind)} {wording.count(rows)}" for kind, rows in totals.head(5).iter_rows())
    more = f", and {wording.counted(totals.height - 5, 'more kind')}" if totals.height > 5 else ""  # noqa: PLR2004
    total = wording.counted(int(counts["rows"].sum()), noun)
    return f"{total} {verb} on {wording.counted(days, 'day')}: {first}{more}."
