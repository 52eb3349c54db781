"""The workflows are valid, may do little, and every command of theirs is one that the project has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.deploy.files import compose

pytestmark = pytest.mark.unit

PATH = PROJECT_ROOT / ".github" / "workflows" / "ci.yml"
CI: dict[Any, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
STEPS = [step for job in CI["jobs"].values() for step in job["steps"]]
RUNS = [step["run"] for step in STEPS if "run" in step]


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_it_is_a_workflow_and_no_job_runs_for_ever(schema: str) -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    said = subprocess.run([check, "--builtin-schema", schema, PATH], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_actionlint_has_nothing_to_say() -> None:
    actionlint = shutil.which("actionlint")
    if actionlint is None:
        pytest.skip("actionlint is not installed here")
    said = subprocess.run([actionlint, PATH], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def test_every_make_target_is_one() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    asked = {target for run in RUNS for target in re.findall(r"\bmake ([a-z]+)", run)}
    assert asked - targets == set()
    assert asked == {"check", "test", "audit"}


def test_every_file_of_the_project_that_a_command_names_is_there() -> None:
    named = {word for run in RUNS for word in re.findall(r"(?<![\w/])((?:deploy|tbp_assets_tests)/[\w./-]+)", run)}
    made = {"deploy/.env"}
    assert len(named) >= 4
    assert [path for path in named - made if not (PROJECT_ROOT / path).exists()] == []


def test_each_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    uses = re.findall(r"uses: (.*)", PATH.read_text(encoding="utf-8"))
    assert len(uses) == len([step for step in STEPS if "uses" in step])
    assert [use for use in uses if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_it_may_read_the_code_and_nothing_else() -> None:
    assert CI["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in CI["jobs"].values())
    assert not re.search(r"\bsecrets\.", PATH.read_text(encoding="utf-8"))
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_what_a_pull_request_says_is_in_no_command() -> None:
    assert [run for run in RUNS if "${{" in run] == []


def test_a_newer_push_ends_the_run_of_the_older() -> None:
    assert CI["concurrency"]["cancel-in-progress"] is True


def test_oldest_and_newest_python_are_tried() -> None:
    declared = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (PROJECT_ROOT / "pyproject.toml").read_text())
    assert declared
    oldest, newest = int(declared[1]), int(declared[2]) - 1
    assert CI["jobs"]["test"]["strategy"]["matrix"]["python"] == [f"3.{oldest}", f"3.{newest}"]


def test_the_hypertables_are_tried_on_the_server_that_is_deployed() -> None:
    job = CI["jobs"]["timescale"]
    assert job["services"]["db"]["image"] == compose()["services"]["db"]["image"]
    assert "TBP_TEST_TIMESCALE_URL" in job["env"]


def test_every_python_job_keeps_the_packages_for_the_next() -> None:
    for name, job in CI["jobs"].items():
        uses = [step.get("uses", "") for step in job["steps"]]
        if any(run.startswith(("make check", "make test")) for step in job["steps"] if (run := step.get("run", ""))):
            assert any(use.startswith("actions/cache@") for use in uses), name
