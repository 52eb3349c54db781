"""The runbook's commands run as they stand, in its order, and its two ways back bring the same data back."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.deploy.files import compose
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.end_to_end.processes import own_configuration
from tbp_assets_tests.warm.launcher import search_path

pytestmark = pytest.mark.integration

RUNBOOK = (PROJECT_ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
PAGES = {page.name: page.read_text(encoding="utf-8") for page in (PROJECT_ROOT / "docs").glob("*.md")}
BARS = "SELECT * FROM market_data_raw ORDER BY timestamp, ticker"
# What a batch adds to a bar; the lake does not know it.
OF_THE_BATCH = {"batch_id", "ingested_at"}
# Each begins on a server that was never there before.
FRESH = ("Restore into a fresh server", "Rebuild from the lake")


def sections(text: str) -> dict[str, list[str]]:
    """Return the commands of each section that has any to be run."""
    found: dict[str, list[str]] = {}
    for part in text.split("\n## ")[1:]:
        blocks = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
        if blocks:
            found[part.split("\n", 1)[0]] = [line for block in blocks for line in block.splitlines()]
    return found


SECTIONS = sections(RUNBOOK)


class Machine:
    """A machine on which somebody follows the runbook: servers come and go, the lake and the backups stay."""

    def __init__(self, root: Path, ended: ExitStack) -> None:
        """Begin with a first server."""
        self.root, self.ended, self.servers = root, ended, 0
        self.configuration = own_configuration(root, root / "none")
        self.environment: Mapping[str, str] = {}
        self.new_server()

    def new_server(self) -> None:
        """Go on with a server that holds nothing."""
        self.servers += 1
        home = self.ended.enter_context(cleaned_home(self.root / f"home-{self.servers}"))
        self.environment = {
            **self.configuration,
            "TBP_HOME": str(home),
            "TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60",
            "BACKUPS": str(self.root / "backups"),
            "PATH": search_path(),
        }

    def run(self, command: str, **others: str) -> str:
        """Run a command as a person types it, and return what it said."""
        done = subprocess.run(
            command, shell=True, env={**self.environment, **others}, cwd=PROJECT_ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def table(self, sql: str) -> Any:
        """Return the rows of a statement."""
        return json.loads(self.run(f"tbp query {shlex.quote(sql)} --limit 100000 --json"))

    def status(self) -> Any:
        """Return all that `tbp status` says, but where the database is."""
        said = json.loads(self.run("tbp status --from 2024-01-02 --to 2024-01-12 --json"))
        return {name: value for name, value in said.items() if name != "route"}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, dict[str, dict[str, Any]]]]:
    """The machine after the whole runbook, and what the database held before and after each way back."""
    seen: dict[str, dict[str, Any]] = {}
    with ExitStack() as ended:
        machine = Machine(tmp_path_factory.mktemp("runbook"), ended)
        for name, commands in SECTIONS.items():
            if name == FRESH[0]:
                seen["before"] = {
                    "bars": machine.table(BARS),
                    "status": machine.status(),
                }
            if name in FRESH:
                machine.new_server()
            for command in commands:
                machine.run(command)
            if name in FRESH:
                seen[name] = {"bars": machine.table(BARS), "status": machine.status()}
        yield machine, seen


Followed = tuple[Machine, dict[str, dict[str, Any]]]


def test_every_command_runs_and_the_ways_back_are_among_them(followed: Followed) -> None:
    assert set(FRESH) <= set(SECTIONS)
    assert {"In the morning", "A check failed", "A new ticker", "Upgrade", "Back up"} <= set(SECTIONS)
    assert followed[0].servers == 3


def test_a_restored_server_says_the_same_and_holds_the_same_to_the_batch(followed: Followed) -> None:
    _, seen = followed
    assert seen["before"]["bars"]
    assert seen[FRESH[0]] == seen["before"]


def test_a_rebuilt_server_holds_the_same_bars_and_days(followed: Followed) -> None:
    _, seen = followed
    bars = {
        when: [{name: value for name, value in bar.items() if name not in OF_THE_BATCH} for bar in found["bars"]]
        for when, found in seen.items()
    }
    assert bars[FRESH[1]] == bars["before"]
    assert seen[FRESH[1]]["status"] == seen["before"]["status"]


@pytest.mark.parametrize("page", ["runbook.md", "deployment.md", "security.md"])
def test_commands_that_need_docker_or_root_are_at_least_shell(page: str) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", PAGES[page], re.DOTALL)
    assert blocks
    for block in blocks:
        said = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("page", ["runbook.md", "deployment.md"])
def test_the_services_that_a_command_names_are_in_the_compose_file(page: str) -> None:
    file = "deploy/docker-compose.yml"
    named = re.findall(r"docker compose -f (\S+) (?:exec|run --rm --no-deps|up --detach) ([a-z]+)\b", PAGES[page])
    assert named
    assert {path for path, _ in named} == {file}
    assert {service for _, service in named} <= set(compose()["services"])


@pytest.mark.parametrize("page", ["runbook.md", "deployment.md", "scale.md", "security.md"])
def test_every_command_of_tbp_and_its_options_are_there(tbp: Tbp, page: str) -> None:
    typed = re.findall(r"\btbp ([a-z]+)(?: (list|flags|days|show|check|serve))?((?: [^`|\n]*)?)", PAGES[page])
    for first, second, rest in {(first, second, rest) for first, second, rest in typed}:
        if first in {"metrics", "stands"}:
            continue
        words = [first, *([second] if second and first in {"quality", "quarantine", "config"} else [])]
        told = tbp(*words, "--help", COLUMNS="200")
        assert told.code == 0, words
        if first != "exec":
            assert [option for option in re.findall(r" (--[a-z-]+)", rest) if option not in told.out] == [], words
