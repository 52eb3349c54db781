"""Does Dagster's daemon live, and are the schedules and sensors switched on?

Read from Dagster's own storage, without making its tables where they are not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from dagster._daemon.types import DaemonHeartbeat  # not exported
from dagster_postgres import PostgresRunStorage, PostgresScheduleStorage
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tbp_assets.errors import DatabaseUnavailableError, TbpError
from tbp_assets.health.finding import Finding, Status
from tbp_assets.health.installation import Installation
from tbp_assets.health.questions import NotLookedAtError

DAEMON, SWITCHES = "daemon", "schedules and sensors"
# Without any of them days are not loaded by themselves, or backfills of the UI do not begin.
NEEDED: Final = ("SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR", "BACKFILL")
START: Final = "run `tbp up`, or `make up`, and leave it running"


def daemon(installation: Installation) -> Finding:
    """Look at the heartbeats of the daemon's parts."""
    beats = _heartbeats(installation)
    limit, now = installation.limits.max_heartbeat_age_seconds, datetime.now(UTC).timestamp()
    ages = {name: now - beat.timestamp for name, beat in beats.items() if name in NEEDED}
    absent: Status = "failed" if installation.limits.daemon_severity == "error" else "warning"
    if not ages:
        return Finding(DAEMON, absent, "no daemon ever ran here, so nothing is loaded by itself", START)
    silent = [name for name in NEEDED if ages.get(name, limit + 1) > limit]
    if silent:
        seen = f"silent: {', '.join(silent)}; the newest sign of life is {_span(min(ages.values()))} old"
        return Finding(DAEMON, absent, f"{seen}, so nothing is loaded by itself", START)
    faults = [error.message.strip() for name in NEEDED for error in beats[name].errors or ()]
    if faults:
        return Finding(DAEMON, "warning", f"alive, but: {'; '.join(faults)[:500]}", "see what `tbp up` prints")
    return Finding(DAEMON, "ok", f"alive, the last sign of life is {_span(max(ages.values()))} old")


def switches(installation: Installation) -> Finding:
    """Compare the switches with the schedules and sensors there are."""
    there = installation.automations
    if there is None:
        raise NotLookedAtError("the configuration cannot be used")
    stored = _stored(installation)
    running = [name for name, by_default in there.items() if stored.get(name, by_default)]
    # What is off unless somebody starts it has nothing to do here: alerts without a channel.
    off = [name for name, by_default in there.items() if by_default and name not in running]
    on = ", ".join(running) or "none"
    if off:
        todo = "switch them on in the UI under Automation, unless they are off on purpose"
        return Finding(SWITCHES, "warning", f"off: {', '.join(off)}; on: {on}", todo)
    return Finding(SWITCHES, "ok", f"on: {on}")


def _heartbeats(installation: Installation) -> Mapping[str, DaemonHeartbeat]:
    url = _storage(installation)
    try:
        return PostgresRunStorage(url, should_autocreate_tables=False).get_daemon_heartbeats() if url else {}
    except SQLAlchemyError as error:
        raise _unavailable(error) from error


def _stored(installation: Installation) -> dict[str, bool]:
    """Return the switches that a daemon or a person has set, by name."""
    url = _storage(installation)
    try:
        storage = PostgresScheduleStorage(url, should_autocreate_tables=False) if url else None
        states = storage.all_instigator_state() if storage else ()
    except SQLAlchemyError as error:
        raise _unavailable(error) from error
    return {state.instigator_name: state.is_running for state in states}


def _storage(installation: Installation) -> str | None:
    """Return the URL of Dagster's schema, or None where Dagster has not made its tables yet."""
    try:
        database = installation.database()
    except TbpError as error:
        raise NotLookedAtError("the database cannot be asked") from error
    schema = installation.settings.database.dagster_schema
    with database.transaction(read_only=True) as connection:
        names = {"heartbeats": f"{schema}.daemon_heartbeats", "switches": f"{schema}.instigators"}
        there = connection.execute(
            text("SELECT to_regclass(:heartbeats) IS NOT NULL AND to_regclass(:switches) IS NOT NULL"), names
        ).scalar_one()
    seconds = str(database.connect_timeout_seconds)
    url = database.address.url(schema).update_query_dict({"connect_timeout": seconds})
    return url.render_as_string(hide_password=False) if there else None


def _unavailable(error: SQLAlchemyError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(f"Dagster's storage cannot be read: {' '.join(str(error).split())[:300]}")


def _span(seconds: float) -> str:
    return str(timedelta(seconds=max(0, round(seconds))))
