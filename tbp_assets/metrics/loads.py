"""Loads, from the ledger: how many bars, how fast, and what filling a gap took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tbp_assets.metrics.look import Look
from tbp_assets.metrics.samples import Sample, by_label, where_known
from tbp_assets.storage.sql import statement

CHANGES = ("inserted", "updated", "deleted", "unchanged")
LAST_LOADS = 20


def load_samples(look: Look) -> Iterator[Sample]:
    """Give what all loads did, and how fast the last ones were."""
    with look.database.transaction(read_only=True) as connection:
        sums = connection.execute(statement("sum_loads"), look.whose).one()
        rate = connection.execute(statement("rate_of_loads"), {**look.whose, "most": LAST_LOADS}).scalar()
    yield Sample("tbp_loads_total", sums.loads)
    yield from by_label("tbp_load_rows_total", "change", {change: getattr(sums, change) for change in CHANGES})
    yield from where_known("tbp_last_load_timestamp_seconds", sums.loaded_at and sums.loaded_at.timestamp())
    yield from where_known("tbp_load_rows_per_second", rate)
    yield Sample("mp_processing_time_seconds", labels={"operation": "load"}, observed=sums.seconds or ())
    if look.settings.universe.everything:
        yield Sample("mp_ingest_rows_total", sums.inserted + sums.updated)


def ticker_samples(look: Look) -> Iterator[Sample]:
    """Give the versions of bars that were written for each ticker of the universe; none of a universe of all."""
    if not look.tickers:
        return
    values = {"timeframe": look.dataset.timeframe, "data_source": look.data_source, "tickers": look.tickers}
    with look.database.transaction(read_only=True) as connection:
        found = connection.execute(statement("count_versions"), values).all()
    counts: dict[str, int] = dict.fromkeys(look.tickers, 0) | {row.ticker: row.versions for row in found}
    yield from by_label("mp_ingest_rows_total", "symbol", counts)


def gap_samples(look: Look) -> Iterator[Sample]:
    """Give the seconds that each first load of a day took with its download and validation, where all are known."""
    with look.database.transaction(read_only=True) as connection:
        firsts = connection.execute(statement("select_first_loads"), look.whose).all()
    downloads, validations = dict[tuple[date, str], float](), dict[tuple[date, str], float]()
    for request in look.requests.events():
        if request.error is None:
            downloads.setdefault((request.trading_date, request.sha256), request.seconds)
    for judged in look.validations.events():
        if judged.seconds is not None:
            validations.setdefault((judged.trading_date, judged.source_sha256), judged.seconds)
    known = [(row.trading_date, row.source_sha256) for row in firsts]
    loads: dict[tuple[date, str], float] = dict(zip(known, (row.seconds for row in firsts), strict=True))
    observed = [
        loads[key] + downloads[key] + validations[key] for key in known if key in downloads and key in validations
    ]
    yield Sample("mp_backfill_gap_latency_seconds", observed=observed)
