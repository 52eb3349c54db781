"""Foreign sessions of the database: they stop a load where the test wants it, and do to it what is to be done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
import psycopg2.extensions

from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.embedded.postgres.processes import wait_until

SECONDS = 120
GATE = 7_411_027  # an advisory lock that nobody else takes
WAITING = """
SELECT activity.pid FROM pg_stat_activity AS activity
WHERE activity.application_name = 'tbp_assets' AND activity.wait_event_type = 'Lock'
"""


def foreign(database: Database, *, autocommit: bool = False) -> psycopg2.extensions.connection:
    """Open a session that is not ours, as the owner of the tables."""
    address = database.address
    opened = psycopg2.connect(
        host=address.host, port=address.port, dbname=address.name, user=address.user,
        password=address.password.get_secret_value(), options=f"-csearch_path={address.schema}",
        application_name="foreign",
    )  # fmt: skip
    opened.autocommit = autocommit
    return opened


@dataclass
class Foreign:
    """A foreign session that holds something, and one that looks on."""

    holding: psycopg2.extensions.connection
    watching: psycopg2.extensions.connection

    def execute(self, sql: str) -> None:
        """Run a statement in the session that holds."""
        with self.holding.cursor() as cursor:
            cursor.execute(sql)

    def waiting(self) -> list[int]:
        """Return the server processes of ours that wait for a lock."""
        with self.watching.cursor() as cursor:
            cursor.execute(WAITING)
            return [pid for (pid,) in cursor]

    def wait_for_ours(self) -> int:
        """Wait until a session of ours stands still, and return its server process."""
        assert wait_until(lambda: bool(self.waiting()), SECONDS), "no session of ours ever waited"
        return self.waiting()[0]

    def terminate(self, pid: int) -> None:
        """End a session, as an administrator does or a broken network."""
        with self.watching.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))


@contextmanager
def holding(project: Project, *statements: str) -> Generator[Foreign]:
    """Hold what the statements lock, until the end or a rollback."""
    database = project.database()
    session = Foreign(foreign(database), foreign(database, autocommit=True))
    try:
        for sql in statements:
            session.execute(sql)
        yield session
    finally:
        session.holding.close()
        session.watching.close()


@contextmanager
def gate(project: Project, ticker: str = "MSFT") -> Generator[Foreign]:
    """Make every load stand still in the middle of its COPY, before a ticker's bar, until the end."""
    database = project.database()
    with database.transaction() as connection:
        connection.exec_driver_sql(
            f"""
            CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock_shared({GATE});
                RETURN NEW;
            END $$;
            CREATE TRIGGER stand_still BEFORE INSERT ON market_data_raw FOR EACH ROW WHEN (NEW.ticker = '{ticker}')
            EXECUTE FUNCTION stand_still();
            """
        )
    with holding(project, f"SELECT pg_advisory_lock({GATE})") as session:
        yield session


@contextmanager
def meanwhile(deed: Callable[[], None]) -> Generator[None]:
    """Do something in another thread, and fail with it."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            deed()
        except BaseException as error:  # noqa: BLE001  # raised below, in the test's own thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(SECONDS)
        assert not thread.is_alive(), "what was to be done meanwhile never came to an end"
        if errors:
            raise errors[0]
