"""Dagster's runs, backlog, daemons and failing checks, from its own tables.

Read with SQL: its API would open every event to count them, and take a second to import.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from tbp_assets.metrics.look import Look
from tbp_assets.metrics.samples import Sample, by_label
from tbp_assets.storage.sql import statement

STATUSES: Final = (
    "QUEUED", "NOT_STARTED", "MANAGED", "STARTING", "STARTED", "SUSPENDED", "SUCCESS", "FAILURE", "CANCELING",
    "CANCELED",
)  # fmt: skip
WAITING: Final = ("QUEUED", "NOT_STARTED")


def dagster_samples(look: Look) -> Iterator[Sample]:
    """Give what Dagster's storage says; nothing before anything was ever run."""
    with look.database.transaction(read_only=True) as connection:
        schema = {"schema": look.settings.database.dagster_schema}
        if not connection.execute(statement("find_dagster_tables"), schema).scalar():
            return
        connection.execute(statement("enter_schema"), schema)
        yield from list(_runs(connection))
        for row in connection.execute(statement("select_heartbeats")):
            yield Sample("tbp_dagster_heartbeat_timestamp_seconds", row.beaten_at, {"daemon": row.daemon_type})
        for row in connection.execute(statement("count_failing_checks")):
            labels = {"check": row.check_name, "severity": row.severity}
            yield Sample("tbp_checks_failing", row.days, labels)


def _runs(connection: Connection) -> Iterator[Sample]:
    found = connection.execute(statement("count_runs")).all()
    runs: dict[str, int] = dict.fromkeys(STATUSES, 0) | {row.status: row.runs for row in found}
    yield from by_label("tbp_dagster_runs", "status", runs)
    yield Sample("mp_backlog_jobs", sum(runs[status] for status in WAITING))
    ended = {row.status: row.ended_at for row in found if row.ended_at is not None}
    yield from by_label("tbp_dagster_last_run_timestamp_seconds", "status", ended)
    yield Sample("tbp_dagster_backfills_open", connection.execute(statement("count_open_backfills")).scalar_one())
