"""The heat map: which ticker has its bars, and when."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.chart import Chart, Key, Spec, columns_of_time, specification, tooltip
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.palette import colour
from tbp_assets.reports.presence import cells
from tbp_assets.reports.timeline import Timeline

MOST_TICKERS: Final = 100
ROOMY: Final = 40
SHARES: Final = {
    "all": "every expected bar",
    "most": "90 % or more",
    "half": "half or more",
    "few": "under half",
    "none": "no bar",
}


def heat_map(contents: ReportContents, most_tickers: int = MOST_TICKERS) -> Chart:
    """Return the heat map ticker × time: how many of the expected bars are there."""
    line, every = cells(contents.presence)
    if every.is_empty():
        return Chart("coverage", "Bars present", "No bar was expected of any ticker in this range.", "presence")
    tickers, shown = every["ticker"].n_unique(), every.filter(pl.col("rank") <= most_tickers)
    cut = f", the {most_tickers} of {wording.count(tickers)} tickers with most gaps" if tickers > most_tickers else ""
    return Chart(
        "coverage",
        f"Bars present, ticker by {line.step}{cut}",
        _in_words(every),
        "presence",
        spec=_spec(line, 18 if tickers <= ROOMY else 12),
        data={"cells": _drawn(shown)},
        keys=tuple(Key(colour(f"share-{name}"), label) for name, label in SHARES.items()),
        hint="The ticker with most gaps is at the top. A blank cell: no bar was expected.",
        least_width=130 + 2 * len(line.starts),
        most_width=200 + 36 * len(line.starts),
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
        ticker=pl.col("ticker").map_elements(wording.visible, return_dtype=pl.String()),
        rank="rank",
        named=named,
        when=dates,
        bars=pl.format("{} of {} expected", "present", "expected"),
    )


def _spec(line: Timeline, height: int) -> Spec:
    ticker = alt.Y(
        field="ticker",
        type="nominal",
        sort=alt.EncodingSortField(field="rank", op="min"),
        axis=alt.Axis(title=None),
        scale=alt.Scale(paddingInner=0.1),
    )
    scale: dict[str, Any] = {"domain": list(SHARES), "range": [colour(f"share-{name}") for name in SHARES]}
    chart = (
        alt.Chart(alt.NamedData(name="cells"))
        .mark_rect()
        .encode(
            x=columns_of_time(line),
            y=ticker,
            color=alt.Color(field="named", type="nominal", scale=alt.Scale(**scale), legend=None),
            tooltip=tooltip(ticker="ticker", when="dates", bars="bars"),
        )
    )
    return specification(chart, alt.Step(height))


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
