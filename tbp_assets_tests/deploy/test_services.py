"""The services run as the compose file says, from what the image holds, against a real PostgreSQL.

They find each other, answer their health checks, and a day that is asked for in the UI is loaded by the code server.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from tbp_assets.embedded.postgres import ServerAddress, ensure_server
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows, write_mirror
from tbp_assets_tests.deploy.files import compose
from tbp_assets_tests.deploy.image import Image, lay_out
from tbp_assets_tests.embedded.postgres.processes import wait_until
from tbp_assets_tests.end_to_end.ui import ASSETS, Ui
from tbp_assets_tests.providers.conftest import free_port

pytestmark = pytest.mark.integration
LOCATIONS = """{ workspaceOrError { ... on Workspace {
    locationEntries { name loadStatus locationOrLoadError { __typename } } } } }"""


def drop(server: ServerAddress, name: str) -> None:
    """Drop a database; the server's own vacuum, which may be at work in it for a moment, is nobody's to end."""

    def dropped() -> bool:
        try:
            on_server(server, f"DROP DATABASE {name} WITH (FORCE)")
        except psycopg2.errors.InsufficientPrivilege:
            return False
        return True

    assert wait_until(dropped, 60)


def on_server(server: ServerAddress, statement: str) -> None:
    connection = psycopg2.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.database
    )
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


@dataclass
class Stack:
    """The services, each as a process of its own.

    Attributes:
        where: What stands for the addresses that containers have.
        before: The project's files in the image, before anything ran.
    """

    image: Image
    services: Mapping[str, Any]
    where: Mapping[str, str]
    ports: Mapping[str, str]
    before: set[Path]
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])

    def words(self, words: list[str]) -> list[str]:
        """Return a command with this machine's addresses in the place of the containers'."""
        told = {"0.0.0.0": "127.0.0.1", **self.ports}
        found = [self.image.inside(told.get(word, word)) for word in words]
        for old, new in self.ports.items():
            found = [word.replace(f"127.0.0.1:{old}/", f"127.0.0.1:{new}/") for word in found]
        return [str(self.image.path("/opt/venv/bin") / found[0]), *found[1:]]

    def environment(self, name: str) -> dict[str, str]:
        """Return a service's variables."""
        return self.image.environment(self.services[name], **self.where)

    def run(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of a service to its end: its own, or the words given."""
        command = self.words(list(words) or self.services[name]["command"])
        return subprocess.run(
            command,
            env=self.environment(name),
            cwd=self.image.path("/data"),
            capture_output=True,
            text=True,
            check=False,
        )

    def healthy(self, name: str) -> bool:
        """Whether a service's health check passes."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(name, *words).returncode == 0

    def said(self, name: str) -> str:
        """Return the end of what a service said."""
        return (self.image.root / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One session's day file."""
    return write_mirror(tmp_path_factory.mktemp("mirror"), {TUESDAY: day_file(good_rows(TUESDAY))})


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, server_home: Path, mirror: Path) -> Iterator[Stack]:
    """The image, laid out, and an empty database; nothing is started yet."""
    server, name = ensure_server(server_home), f"compose_{uuid4().hex[:12]}"
    on_server(server, f"CREATE DATABASE {name}")
    told = {"DB_NAME": name, "DB_USER": server.user, "DB_PASSWORD": server.password, "TBP_ALERT_WEBHOOK_URL": ""}
    services = compose(**told)["services"]
    ports = {"3000": str(free_port()), "4000": str(free_port())}
    where = {
        "DB_HOST": server.host, "DB_PORT": str(server.port), "TBP_CODE_HOST": "127.0.0.1",
        "TBP_CODE_PORT": ports["4000"], "TBP_FLAT_FILES_URL": mirror.as_uri(),
    }  # fmt: skip
    image = lay_out(tmp_path_factory.mktemp("image"))
    with ExitStack() as ended:
        ended.callback(drop, server, name)
        project = set(image.path("/opt/tbp").rglob("*"))
        made = Stack(image, services, where, ports, project)
        ended.callback(_end, made)
        yield made


def _end(stack: Stack) -> None:
    for process in stack.started.values():
        process.terminate()
    for process in stack.started.values():
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    """The services, started one after the other, each once those it waits for are as it wants them."""
    for name in ("migrate", "code", "webserver", "daemon"):
        for other, need in stack.services[name]["depends_on"].items():
            if need["condition"] == "service_healthy" and other != "db":
                assert wait_until(lambda other=other: stack.healthy(other), 400, every=0.5), stack.said(other)
        if name == "migrate":
            done = stack.run(name)
            assert done.returncode == 0, done.stderr
            continue
        with (stack.image.root / f"{name}.log").open("wb") as log:
            stack.started[name] = subprocess.Popen(
                stack.words(stack.services[name]["command"]),
                env=stack.environment(name), cwd=stack.image.path("/data"), stdout=log, stderr=log,
            )  # fmt: skip
    return stack


def test_the_command_starts_from_the_wheel(stack: Stack) -> None:
    assert "Usage: tbp" in stack.run("code", "tbp", "--help").stdout
    where = stack.run("code", "python", "-c", "import tbp_assets; print(tbp_assets.__file__)").stdout
    assert where.startswith(str(stack.image.path("/opt/venv")))


def test_the_configuration_is_found_and_is_that_of_production(stack: Stack) -> None:
    said = stack.run("code", "tbp", "config", "check", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    where = "from tbp_assets.config_loader import config_dir; print(config_dir())"
    assert stack.run("code", "python", "-c", where).stdout.strip() == str(stack.image.path("/opt/tbp/config"))
    without = {**stack.environment("code"), "DB_HOST": ""}
    refused = subprocess.run(stack.words(["tbp", "status"]), env=without, capture_output=True, text=True, check=False)
    assert (refused.returncode, "refuses the embedded database" in refused.stderr) == (2, True)


def test_before_the_migration_a_service_says_what_is_missing(stack: Stack) -> None:
    said = stack.run("webserver")
    assert said.returncode == 1
    assert "has no tables yet" in said.stderr
    assert "run `tbp migrate`" in said.stderr


@pytest.mark.parametrize("name", ["code", "webserver", "daemon"])
def test_the_health_check_of_each_service_passes(running: Stack, name: str) -> None:
    assert wait_until(lambda: running.healthy(name), 300, every=0.5), running.said(name)
    assert running.started[name].poll() is None


def test_the_ui_shows_the_code_location_and_a_day_asked_for_there_is_loaded(running: Stack) -> None:
    ui = Ui(running.started["webserver"], int(running.ports["3000"]), running.image.root / "webserver.log", {})
    (entry,) = ui.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    assert entry == {
        "name": "tbp_assets", "loadStatus": "LOADED", "locationOrLoadError": {"__typename": "RepositoryLocation"}
    }  # fmt: skip
    backfill = ui.launch_backfill([str(TUESDAY)])
    over = wait_until(lambda: ui.backfill_status(backfill).startswith(("COMPLETED", "FAILED")), 400, every=1)
    assert over, running.said("daemon")
    assert [ui.cells(asset, str(TUESDAY), str(TUESDAY)) for asset in ASSETS] == [{str(TUESDAY): "MATERIALIZED"}] * 3, (
        running.said("code")
    )
    said = running.run("code", "tbp", "query", "SELECT ticker FROM market_data_raw ORDER BY 1", "--json")
    assert [each["ticker"] for each in json.loads(said.stdout)] == ["AAPL", "MSFT", "SPY"]
    assert list(running.image.path("/data/lake").rglob(f"{TUESDAY}.json"))


def test_only_the_volumes_were_written_to(running: Stack) -> None:
    # Dagster makes two directories for its telemetry, which is off, and does without them where it may not.
    telemetry = {running.image.path("/opt/tbp") / name for name in ("logs", ".logs_queue")}
    assert set(running.image.path("/opt/tbp").rglob("*")) - telemetry == running.before
