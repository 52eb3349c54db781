"""The cells of the heat map, in columns wide enough to be seen: chart and table are made of the same ones."""

from __future__ import annotations

from typing import Final, cast

import polars as pl

from tbp_assets.bars.sessions import weekdays
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.timeline import Step, Timeline, coarser

LONGEST_WEEK: Final = 7


def cells(contents: ReportContents) -> tuple[Timeline, pl.DataFrame]:
    """Return the columns, which cover the whole range, and the cells in which a bar was expected.

    Returns:
        Timeline, and ticker, start, end, expected, present, missing, share (0 to 1), at (the column's name) and rank
        (1 for the ticker with most gaps), ordered by rank and start.
    """
    expected = contents.presence.filter(pl.col("expected") > 0)
    line = coarser(_step(expected), weekdays(contents.first, contents.last))
    gathered = (
        expected.group_by("ticker", line.key("start"))
        .agg(pl.col("start").min(), pl.col("end").max(), pl.col("expected", "present").sum())
        .with_columns(missing=pl.col("expected") - pl.col("present"), share=pl.col("present") / pl.col("expected"))
    )
    order = gathered.group_by("ticker").agg(pl.col("missing").sum()).sort("missing", "ticker", descending=[True, False])
    ranks = order.select("ticker", rank=pl.int_range(1, pl.len() + 1))
    return line, gathered.join(ranks, on="ticker").sort("rank", "start")


def _step(expected: pl.DataFrame) -> Step:
    if expected.is_empty():
        return "day"
    longest = cast("int", expected.select((pl.col("end") - pl.col("start")).dt.total_days().max()).item()) + 1
    if longest == 1:
        return "day"
    return "week" if longest <= LONGEST_WEEK else "month"
