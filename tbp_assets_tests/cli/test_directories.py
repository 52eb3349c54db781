"""Directories that cannot be written to: one sentence that names place and variable, and nothing left behind."""

from __future__ import annotations

import pwd
import subprocess
import tempfile
from pathlib import Path

import pytest

from tbp_assets_tests.cli.table import loads
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.embedded.postgres.processes import environment, python_for_nobody

pytestmark = pytest.mark.integration
MAIN = "from tbp_assets.cli.app import main; main()"


HOMELESS = [
    ("status",), ("backfill", TUESDAY, TUESDAY), ("query", "SELECT 1"), ("migrate",), ("up",), ("stop",),
]  # fmt: skip


@pytest.fixture
def file(project: Project) -> Path:
    """A file, below which no directory can be made, not even by root."""
    path = project.root / "file"
    path.touch()
    return path


@pytest.mark.parametrize("command", HOMELESS)
def test_a_home_that_cannot_be_made_is_named(project: Project, tbp: Tbp, file: Path, command: tuple[object]) -> None:
    said = tbp(*command, TBP_HOME=str(file / "home"))
    said.must_be(2, f"tbp: {file} is no directory", "TBP_HOME")


@pytest.mark.parametrize("command", [("config", "check"), ("doctor",)])
def test_a_home_that_cannot_be_made_is_found_when_asked_for(
    project: Project, tbp: Tbp, file: Path, command: tuple[str]
) -> None:
    said = tbp(*command, TBP_HOME=str(file / "home"))
    said.must_be(2)
    assert f"{file} is no directory (TBP_HOME, pipeline.yml: home)" in said.out + said.err


def test_a_store_that_cannot_be_read_is_named(project: Project, tbp: Tbp, file: Path) -> None:
    said = tbp("backfill", TUESDAY, TUESDAY, TBP_LAKE_URL=(file / "store").as_uri())
    said.must_be(1, f"tbp: {file}/store/landing", "cannot be read")


def test_a_store_that_cannot_be_written_to_is_named_and_no_day_is_loaded(project: Project, tbp: Tbp) -> None:
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY)})
    project.store.mkdir()
    (project.store / "incoming").touch()
    said = tbp("backfill", TUESDAY, WEDNESDAY)
    said.must_be(1, "fault raw_day_file:", f"{project.store}/incoming", f"Make {project.store} writable", "TBP_HOME")
    assert loads(project.database()) == 0


def test_a_read_only_home_is_named_to_an_ordinary_user(project: Project) -> None:
    python, nobody = python_for_nobody(), pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        directory = Path(name)
        directory.chmod(0o755)
        done = subprocess.run(
            [python, "-c", MAIN, "status"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=environment() | {"TBP_HOME": str(directory / "home"), "TBP_LAKE_URL": "", "TBP_CONFIG_DIR": ""},
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=(),
        )
        assert (done.returncode, list(directory.iterdir())) == (2, [])
    assert "Permission denied" in done.stderr
    assert "TBP_HOME" in done.stderr
    assert "Traceback" not in done.stderr
