"""Coverage: on how many of the sessions on which a bar was to be expected a ticker has one.

A ticker is expected from the first day it was ever seen: before, it was not listed. One of the configured universe is
expected until the end of its listing, so that an instrument that stops is noticed; any other until it was last seen.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from tbp_assets.bars.universe import Universe

Bucket = Literal["day", "week", "month"]
MOST_DAYS, MOST_WEEKS = 70, 350  # sessions shown one by one, and by weeks

SEEN_SCHEMA: Final = pl.Schema({"ticker": pl.String(), "first_seen": pl.Date(), "last_seen": pl.Date()})
PRESENT_SCHEMA: Final = pl.Schema({"ticker": pl.String(), "start": pl.Date(), "present": pl.Int64()})
COVERAGE_SCHEMA: Final = pl.Schema(
    SEEN_SCHEMA | {"expected": pl.Int64(), "present": pl.Int64(), "missing": pl.Int64(), "coverage": pl.Float64()}
)
PRESENCE_SCHEMA: Final = pl.Schema(
    {"ticker": pl.String(), "start": pl.Date(), "end": pl.Date(), "expected": pl.Int64(), "present": pl.Int64()}
)
TRUNCATED: Final = {"day": "1d", "week": "1w", "month": "1mo"}


def bucket_of(sessions: int) -> Bucket:
    """Return how long the stretches are into which a number of sessions is divided to be looked at."""
    if sessions <= MOST_DAYS:
        return "day"
    return "week" if sessions <= MOST_WEEKS else "month"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of a range of sessions.

    Attributes:
        tickers: `COVERAGE_SCHEMA`, the worst first.
    """

    tickers: pl.DataFrame

    @property
    def expected(self) -> int:
        """Bars expected over all tickers."""
        return int(self.tickers["expected"].sum())

    @property
    def present(self) -> int:
        """Bars there over all tickers."""
        return int(self.tickers["present"].sum())

    @property
    def share(self) -> float | None:
        """Bars there, of those expected, 0 to 1; None where none was."""
        return self.present / self.expected if self.expected else None

    def below(self, target: float) -> list[str]:
        """Return the tickers of which a smaller share is there, the worst first."""
        return self.tickers.filter(pl.col("coverage") < target)["ticker"].to_list()


def coverage_of(seen: pl.DataFrame, present: pl.DataFrame, sessions: Collection[date], universe: Universe) -> Coverage:
    """Return the coverage of every ticker that is listed or was seen, over some sessions.

    Args:
        seen: `SEEN_SCHEMA`: every ticker's first and last trading date, whether in the range or not.
        present: `PRESENT_SCHEMA`: bars of the range.
        sessions: The sessions of the range on which bars are to be expected by now.
        universe: Whose listings say when an instrument begins and ends.
    """
    days = pl.Series(sorted(sessions), dtype=pl.Date)
    tickers = expected_spans(seen, days, universe)
    first, last = days.search_sorted(tickers["first"], "left"), days.search_sorted(tickers["last"], "right")
    spans = tickers.with_columns((last.cast(pl.Int64) - first.cast(pl.Int64)).clip(0).alias("expected"))
    whole = spans.group_by("ticker").agg(pl.col("first_seen", "last_seen").first(), pl.col("expected").sum())
    counted = whole.join(present.group_by("ticker").agg(pl.col("present").sum()), on="ticker", how="left")
    there = pl.min_horizontal(pl.col("present").fill_null(0), "expected")
    rows = counted.filter(pl.col("expected") > 0).with_columns(there.alias("present")).with_columns(
        (pl.col("expected") - pl.col("present")).alias("missing"),
        (pl.col("present") / pl.col("expected")).alias("coverage"),
    )  # fmt: skip
    return Coverage(rows.select(COVERAGE_SCHEMA.names()).sort("coverage", "ticker"))


def expected_spans(seen: pl.DataFrame, days: pl.Series, universe: Universe) -> pl.DataFrame:
    """Return `SEEN_SCHEMA`, first and last: between which dates each ticker is expected, seen or not.

    A ticker that was another company's before has a row for each.
    """
    listed = pl.DataFrame(
        [(listing.ticker, listing.first, listing.last) for listing in universe.listings],
        schema={"ticker": pl.String(), "listed_from": pl.Date(), "listed_to": pl.Date()},
        orient="row",
    )
    everyone = seen.join(listed, on="ticker", how="full", coalesce=True)
    end = pl.lit(days.max(), pl.Date)
    return everyone.with_columns(
        pl.max_horizontal(pl.coalesce("first_seen", pl.lit(days.min(), pl.Date)), "listed_from").alias("first"),
        pl.when(pl.col("listed_to").is_null())
        .then("last_seen")
        .otherwise(pl.min_horizontal("listed_to", end))
        .alias("last"),
    ).sort("ticker")


def presence_of(
    coverage: Coverage, spans: pl.DataFrame, present: pl.DataFrame, sessions: Collection[date], bucket: Bucket
) -> pl.DataFrame:
    """Return `PRESENCE_SCHEMA`, a row for each ticker of a coverage and each stretch of sessions.

    Args:
        coverage: The tickers, in the order in which they are to come.
        spans: When each is expected (`expected_spans`).
        present: `PRESENT_SCHEMA`, counted by these stretches.
        sessions: The sessions.
        bucket: How long a stretch is.
    """
    days = pl.DataFrame({"day": sorted(sessions)}, schema={"day": pl.Date()}).with_columns(
        pl.col("day").dt.truncate(TRUNCATED[bucket]).alias("start")
    )
    order = coverage.tickers.select("ticker").with_row_index("rank")
    wanted = order.join(spans.select("ticker", "first", "last"), on="ticker").join(days, how="cross")
    expected = (pl.col("day") >= pl.col("first")) & (pl.col("day") <= pl.col("last"))
    cells = wanted.group_by("rank", "ticker", "start").agg(
        pl.col("day").max().alias("end"), expected.fill_null(value=False).sum().cast(pl.Int64).alias("expected")
    )
    there = pl.min_horizontal(pl.col("present").fill_null(0), "expected")
    counted = cells.join(present, on=["ticker", "start"], how="left").with_columns(there.alias("present"))
    return counted.sort("rank", "start").select(PRESENCE_SCHEMA.names())
