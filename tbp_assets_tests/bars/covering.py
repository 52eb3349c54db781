"""Builds what the database says of bars: when tickers were seen and how many bars there are; and their coverage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import polars as pl

from tbp_assets.bars.coverage import (
    PRESENT_SCHEMA,
    SEEN_SCHEMA,
    TRUNCATED,
    Bucket,
    Coverage,
    coverage_of,
    expected_spans,
    presence_of,
)
from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.bars.universe import Listing, Universe

Bars = Mapping[str, Sequence[date]]
JANUARY = sorted(expected_sessions(date(2024, 1, 1), date(2024, 1, 31)))
FIRST, LAST = JANUARY[0], JANUARY[-1]
NOBODY = Universe("nobody", ())


def listed(*listings: Listing) -> Universe:
    """Return a universe of these listings."""
    return Universe("listed", listings)


def counted(bars: Bars, bucket: Bucket = "month") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the database says of these bars: when each ticker was seen, and how many bars there are."""
    rows = [(ticker, day) for ticker, days in bars.items() for day in days]
    frame = pl.DataFrame(rows, schema={"ticker": pl.String(), "day": pl.Date()}, orient="row")
    seen = frame.group_by("ticker").agg(first_seen=pl.col("day").min(), last_seen=pl.col("day").max())
    start = pl.col("day").dt.truncate(TRUNCATED[bucket]).alias("start")
    present = frame.group_by("ticker", start).agg(present=pl.len().cast(pl.Int64))
    return seen.select(SEEN_SCHEMA.names()).cast(dict(SEEN_SCHEMA)), present.cast(dict(PRESENT_SCHEMA))  # pyright: ignore[reportArgumentType]


def coverage(bars: Bars, universe: Universe = NOBODY, sessions: Collection[date] = JANUARY) -> Coverage:
    """Return the coverage of these bars."""
    return coverage_of(*counted(bars), sessions, universe)


def numbers(found: Coverage) -> dict[str, tuple[int, int]]:
    """Return the bars expected and there by ticker."""
    return {ticker: (expected, present) for ticker, _, _, expected, present, *_ in found.tickers.iter_rows()}


def presence(bars: Bars, universe: Universe, days: list[date], bucket: Bucket) -> pl.DataFrame:
    """Return the presence of every ticker of the coverage of these bars."""
    seen, present = counted(bars, bucket)
    whole = coverage_of(seen, present, days, universe)
    return presence_of(whole, expected_spans(seen, pl.Series(days, dtype=pl.Date), universe), present, days, bucket)
