"""What the Makefile installs, and when: asked with `make --dry-run` of a directory that holds a stand-in for .venv."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tbp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit
RUN, ALL = "requirements-run.lock", "requirements.lock"
FILES = ("Makefile", "pyproject.toml", RUN, ALL)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A project as after `make test`: everything installed, each file older than what was made from it."""
    directory = tmp_path / "a project"
    (directory / ".venv/bin").mkdir(parents=True)
    for name in FILES:
        shutil.copy2(PROJECT_ROOT / name, directory)
    # As pip writes it where the path has a space.
    script = f'#!/bin/sh\n\'\'\'exec\' "{directory}/.venv/bin/python" "$0" "$@"\n'
    (directory / ".venv/bin/tbp").write_text(script, encoding="utf-8")
    for name in ("ready", "dev-ready"):
        (directory / ".venv" / name).touch()
    return directory


def planned(directory: Path, target: str) -> str:
    """Return the commands that a target would run."""
    # Not those of the `make test` that runs this.
    own = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=directory, check=True, capture_output=True, text=True, env=own
    )  # fmt: skip
    return done.stdout


def names(lock: str) -> set[str]:
    """Return the lines of a lock file."""
    return set((PROJECT_ROOT / lock).read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("target", ["demo", "up", "stop"])
def test_to_run_takes_no_tools_of_developers(directory: Path, target: str) -> None:
    shutil.rmtree(directory / ".venv")
    commands = planned(directory, target)
    assert f"-r {RUN}" in commands
    assert f"-r {ALL}" not in commands


@pytest.mark.parametrize("target", ["test", "check", "coverage", "docs", "faults", "format"])
def test_tests_and_checks_install_their_tools_on_top(directory: Path, target: str) -> None:
    (directory / ".venv/dev-ready").unlink()
    commands = planned(directory, target)
    assert f"-r {ALL}" in commands
    assert f"-r {RUN}" not in commands


@pytest.mark.parametrize("target", ["demo", "test"])
def test_nothing_is_installed_twice(directory: Path, target: str) -> None:
    assert "pip install" not in planned(directory, target)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_directory_that_was_moved_is_installed_anew(directory: Path, target: str) -> None:
    moved = directory.rename(directory.with_name("moved"))
    commands = planned(moved, target)
    assert "-m venv --clear" in commands
    assert f"-r {RUN}" in commands
    assert (f"-r {ALL}" in commands) == (target == "test")


def test_what_is_installed_to_run_is_what_the_package_names_in_the_versions_that_are_tested() -> None:
    assert names(RUN) < names(ALL)
    installed = {line.split("==")[0] for line in names(RUN)}
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for wanted in [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]:
        name = wanted.split(">")[0].split("[")[0]
        assert name in installed
    assert not installed & {"pytest", "ruff", "basedpyright", "moto", "playwright", "hypothesis"}
