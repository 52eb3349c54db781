"""No secret is ever written: planted ones are searched for in all that processes left behind and said.

One home serves all tests of this module, in their order; the last one searches.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psycopg2
import psycopg2.extensions
import pytest

from tbp_assets.embedded.postgres import ServerAddress, ensure_server
from tbp_assets.embedded.provider import FakeProvider, Fault
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.embedded.postgres.processes import instance_of, postmaster_pid, wait_until
from tbp_assets_tests.end_to_end.echoing_provider import echoing_provider
from tbp_assets_tests.end_to_end.planted_secrets import Search, planted
from tbp_assets_tests.end_to_end.processes import TBP, own_configuration
from tbp_assets_tests.end_to_end.ui import running_ui
from tbp_assets_tests.warm.launcher import Process, run

pytestmark = pytest.mark.integration
DAYS = [TUESDAY, WEDNESDAY, THURSDAY]
BACKFILL = ("backfill", str(TUESDAY), str(THURSDAY))
INSTANCE = "{ instance { info runQueueConfig { maxConcurrentRuns } } }"
TICKS = """{ sensorsOrError(
    repositorySelector: {repositoryLocationName: "tbp_assets", repositoryName: "__repository__"}) { ... on Sensors {
    results { name sensorState { ticks(limit: 5) { status error { message stack } } } } } } }"""
RUNS = """{ runsOrError(limit: 20) { ... on Runs { results { runId status runConfigYaml tags { key value }
    eventConnection { events { __typename ... on MessageEvent { message }
    ... on ExecutionStepFailureEvent { error { message stack causes: errorChain { error { message stack } } } }
    ... on LogsCapturedEvent { externalUrl } } } } } } }"""


@dataclass
class Scene:
    """A home whose every login is planted.

    Attributes:
        root: All that is written is below it.
        secrets: By name.
        server: The database: the home's own, entered as somebody else's.
        provider: Bucket with good days.
        plain: Variables without logins.
        said: Output of every command.
    """

    root: Path
    secrets: dict[str, str]
    server: ServerAddress
    provider: FakeProvider
    plain: Mapping[str, str]
    said: list[str] = field(default_factory=list[str])

    @property
    def environment(self) -> dict[str, str]:
        """Variables of every command."""
        return {
            **self.plain, **self.provider.environment(),
            "DB_HOST": self.server.host, "DB_PORT": str(self.server.port), "DB_NAME": self.server.database,
            "DB_USER": self.server.user, "DB_PASSWORD": self.server.password,
            "POLYGON_S3_ACCESS_KEY": self.secrets["access"], "POLYGON_S3_SECRET_KEY": self.secrets["secret"],
            "POLYGON_API_KEY": self.secrets["api"],
            "TBP_WEBHOOK_URL": f"https://hooks.example.com/services/{self.secrets['hook']}",
        }  # fmt: skip

    def tbp(self, *words: str, **variables: str) -> int:
        """Run a command and keep what it said."""
        done = run([TBP, *words], env={**self.environment, **variables})
        self.said.append(f"{words} {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.returncode

    def connect(self) -> psycopg2.extensions.connection:
        """Open a session of the server's owner."""
        self.server = ensure_server(self.root / "home")
        server = self.server
        return psycopg2.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.database
        )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The home, its database with a planted password, and a provider with three good days."""
    root = tmp_path_factory.mktemp("secrets")
    with cleaned_home(root / "home") as home, FakeProvider.start() as provider:
        for day in DAYS:
            provider.publish(day, day_file(good_rows(day)))
        secrets = {name: planted(name) for name in ("access", "secret", "api", "hook", "wrong")}
        server = ensure_server(home)
        # Made for this home alone: as good as planted.
        secrets["password"] = server.password
        yield Scene(root, secrets, server, provider, quick(own_configuration(root, home)))


def quick(environment: Mapping[str, str]) -> dict[str, str]:
    """Shorten the waits of a configuration."""
    changes = {
        "s3.yml": [("max_attempts: 5", "max_attempts: 1"), ("read_timeout_seconds: 300", "read_timeout_seconds: 20")],
        "pipeline.yml": [("delay_seconds: 5", "delay_seconds: 0"), ("max_retries: 3", "max_retries: 1")],
    }
    for file, pairs in changes.items():
        path = Path(environment["TBP_CONFIG_DIR"], file)
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert text.count(old) == 1
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return dict(environment)


def test_commands_that_work(scene: Scene) -> None:
    scene.provider.inject(Fault("cut", on=WEDNESDAY))
    codes = [scene.tbp(*words) for words in (
        ("config", "check", "--json"), ("migrate",), (*BACKFILL, "--json"), (*BACKFILL, "--force", "--jobs", "2"),
        ("report", "--tables", str(scene.root / "tables")), ("status",), ("logs", "--limit", "1000"),
    )]  # fmt: skip
    assert codes == [0] * 7, "\n".join(scene.said)


def test_commands_that_fail_in_every_way_they_can(scene: Scene) -> None:
    force = (*BACKFILL, "--force")
    assert scene.tbp(*force, DB_PASSWORD=scene.secrets["wrong"]) == 1
    with echoing_provider() as address:
        assert scene.tbp(*force, TBP_S3_ENDPOINT_URL=address) == 1
        assert scene.tbp(*force, TBP_S3_ENDPOINT_URL=f"http://me:{scene.secrets['wrong']}@127.0.0.1:1") != 0
    scene.provider.inject(Fault("bad_key", times=None))
    assert scene.tbp(*force) == 1
    scene.provider.heal()
    assert scene.tbp("backfill", str(TUESDAY), str(TUESDAY), TBP_FLAT_FILES_URL=f"s3://{scene.secrets['wrong']}@x") == 2
    assert "refused" in "".join(scene.said)


def test_pages_and_answers_of_the_ui(scene: Scene) -> None:
    with echoing_provider() as address:
        environment = {**scene.environment, "TBP_S3_ENDPOINT_URL": address, "TBP_LOG_FORMAT": "json"}
        with running_ui(environment, scene.root) as ui:
            backfill = ui.launch_backfill([str(day) for day in DAYS])
            assert wait_until(lambda: "COMPLETED" in ui.backfill_status(backfill), 170, every=1)
            assert wait_until(lambda: "FAILURE" in str(ui.ask(TICKS)), 120, every=1), (
                "the arrival sensor is refused, too"
            )
            answers = [str(ui.ask(query)) for query in (INSTANCE, TICKS, RUNS)]
            for path in ("", "runs", "server_info", "deployment/config"):
                with urlopen(f"http://127.0.0.1:{ui.port}/{path}", timeout=60) as page:
                    answers.append(page.read().decode())
    assert "refused" in answers[1] + answers[2]
    scene.said += answers


def test_a_server_that_dies_under_a_backfill(scene: Scene) -> None:
    # `tbp stop` has ended it together with the UI.
    scene.connect().close()
    scene.provider.forget()
    scene.provider.replace(THURSDAY, day_file(good_rows(THURSDAY)[:2]))
    scene.provider.inject(Fault("stall", on=THURSDAY))
    process = Process(
        [TBP, *BACKFILL, "--force"], env=scene.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert wait_until(lambda: scene.provider.count("GET", THURSDAY) > 0, 120)
        os.kill(postmaster_pid(scene.root / "home"), signal.SIGQUIT)
        scene.said.append(process.communicate(timeout=170)[0])
    finally:
        process.kill()
    assert process.returncode == 1, scene.said[-1]


def test_no_planted_secret_is_anywhere(scene: Scene) -> None:
    search = Search(scene.secrets)
    connection = scene.connect()
    try:
        found = search.in_tables(connection)
    finally:
        connection.close()
    for directory in (scene.root, instance_of(scene.root / "home").data):
        found += search.in_files(directory)
    for said in scene.said:
        found += search.in_bytes(f"what {said.splitlines()[0][:60]} said", said.encode())
    assert found == []


def test_the_search_finds_what_it_is_for(scene: Scene, tmp_path: Path) -> None:
    search = Search({"api": "a+b/c" * 5})
    (tmp_path / "page.html").write_text("x a%2Bb%2Fca%2Bb%2Fca%2Bb%2Fca%2Bb%2Fca%2Bb%2Fc", encoding="utf-8")
    assert len(search.in_files(tmp_path)) == 1
    searched = {path.relative_to(scene.root).parts[0] for path in scene.root.rglob("*") if path.is_file()}
    assert {"home", "config", "store", "tables", "ui.log"} <= searched
    kinds = {path.suffix for path in scene.root.rglob("*") if path.is_file()}
    assert {".jsonl", ".html", ".csv", ".gz", ".parquet", ".json", ".out", ".err", ".log"} <= kinds
