"""Dagster's instance for a command, in a schema of its own next to the bars, and its storage's faults in our words."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import Pool

from tbp_assets.cli.session import Session
from tbp_assets.errors import DatabaseUnavailableError
from tbp_assets.storage.alive import require_alive
from tbp_assets.storage.database import words_of

TIMEOUT_MS, RECYCLE_SECONDS, CONNECTIONS = 60_000, 300, 4


def open_instance(session: Session) -> dg.DagsterInstance:
    """Return Dagster's instance."""
    os.environ.update(session.dagster_environment())
    instance = dg.DagsterInstance.get()
    # Otherwise each event of a run opens a connection of its own.
    instance.optimize_for_webserver(
        statement_timeout=TIMEOUT_MS, pool_recycle=RECYCLE_SECONDS, max_overflow=CONNECTIONS
    )
    if not event.contains(Pool, "checkout", require_alive):
        event.listen(Pool, "checkout", require_alive)
    return instance


@contextmanager
def storage_faults(session: Session) -> Generator[None]:
    """Turn faults of Dagster's own storage into the project's, naming where it is."""
    place = f"{session.database.address}, Dagster's schema {session.settings.database.dagster_schema}"
    try:
        yield
    except (SQLAlchemyError, DagsterPostgresException) as error:
        # Dagster's own words tell how often it tried; those below them tell of what.
        said = error.__cause__ if isinstance(error, DagsterPostgresException) and error.__cause__ else error
        words = words_of(said)[:300].rstrip(".")
        raise DatabaseUnavailableError(f"{place}: {words}. Days that were committed stay; run it again") from error
