"""Dagster's event log in PostgreSQL, told to our log, with what comes many times a run written many at a time.

A run of fifty days plans two hundred materializations and some four hundred checks, and logs as many. Dagster writes
each for itself, an evaluation with four statements. Here two statements write many; the rows are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final

import dagster as dg
from dagster_postgres import PostgresEventLogStorage
from sqlalchemy import Connection

from tbp_assets.logs.dagster_events import tell
from tbp_assets.storage.sql import statement

Kind = dg.DagsterEventType
PLANNED: Final = {Kind.ASSET_MATERIALIZATION_PLANNED, Kind.ASSET_CHECK_EVALUATION_PLANNED}
CELLS: Final = (Kind.ASSET_MATERIALIZATION, Kind.ASSET_OBSERVATION)
HELD: Final = {Kind.ASSET_CHECK_EVALUATION, *CELLS}
MOST_HELD: Final = 50  # events


class EventLog(PostgresEventLogStorage):
    """The event log; what is stored in it is told to our log."""

    def __init__(self, postgres_url: str, run_of: Callable[[str], dg.RunRecord | None]) -> None:
        """Open the event log.

        Args:
            postgres_url: Of the database; the tables are there.
            run_of: Returns what is stored of a run.
        """
        super().__init__(postgres_url, should_autocreate_tables=False)
        self._run_of = run_of
        self._seen = set[str]()
        self._held: list[dg.EventLogEntry] | None = None

    def has_table(self, table_name: str) -> bool:
        """Whether a table is there; one that was is not taken away while it is in use, though Dagster asks often."""
        if table_name not in self._seen and super().has_table(table_name):
            self._seen.add(table_name)
        return table_name in self._seen

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Store an event; what is told of a day waits for others where somebody said that more will come."""
        if self._held is not None and event.run_id and event.dagster_event_type in HELD:
            self._held.append(event)
            if len(self._held) == MOST_HELD:
                self._store_held()
            return
        super().store_event(event)
        tell(event, self._run_of)

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store events of one kind or of several."""
        if {event.dagster_event_type for event in events} <= PLANNED:
            self._store_planned(events)
        else:
            super().store_event_batch(events)
        for event in events:
            tell(event, self._run_of)

    @contextmanager
    def together(self) -> Generator[None]:
        """Hold back what is told of cells and checks until `MOST_HELD` are there or this ends, then store them at once.

        One thread of a process may do so at a time; other events are stored as they come.
        """
        self._held = []
        try:
            yield
        finally:
            self._store_held()
            self._held = None

    def _store_held(self) -> None:
        held, self._held = self._held or [], []
        for kind in CELLS:
            if cells := [event for event in held if event.dagster_event_type == kind]:
                super().store_event_batch(cells)
        events = [event for event in held if event.dagster_event_type == Kind.ASSET_CHECK_EVALUATION]
        if not events:
            return
        with self._transaction() as connection:
            ids = self._logged(connection, events)
            settled = _settle(connection, events, ids)
        for event, event_id in zip(events, ids, strict=True):
            if event_id not in settled:
                # Nobody planned it.
                self.store_asset_check_event(event, event_id)
            tell(event, self._run_of)

    def _store_planned(self, events: Sequence[dg.EventLogEntry]) -> None:
        newest: dict[dg.AssetKey, tuple[dg.EventLogEntry, int]] = {}
        with self._transaction() as connection:
            for entry, event_id in zip(events, self._logged(connection, events), strict=True):
                event = entry.get_dagster_event()
                if event.event_type == Kind.ASSET_CHECK_EVALUATION_PLANNED:
                    _plan(connection, event, event_id)
                elif event.asset_key:
                    newest[event.asset_key] = entry, event_id
        for entry, event_id in newest.values():
            # What Dagster keeps of an asset is its newest event.
            self.store_asset_event(entry, event_id)

    @contextmanager
    def _transaction(self) -> Generator[Connection]:
        """Give a connection that commits at the end; Dagster's own commit each statement."""
        with self.index_connection() as connection:
            together = connection.execution_options(isolation_level="READ COMMITTED")
            with together.begin():
                yield together

    def _logged(self, connection: Connection, events: Sequence[dg.EventLogEntry]) -> list[int]:
        """Write events into the log and return their ids, in their order."""
        insert = self.prepare_insert_event_batch(events)
        return [int(id_) for (id_,) in connection.execute(insert.returning(insert.table.c.id))]


def _settle(connection: Connection, events: Sequence[dg.EventLogEntry], ids: Sequence[int]) -> set[int]:
    """Give planned checks what was found, and return the ids of the evaluations that were planned."""
    found = [event.get_dagster_event().asset_check_evaluation_data for event in events]
    targets = [evaluation.target_materialization_data for evaluation in found]
    parameters = {
        "event_ids": list(ids),
        "asset_keys": [evaluation.asset_key.to_string() for evaluation in found],
        "check_names": [evaluation.check_name for evaluation in found],
        "partitions": [evaluation.partition for evaluation in found],
        "statuses": ["SUCCEEDED" if evaluation.passed else "FAILED" for evaluation in found],
        "materialization_ids": [target.storage_id if target else None for target in targets],
    }
    return {int(id_) for (id_,) in connection.execute(statement("settle_checks"), parameters)}


def _plan(connection: Connection, event: dg.DagsterEvent, event_id: int) -> None:
    planned = event.asset_check_planned_data
    subset = planned.partitions_subset
    parameters = {
        "event_id": event_id,
        "asset_key": planned.asset_key.to_string(),
        "check_name": planned.check_name,
        "partitions": list(subset.get_partition_keys()) if subset else [None],
    }
    connection.execute(statement("plan_checks"), parameters)
