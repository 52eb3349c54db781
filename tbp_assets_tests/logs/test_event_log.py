"""What is written many at a time is what Dagster would have written one by one, and nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from dagster_postgres import PostgresEventLogStorage
from sqlalchemy.exc import OperationalError

from tbp_assets.defs.check_texts import DAILY_CHECKS
from tbp_assets.logs import event_log
from tbp_assets.logs.event_log import EventLog, Kind, _plan  # pyright: ignore[reportPrivateUsage]
from tbp_assets_tests.cli.terminal import Tbp, tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import day_file, row
from tbp_assets_tests.io_managers.running import WEEK
from tbp_assets_tests.storage.days import query

__all__ = ["tbp"]
pytestmark = pytest.mark.integration

# All but the moment at which the database wrote a row, and the row numbers of tables that nobody refers to.
TABLES = {
    "event_logs": "id, run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition",
    "asset_keys": "asset_key, last_materialization, last_run_id, last_materialization_timestamp, tags, asset_details",
    "asset_event_tags": "event_id, asset_key, key, value, event_timestamp",
    "asset_check_executions": (
        "asset_key, check_name, partition, run_id, execution_status, evaluation_event, evaluation_event_timestamp,"
        " evaluation_event_storage_id, materialization_event_storage_id"
    ),
}


def stored(project: Project, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the tables of an event log hold."""
    database = project.database()
    found = {name: query(database, f"SELECT {columns} FROM {schema}.{name}") for name, columns in TABLES.items()}
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


class Listener:
    """Keeps what Dagster gives to its event log, call by call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, Any]] = []
        for name in ("store_event", "store_event_batch"):
            monkeypatch.setattr(EventLog, name, self._listening(name, getattr(EventLog, name)))

    def _listening(self, name: str, store: Any) -> Any:
        def listening(log: EventLog, given: Any) -> None:
            self.calls.append((name, given))
            store(log, given)

        return listening

    def repeat(self, log: PostgresEventLogStorage) -> None:
        """Give the same to another event log."""
        for name, given in self.calls:
            getattr(log, name)(given)


@pytest.fixture
def market(project: Project) -> Project:
    """A week of two tickers, one of which has a bad row on Wednesday."""
    lines = {day: [row("AAPL", day), row("MSFT", day)] for day in WEEK}
    lines[WEEK[2]].append(row("MSFT", WEEK[2], close=-1))
    project.publish({day: day_file(rows) for day, rows in lines.items()})
    return project


def load(project: Project, tbp: Tbp, listener: Listener) -> tuple[dict[str, list[tuple[Any, ...]]], ...]:
    """Load the week, and return what our event log holds and what Dagster's holds of the same events."""
    tbp("backfill", WEEK[0], WEEK[-1], "--json")
    database, ours = project.database(), project.settings().database.dagster_schema
    theirs = f"{ours}_again"
    database.ensure_schema(theirs)
    url = database.address.url(theirs).render_as_string(hide_password=False)
    listener.repeat(PostgresEventLogStorage(url, should_autocreate_tables=True))
    return stored(project, ours), stored(project, theirs)


def test_rows_are_those_that_dagster_writes_one_by_one(
    market: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(monkeypatch)
    ours, theirs = load(market, tbp, listener)
    # None of the many planned ones was stored by itself.
    assert next(len(given) for name, given in listener.calls if name == "store_event_batch") == 4 * len(WEEK) + 10
    assert {row[4] for row in ours["asset_check_executions"]} == {"SUCCEEDED", "FAILED"}
    assert len(ours["asset_check_executions"]) == 10 * len(WEEK)
    assert ours == theirs


def test_a_fault_in_the_middle_leaves_nothing_that_is_there_twice(
    market: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = iter([OperationalError("INSERT", {}, Exception("the server is gone"))])

    def plan(*given: Any) -> None:
        # After the fault of many at a time Dagster goes on with one at a time.
        for fault in faults:
            raise fault
        _plan(*given)

    monkeypatch.setattr(event_log, "_plan", plan)
    tbp("backfill", WEEK[0], WEEK[-1], "--json")
    found = stored(market, market.settings().database.dagster_schema)
    planned = [row[2:] for row in found["event_logs"] if row[3] == "ASSET_CHECK_EVALUATION_PLANNED"]
    assert len(planned) == len(set(planned)) == 10
    assert len(found["asset_check_executions"]) == 10 * len(WEEK)


def test_evaluations_that_wait_are_stored_however_it_ends_and_whether_or_not_they_were_planned(
    market: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(monkeypatch)
    tbp("backfill", WEEK[1], WEEK[1], "--json")
    evaluations = [given for _, given in listener.calls if _kind(given) == Kind.ASSET_CHECK_EVALUATION]
    database = market.database()
    schema = f"{market.settings().database.dagster_schema}_empty"
    database.ensure_schema(schema)
    url = database.address.url(schema).render_as_string(hide_password=False)
    PostgresEventLogStorage(url, should_autocreate_tables=True)
    log = EventLog(url, lambda _: None)

    def interrupted() -> None:
        with log.together():
            for evaluation in evaluations:
                log.store_event(evaluation)
            assert stored(market, schema)["event_logs"] == []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    found = stored(market, schema)
    assert len(found["event_logs"]) == len(evaluations) == 10
    assert {row[1] for row in found["asset_check_executions"]} == set(DAILY_CHECKS)
    log.store_event(evaluations[0])
    assert len(stored(market, schema)["event_logs"]) == 11


def _kind(given: Any) -> Any:
    return None if isinstance(given, list) else given.dagster_event_type
