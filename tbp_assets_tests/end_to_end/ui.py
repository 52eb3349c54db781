"""A running `tbp up`: its address, its GraphQL, and what it says of assets, checks and backfills."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

from tbp_assets.bars.sessions import weekdays
from tbp_assets_tests.embedded.postgres.processes import postmaster_pid, wait_until
from tbp_assets_tests.end_to_end.processes import TBP
from tbp_assets_tests.providers.conftest import free_port
from tbp_assets_tests.warm.launcher import Process, run

ASSETS = ("raw_day_file", "validated_bars", "market_data_raw")
LAUNCH = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = """query($b: String!) { partitionBackfillOrError(backfillId: $b) {
    ... on PartitionBackfill { status numPartitions } } }"""
BACKFILLS = """{ partitionBackfillsOrError { ... on PartitionBackfills { results { id } } } }"""
CELLS = """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode {
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } } } } }"""
CHECKS = """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { assetChecksOrError {
    ... on AssetChecks { checks { name partitionStatuses {
    ... on AssetCheckTimePartitionStatuses { ranges { startKey endKey status } } } } } } } } }"""


UNFINISHED = (
    """{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}) { ... on Runs { count } } }"""
)


@dataclass(frozen=True)
class Ui:
    """A UI with its daemon.

    Attributes:
        process: What `tbp up` became.
        log: File with all it says.
        environment: Variables under which commands speak of the same home.
    """

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    environment: Mapping[str, str]

    @property
    def answers(self) -> bool:
        """Whether the UI answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/server_info", timeout=2) as answer:
                return "dagster_webserver_version" in json.load(answer)
        except OSError:
            return False

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def tbp(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the same home."""
        own = {**self.environment, **variables}
        return run([TBP, *words], env=own)

    def unfinished_runs(self) -> int:
        """Return how many runs are queued or at work."""
        return self.ask(UNFINISHED)["runsOrError"]["count"]

    def stop(self) -> str:
        """Run `tbp stop`, and return what it said."""
        with Process([TBP, "stop"], env=self.environment, stdout=subprocess.PIPE) as stopping:
            # Reaped at once, as a shell does: a zombie would look alive to whoever waits for its end.
            assert wait_until(lambda: self.process.poll() is not None, 60)
            return stopping.communicate(timeout=60)[0]

    def ask(self, query: str, **variables: object) -> Any:
        """Ask over GraphQL and return the data."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as answer:
            said = json.load(answer)
        assert "errors" not in said, said
        return said["data"]

    def launch_backfill(self, days: Sequence[str]) -> str:
        """Ask for days of the three assets, as the dialog of the UI does, and return the backfill's id."""
        selection = [{"path": [name]} for name in ASSETS]
        launched = self.ask(LAUNCH, p={"assetSelection": selection, "partitionNames": list(days)})
        assert launched["launchPartitionBackfill"]["__typename"] == "LaunchBackfillSuccess", launched
        return launched["launchPartitionBackfill"]["backfillId"]

    def backfill_status(self, backfill_id: str) -> str:
        """Return how far a backfill is."""
        return self.ask(STATUS, b=backfill_id)["partitionBackfillOrError"]["status"]

    def backfills(self) -> list[str]:
        """Return the ids of all backfills, sorted."""
        return sorted(each["id"] for each in self.ask(BACKFILLS)["partitionBackfillsOrError"]["results"])

    def cells(self, asset: str, first: str, last: str) -> dict[str, str]:
        """Return the state of each cell from first to last that has one; the daemon fills holidays near today."""
        node = self.ask(CELLS, k={"path": [asset]})["assetNodeOrError"]
        return _by_day(node["assetPartitionStatuses"]["ranges"], first, last)

    def checks(self, asset: str, first: str, last: str) -> dict[str, dict[str, str]]:
        """Return the result of each check of an asset for each day from first to last that has one."""
        node = self.ask(CHECKS, k={"path": [asset]})["assetNodeOrError"]
        found = node["assetChecksOrError"]["checks"]
        return {
            each["name"]: _by_day(each["partitionStatuses"]["ranges"], first, last)
            for each in found
            if each["partitionStatuses"]
        }


@contextmanager
def running_ui(environment: Mapping[str, str], directory: Path) -> Generator[Ui]:
    """Start `tbp up`, and end it however the test goes."""
    log, port = directory / "ui.log", free_port()
    with (
        log.open("ab") as stream,
        subprocess.Popen([TBP, "up", "--port", str(port)], env=environment, stdout=stream, stderr=stream) as process,
    ):
        ui = Ui(process, port, log, environment)
        try:
            up = wait_until(lambda: process.poll() is not None or ui.answers, 300, every=0.2)
            assert up, log.read_text(encoding="utf-8")
            assert process.poll() is None, log.read_text(encoding="utf-8")
            yield ui
        finally:
            if process.poll() is None:
                ui.stop()
            if process.poll() is None:
                process.kill()


def processes_of(ui: Ui, home: Path) -> list[psutil.Process]:
    """Return every process of a home: UI, daemon, code server and PostgreSQL."""
    roots = [psutil.Process(ui.process.pid), psutil.Process(postmaster_pid(home))]
    return [process for root in roots for process in (root, *root.children(recursive=True))]


def command_lines(processes: Sequence[psutil.Process]) -> str:
    """Return a line for each process that still runs: a session of PostgreSQL may end at any moment."""
    lines: list[str] = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            lines.append(" ".join(process.cmdline()))
    return "\n".join(lines)


def gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether none of the processes is left."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def _by_day(ranges: Sequence[Mapping[str, str]], first: str, last: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in ranges:
        for day in weekdays(date.fromisoformat(each["startKey"]), date.fromisoformat(each["endKey"])):
            found[str(day)] = each["status"]
    return {day: status for day, status in sorted(found.items()) if first <= day <= last}
