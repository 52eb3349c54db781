"""The units are ones, run commands that exist, and read secrets from a file of their own."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.deploy.files import DEPLOY, compose

pytestmark = pytest.mark.unit

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def unit(path: Path) -> configparser.ConfigParser:
    """Return a unit's sections."""
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]  # names keep their capitals
    parsed.read_string(path.read_text(encoding="utf-8"))
    return parsed


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_what_its_service_runs_on_this_machine_alone(path: Path) -> None:
    program, *words = shlex.split(unit(path)["Service"]["ExecStart"])
    assert program == "/opt/tbp/.venv/bin/tbp"
    service = compose()["services"][path.stem.removeprefix("tbp-")]["command"]
    meant = [word.replace("0.0.0.0", "127.0.0.1").replace("/opt/tbp/", "") for word in service[1:]]
    assert words == meant
    assert (PROJECT_ROOT / "workspace.yaml").exists()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_may_do_little_and_holds_no_secret(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["User"] == "tbp"
    assert service["EnvironmentFile"] == "/etc/tbp.env"
    assert "Environment" not in service
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("true", "strict")


def test_there_is_one_for_the_ui_and_one_for_the_daemon() -> None:
    assert [path.name for path in UNITS] == ["tbp-daemon.service", "tbp-webserver.service"]


def test_systemd_takes_them(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed here")
    for path in UNITS:
        text = (
            path.read_text(encoding="utf-8").replace("/opt/tbp/.venv/bin/tbp", sys.executable).replace("User=tbp\n", "")
        )
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    said = subprocess.run([analyze, "verify", *tmp_path.glob("*.service")], capture_output=True, text=True, check=False)
    assert "Unknown" not in said.stderr
