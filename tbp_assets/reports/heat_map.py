"""The heat map: which ticker has its bars, and when."""

from __future__ import annotations

from typing import Final

import altair as alt
import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.chart import ROOMY, Chart, Key, Spec, columns_of_time, specification, tooltip
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.palette import colour
from tbp_assets.reports.presence import cells
from tbp_assets.reports.timeline import Timeline

MOST_TICKERS: Final = 100
FEW_TICKERS: Final = 40
SHARES: Final = {
    "all": "every expected bar",
    "most": "90 % or more",
    "half": "half or more",
    "few": "under half",
    "none": "no bar",
}


def heat_map(contents: ReportContents, most_tickers: int = MOST_TICKERS) -> Chart:
    """Return the heat map ticker by time: how many of the expected bars are there."""
    line, every = cells(contents)
    if every.is_empty():
        return Chart("coverage", "Bars present", "No bar was expected of any ticker in this range.", "presence")
    tickers, shown = every["ticker"].n_unique(), every.filter(pl.col("rank") <= most_tickers)
    cut = f", the {most_tickers} of {wording.count(tickers)} tickers with most gaps" if tickers > most_tickers else ""
    narrow = len(line.starts) > ROOMY
    drawn = _drawn(_joined(shown, line) if narrow else shown.with_columns(until="at"))
    named = {"all", *drawn["named"]}
    return Chart(
        "coverage",
        f"Bars present, ticker by {line.step}{cut}",
        _in_words(every),
        "presence",
        spec=_spec(line, min(tickers, most_tickers)),
        data={"cells": drawn},
        keys=tuple(Key(colour(f"share-{name}"), label) for name, label in SHARES.items() if name in named),
        hint="The ticker with most gaps is at the top. A blank cell: no bar was expected.",
        least_width=130 + 2 * len(line.starts),
        most_width=200 + 36 * len(line.starts),
    )


def _joined(shown: pl.DataFrame, line: Timeline) -> pl.DataFrame:
    """Return the cells, neighbours that lack nothing as one: apart they could not be seen and would only cost time."""
    column = pl.col("at").replace_strict(
        {at: place for place, at in enumerate(line.keys)}, default=None, return_dtype=pl.Int64()
    )
    full = pl.col("missing") == 0
    goes_on = full & full.shift(1) & (pl.col("rank") == pl.col("rank").shift(1)) & (column == column.shift(1) + 1)
    return (
        shown.with_columns(run=(~goes_on.fill_null(value=False)).cum_sum())
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("at", "ticker", "rank", "start").first(),
            pl.col("end").last(),
            pl.col("expected", "present").sum(),
            until=pl.col("at").last(),
        )
        .with_columns(share=pl.col("present") / pl.col("expected"))
    )


def _drawn(shown: pl.DataFrame) -> pl.DataFrame:
    share = pl.col("share")
    named = (
        pl.when(share >= 1).then(pl.lit("all"))
        .when(share >= 0.9).then(pl.lit("most"))  # noqa: PLR2004  # the legend says the same
        .when(share >= 0.5).then(pl.lit("half"))  # noqa: PLR2004
        .when(share > 0).then(pl.lit("few"))
        .otherwise(pl.lit("none"))
    )  # fmt: skip
    one_day = pl.col("start") == pl.col("end")
    dates = pl.when(one_day).then(pl.format("{}", "start")).otherwise(pl.format("{} to {}", "start", "end"))
    return shown.select(
        "at",
        "until",
        ticker=pl.col("ticker").map_elements(wording.visible, return_dtype=pl.String()),
        rank="rank",
        named=named,
        when=dates,
        bars=pl.format("{} of {} expected", "present", "expected"),
    )


def _spec(line: Timeline, tickers: int) -> Spec:
    ticker = alt.Y(
        field="ticker",
        type="nominal",
        sort=alt.EncodingSortField(field="rank", op="min"),
        axis=alt.Axis(title=None),
        scale=alt.Scale(paddingInner=0.1),
    )
    shades = alt.Scale(domain=list(SHARES), range=[colour(f"share-{name}") for name in SHARES])
    chart = (
        alt.Chart(alt.NamedData(name="cells"))
        .mark_rect()
        .encode(
            x=columns_of_time(line).bandPosition(0),
            x2=alt.X2(field="until", bandPosition=1),
            y=ticker,
            color=alt.Color(field="named", type="nominal", scale=shades, legend=None),
            tooltip=tooltip(ticker="ticker", when="dates", bars="bars"),
        )
    )
    if len(line.starts) > ROOMY:
        # Cells that touch leave a hair of the background between them unless each has a line of its own colour around.
        chart = chart.mark_rect(strokeWidth=0.6).encode(
            stroke=alt.Stroke(field="named", type="nominal", scale=shades, legend=None)
        )
    return specification(chart, tickers * (18 if tickers <= FEW_TICKERS else 12))


def _in_words(every: pl.DataFrame) -> str:
    expected, missing = int(every["expected"].sum()), int(every["missing"].sum())
    tickers = wording.counted(every["ticker"].n_unique(), "ticker")
    if not missing:
        return f"{tickers}: all {wording.count(expected)} expected bars are there."
    gaps = every.filter(pl.col("missing") > 0)
    worst = gaps.filter(pl.col("rank") == pl.col("rank").min())
    return (
        f"{tickers}: {wording.count(missing)} of {wording.count(expected)} expected bars are missing, of "
        f"{wording.counted(gaps['ticker'].n_unique(), 'ticker')}. Most are missing of "
        f"{wording.visible(worst['ticker'][0])}: {wording.count(int(worst['missing'].sum()))}, "
        f"between {worst['start'].min()} and {worst['end'].max()}."
    )
