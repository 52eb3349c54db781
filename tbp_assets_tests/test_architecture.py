"""The page on architecture says which package may import which: as the contracts of pyproject.toml have it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.pages import read

pytestmark = pytest.mark.unit

PAGE = read("docs/architecture.md")
CONTRACTS: dict[str, Any] = {
    contract["name"]: contract
    for contract in tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
}


def rows() -> list[tuple[list[str], str]]:
    """Return the packages of each row of the table of layers, and whether they may know Dagster."""
    table = PAGE.split("| layer | Dagster |")[1].split("\n\n")[0]
    found = re.findall(r"^\| (`.*?) \| (yes|no) \|", table, re.MULTILINE)
    return [(re.findall(r"`(\w+)`", packages), dagster) for packages, dagster in found]


def test_the_layers_are_those_of_the_contract_in_its_order() -> None:
    layers = CONTRACTS["Imports point one way"]["layers"]
    assert [" | ".join(f"tbp_assets.{name}" for name in packages) for packages, _ in rows()] == layers


def test_the_layers_that_do_not_know_dagster_are_those_that_may_not() -> None:
    forbidden = CONTRACTS["Only the edge knows Dagster"]["source_modules"]
    without = [f"tbp_assets.{name}" for packages, dagster in rows() if dagster == "no" for name in packages]
    assert sorted(without) == sorted(forbidden)


def test_every_package_and_module_of_the_project_is_a_layer() -> None:
    inside = (PROJECT_ROOT / "tbp_assets").iterdir()
    there = {path.stem for path in inside if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {name for packages, _ in rows() for name in packages} == there - {"__init__"}


def test_every_name_in_code_that_it_sends_a_reader_to_is_in_the_file_it_names() -> None:
    named = re.findall(r"`([A-Za-z_]+)`\s(?:of|in)\s`(tbp_assets/[\w/]+\.py)`", PAGE)
    assert len(named) >= 5
    assert [pair for pair in named if not re.search(rf"\b{pair[0]}\b", read(pair[1]))] == []
