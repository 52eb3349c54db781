"""The README's commands run as they stand, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home

pytestmark = pytest.mark.integration

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
# `make test` is what runs this.
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line != "make test"
]


def test_every_command_of_the_readme_runs_in_order(tmp_path: Path) -> None:
    with cleaned_home(tmp_path / "home") as home:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TBP_HOME": str(home),
            "TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60",
        }
        for command in COMMANDS:
            ran = subprocess.run(
                command,
                shell=True,
                cwd=PROJECT_ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=170,
                check=False,
            )
            assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"


def test_the_readme_has_the_two_commands() -> None:
    assert "make demo" in COMMANDS
    assert "```sh\nmake test\n```" in README


@pytest.mark.parametrize(
    "page", [*PROJECT_ROOT.glob("*.md"), *PROJECT_ROOT.glob("docs/**/*.md")], ids=lambda page: page.name
)
def test_every_link_leads_to_a_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_path_in_the_table_of_places_exists() -> None:
    places = README.split("## Where things are")[1]
    paths = re.findall(r"`([a-z_/]+/)`", places)
    assert paths
    assert [path for path in paths if not path.startswith(("landing", "lake")) and not _found(path)] == []


def _found(path: str) -> bool:
    return any((root / path).is_dir() for root in (PROJECT_ROOT, PROJECT_ROOT / "tbp_assets"))
