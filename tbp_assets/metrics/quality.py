"""Quality of the newest day that was measured: its rows, score and flags, and those of each ticker of the universe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import polars as pl

from tbp_assets.metrics.look import Look, start_of
from tbp_assets.metrics.samples import Sample, by_label, where_known
from tbp_assets.storage.quality import Quality
from tbp_assets.storage.sql import statement


def quality_samples(look: Look) -> Iterator[Sample]:
    """Give the quality of the newest measured day."""
    yield Sample("tbp_quality_score_target", look.settings.pipeline.quality.score_target)
    with look.database.transaction(read_only=True) as connection:
        newest: date | None = connection.execute(statement("select_newest_measured_day"), look.whose).scalar()
        if newest is None:
            return
        quality = Quality(connection, look.dataset, look.data_source)
        sums = quality.by_day(newest, newest)
        metrics, flags = quality.metrics(newest, newest), quality.flags(newest, newest)
    yield Sample("tbp_measured_day_timestamp_seconds", start_of(newest))
    for row in sums.iter_rows(named=True):
        rows = {outcome: row[outcome] for outcome in ("accepted", "rejected", "modified")}
        yield from by_label("tbp_day_rows", "outcome", rows)
        yield from where_known("tbp_quality_score", row["score"])
    yield from by_label("tbp_day_flags", "flag", Counter(flags["rule"].to_list()))
    yield from _tickers(look.tickers, metrics)


def _tickers(tickers: list[str], metrics: pl.DataFrame) -> Iterator[Sample]:
    own = metrics.filter(pl.col("ticker").is_in(tickers))
    for metric, column in (("tbp_ticker_bars", "accepted_rows"), ("tbp_ticker_rejected_rows", "rejected_rows")):
        yield from by_label(metric, "symbol", dict(own.select("ticker", column).iter_rows()))
