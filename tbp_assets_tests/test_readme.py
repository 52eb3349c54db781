"""The README's commands run as they stand; the links, anchors and paths of every page lead somewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.pages import PAGES, anchors, commands, links, named_paths, read, run_in_order

pytestmark = pytest.mark.integration

README = read("README.md")
# `make test` is what runs this.
COMMANDS = [command for command in commands(README) if command != "make test"]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def test_every_command_of_the_readme_runs_in_order(tmp_path: Path) -> None:
    with cleaned_home(tmp_path / "home") as home:
        market = {"TBP_HOME": str(home), "TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
        run_in_order(COMMANDS, os.environ | market)


def test_the_readme_has_the_two_commands() -> None:
    assert "make demo" in COMMANDS
    assert "```sh\nmake test\n```" in README


@every_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = {f"{file}#{anchor}": (page.parent / file if file else page, anchor) for file, anchor in links(text)}
    assert [link for link, (target, _) in targets.items() if not target.exists()] == []
    astray = [
        link
        for link, (target, anchor) in targets.items()
        if anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
    ]
    assert astray == []


@every_page
def test_every_path_in_backticks_exists(page: Path) -> None:
    # deploy/.env is the reader's own.
    named = [path for path in named_paths(page.read_text(encoding="utf-8")) if path != "deploy/.env"]
    assert [path for path in named if not (PROJECT_ROOT / path).exists()] == []


def test_anchors_are_those_of_github() -> None:
    fenced = "```sh\n# no heading\n```\n"
    text = f"# A `tbp` day: what, now?\n\n{fenced}## [Linked](x.md): done\n## Twice\n## Twice\n## a_b-c\n"
    assert anchors(text) == {"a-tbp-day-what-now", "linked-done", "twice", "twice-1", "a_b-c"}


def test_every_path_in_the_table_of_places_exists() -> None:
    places = README.split("## Where things are")[1]
    paths = re.findall(r"`([a-z_/]+/)`", places)
    assert paths
    assert [path for path in paths if not path.startswith(("landing", "lake")) and not _found(path)] == []


def _found(path: str) -> bool:
    return any((root / path).is_dir() for root in (PROJECT_ROOT, PROJECT_ROOT / "tbp_assets"))
