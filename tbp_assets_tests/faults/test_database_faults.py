"""The database goes away, stands still, refuses or fills up while days are loaded."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import psycopg2
import pytest

from tbp_assets.embedded.postgres import ensure_server, stop_server
from tbp_assets.storage.database import Database
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import DAYS, Scene
from tbp_assets_tests.faults.under_fire import Foreign, foreign, gate, holding, meanwhile

pytestmark = pytest.mark.integration

NO_SLOT = "too many clients|remaining connection slots"
FULL = "No space left on device"
DISK_MB = 160  # a server fits in, with little else


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """Give the step more time between its tries: a server needs some to come back."""
    scene.project.change("pipeline.yml", "delay_seconds: 0", "delay_seconds: 1")
    scene.project.change("pipeline.yml", "max_retries: 1", "max_retries: 3")
    return scene


def terminated(_: Path, session: Foreign, pid: int) -> None:
    session.terminate(pid)
    session.holding.close()


def crashed(_: Path, __: Foreign, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def restarted(home: Path, _: Foreign, __: int) -> None:
    assert stop_server(home)
    ensure_server(home)


@dataclass(frozen=True)
class Loss:
    """A way to lose the connection in the middle of a COPY."""

    name: str
    injected: str
    deed: Callable[[Path, Foreign, int], None]


LOSSES = [
    Loss("connection dropped mid-COPY", "the session is ended by the server in the middle of a COPY", terminated),
    Loss("server crash mid-load", "kill -9 of a server process in the middle of a COPY: the server recovers", crashed),
    Loss("server restart mid-load", "the server is stopped and started in the middle of a COPY", restarted),
]


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_a_lost_connection_is_made_up_for_by_the_step(scene: Scene, server_home: Path, case: Loss) -> None:
    with entry("database", case.name, case.injected) as row:
        with (
            gate(scene.project) as session,
            meanwhile(lambda: case.deed(server_home, session, session.wait_for_ours())),
        ):
            said = scene.backfill()
        said.must_be(0)
        assert "SystemError" not in said.err, "psycopg2 prints what it raises, too"
        assert scene.left_over() == []
        row.happened, row.recovery = "the load is rolled back, the step is repeated", "by itself"
        row.lost = scene.lost()


def test_a_statement_that_takes_too_long_is_tried_again(scene: Scene) -> None:
    with entry("database", "statement time-out once", "a COPY stands still for longer than the time-out") as row:
        scene.project.change("database.yml", "statement_timeout_seconds: 600", "statement_timeout_seconds: 1")
        with gate(scene.project) as session:

            def release() -> None:
                pid = session.wait_for_ours()
                while session.waiting() == [pid]:
                    time.sleep(0.05)
                session.holding.close()

            with meanwhile(release):
                said = scene.backfill()
        said.must_be(0)
        row.happened, row.recovery = "the load is rolled back, the step is repeated", "by itself"
        row.lost = scene.lost()


def test_statements_that_always_take_too_long_leave_the_day_open(scene: Scene) -> None:
    with entry("database", "statement time-out every time", "a day's COPY stands still until mended") as row:
        scene.project.change("database.yml", "statement_timeout_seconds: 600", "statement_timeout_seconds: 1")
        with gate(scene.project):
            scene.backfill().must_be(1)
            assert scene.stored() == {}
            assert scene.failures() == {TUESDAY: ("database", None)}
        scene.backfill().must_be(0)
        assert scene.failures() == {TUESDAY: ("database", "person")}
        row.happened = "the command ends with one message, nothing of the day is written, the failure is recorded"
        row.recovery, row.lost = "the next run", scene.lost()


def test_a_deadlock_is_made_up_for_by_the_step(scene: Scene) -> None:
    with entry("database", "deadlock with a foreign writer", "it holds a day's rows and asks for the history") as row:
        scene.backfill().must_be(0)
        scene.publish(WEDNESDAY, close=10.75)
        rows = "SELECT 1 FROM market_data_raw WHERE timestamp::date = '2024-01-03' FOR UPDATE"
        with holding(scene.project, rows) as session:

            def close_the_circle() -> None:
                # At once: who has waited for a second looks for a circle, and is the one to be ended.
                session.wait_for_ours()
                session.execute("LOCK TABLE market_data_revisions IN ACCESS EXCLUSIVE MODE")
                session.holding.rollback()

            with meanwhile(close_the_circle):
                said = scene.backfill()
        said.must_be(0)
        assert scene.left_over() == []
        row.happened, row.recovery = "the server ends our load, the step is repeated", "by itself"
        row.lost = scene.lost()


def test_rows_that_somebody_else_wrote_are_compared_not_copied_over(scene: Scene) -> None:
    with entry("database", "foreign rows", "rows of a day are there that no load wrote, one with another close") as row:
        insert = """
            INSERT INTO market_data_raw VALUES
            ('AAPL', '2024-01-03 05:00Z', '1d', 'polygon', 10, 11, 9.5, 10.5, 1000, 7, 0, now()),
            ('MSFT', '2024-01-03 05:00Z', '1d', 'polygon', 10, 11, 9.5, 10.6, 1000, 7, 0, now())
        """
        scene.query(insert)
        scene.backfill().must_be(0)
        assert ("MSFT", 10.6) in scene.query("SELECT ticker, close FROM market_data_revisions")
        row.happened = "the day is compared with its file; what was there before goes to `market_data_revisions`"
        row.recovery, row.lost = "by itself", scene.lost()


def test_a_server_that_only_reads_is_named(scene: Scene) -> None:
    with entry("database", "read-only server", "every transaction of the server is read-only") as row:
        scene.backfill(TUESDAY, TUESDAY).must_be(0)
        database = scene.project.database()
        name = database.address.name
        session = foreign(database, autocommit=True)
        with session.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            database.engine.dispose()
            try:
                scene.backfill().must_be(1, "read-only transaction")
            finally:
                cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        session.close()
        database.engine.dispose()
        assert scene.whole_days(scene.files) == {TUESDAY: 0}
        scene.backfill().must_be(0)
        row.happened, row.recovery = "the command ends with one message, nothing is written", "the next run"
        row.lost = scene.lost()


def test_a_pool_that_is_exhausted_says_so(scene: Scene) -> None:
    with entry("database", "pool exhausted", "all connections of our pool are in use") as row:
        scene.project.change("database.yml", "connect_timeout_seconds: 10", "connect_timeout_seconds: 1")
        database = scene.project.database()
        with ExitStack() as stack:
            for _ in range(database.pool_size):
                stack.enter_context(database.engine.connect())
            scene.backfill().must_be(1, f"all {database.pool_size} connections are busy")
        assert scene.stored() == {}
        scene.backfill().must_be(0)
        row.happened, row.recovery = "the command ends with one message, nothing is written", "the next run"
        row.lost = scene.lost()


REFUSALS = 10  # in a row


def use_up(database: Database, stack: ExitStack) -> None:
    """Open sessions until the server has no room for another, nor makes any as those of earlier tests end."""
    refused = 0
    while True:
        try:
            stack.enter_context(closing(foreign(database)))
        except psycopg2.OperationalError:
            refused += 1
            if refused == REFUSALS:
                raise
            sleep(0.2)
        else:
            refused = 0


def test_a_server_without_a_free_connection_says_so(scene: Scene) -> None:
    with entry("database", "too many clients", "all connections of the server are in use") as row:
        database = scene.project.database()
        database.engine.dispose()
        with ExitStack() as stack:
            with pytest.raises(psycopg2.OperationalError, match=NO_SLOT):
                use_up(database, stack)
            scene.backfill().must_be(1, "connection", "FATAL")
        scene.backfill().must_be(0)
        row.happened, row.recovery = "the command ends with one message, nothing is written", "the next run"
        row.lost = scene.lost()


def test_a_server_that_is_not_there_is_named(scene: Scene, server_home: Path) -> None:
    with entry("database", "server down", "nobody listens where the database should be") as row:
        server = ensure_server(server_home)
        scene.project.database()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = str(unused.getsockname()[1])
        external = {
            "DB_HOST": server.host, "DB_PORT": port, "DB_NAME": server.database, "DB_USER": server.user,
            "DB_PASSWORD": server.password,
        }  # fmt: skip
        scene.tbp("backfill", *DAYS[::2], **external).must_be(1, f":{port}", "refused")
        scene.tbp("backfill", *DAYS[::2], DB_PORT=str(server.port)).must_be(0)
        row.happened, row.recovery = "the command ends with one message, nothing is written", "the next run"
        row.lost = scene.lost()


@pytest.fixture
def small_disk() -> Generator[Path]:
    """A file system of its own, for a server and little else."""
    place = Path(tempfile.mkdtemp(prefix="tbp-small-"))
    place.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tbp-small", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        place.rmdir()
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


@contextmanager
def full(disk: Path) -> Generator[None]:
    """Leave no byte free."""
    filler = disk / "filler"
    with pytest.raises(OSError, match=FULL):
        filler.write_bytes(bytes(2 * DISK_MB * 1_000_000))
    yield
    filler.unlink()


def test_a_full_disk_of_the_database(scene: Scene, small_disk: Path) -> None:
    with (
        entry("database", "disk full", "the server's file system has no byte left") as row,
        cleaned_home(small_disk / "home") as home,
    ):
        scene.project.settings(TBP_HOME=str(home))
        scene.backfill(TUESDAY, TUESDAY).must_be(0)
        with full(small_disk):
            said = scene.backfill()
            said.must_be(1, FULL, "Days that were committed stay; run it again")
            # Dagster prints its own statement before it; our sentence is about the cause.
            assert "INSERT INTO" not in said.err.rpartition("tbp: ")[2]
            assert scene.whole_days(scene.files) == {TUESDAY: 0}
        scene.backfill().must_be(0)
        row.happened = "the command ends with the cause, beside what Dagster prints; what was loaded stays"
        row.recovery, row.lost = "the next run with space", scene.lost()


def test_a_full_disk_of_landing_zone_and_lake(scene: Scene, small_disk: Path) -> None:
    with entry("database", "disk of the lake full", "landing zone and lake have no byte left") as row:
        store = small_disk / "store"
        scene.project.settings(TBP_LAKE_URL=store.as_uri())
        with full(small_disk):
            said = scene.backfill()
            assert said.code == 1
            assert FULL in said.json["faults"][0]
            assert scene.stored() == {}
        scene.backfill().must_be(0)
        assert list((store / "incoming").glob("*")) == []
        row.happened = "the command ends with one message that names the place, no manifest is written"
        row.recovery, row.lost = "the next run with space", scene.lost()
