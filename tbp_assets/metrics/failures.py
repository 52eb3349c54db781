"""Failures and recovery, from failed_downloads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import get_args

from tbp_assets.errors import Category
from tbp_assets.metrics.look import Look
from tbp_assets.metrics.samples import Sample, by_label, where_known
from tbp_assets.storage.failed_downloads import FailedDownloads, FailureCounts, recovery_rate
from tbp_assets.storage.sql import statement


def failure_samples(look: Look) -> Iterator[Sample]:
    """Give what failed, what is left to a person, and how long repairs took."""
    failed = FailedDownloads(look.database, look.dataset, look.data_source)
    counts = {count.error_type: count for count in failed.summary()}
    for category in get_args(Category):
        found = counts.get(category) or FailureCounts(category, 0, 0, 0, 0)
        states = {"unresolved": found.unresolved, "recovered": found.recovered, "repaired": found.repaired}
        for state, days in states.items():
            yield Sample("tbp_failures", days, {"error_type": category, "state": state})
    patience = look.settings.pipeline.retry.patience
    unresolved = failed.all(date.min, date.max, resolved=False)
    left = sum(patience.next_attempt(row.failure) is None for row in unresolved)
    yield Sample("tbp_failures_left_to_a_person", left)
    yield from where_known("tbp_recovery_ratio", recovery_rate(counts.values()))
    with look.database.transaction(read_only=True) as connection:
        times = connection.execute(statement("measure_recovery"), look.whose).one()
    yield from where_known("tbp_last_failure_timestamp_seconds", times.failed_at and times.failed_at.timestamp())
    if times.median is not None:
        yield from by_label("tbp_recovery_seconds", "statistic", {"median": times.median, "longest": times.longest})
