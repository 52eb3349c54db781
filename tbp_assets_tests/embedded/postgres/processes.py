"""Other processes for the tests: users of a server that live, exec and die, as the current user or as `nobody`."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tbp_assets.embedded.postgres import ServerAddress
from tbp_assets.embedded.postgres.account import Account, can_reach
from tbp_assets.embedded.postgres.site import find_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from tbp_assets.embedded.postgres.instance import Instance

REPOSITORY = Path(__file__).resolve().parents[3]
SITE_PACKAGES = Path(psutil.__file__).resolve().parents[1]
_ENSURE = """
import dataclasses, json, os, sys, time
from pathlib import Path
from tbp_assets.embedded.postgres import ensure_server
from tbp_assets.errors import TbpError
try:
    address = ensure_server(Path(sys.argv[1]))
except TbpError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print(json.dumps(dataclasses.asdict(address)), flush=True)
"""
USE_ONCE = _ENSURE
USE_AND_STAY = f"{_ENSURE}time.sleep(60)\n"
USE_AND_EXEC = f"{_ENSURE}os.execv('/bin/sleep', ['sleep', '60'])\n"


def command(script: str, home: Path, python: str = sys.executable) -> list[str]:
    """Return the command line that runs one of the scripts above on a home."""
    return [python, "-c", script, str(home)]


def environment(*import_first: Path) -> dict[str, str]:
    """Return an environment in which this tree can be imported from anywhere."""
    roots = [*import_first, REPOSITORY, SITE_PACKAGES]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots)), "PYTHONDONTWRITEBYTECODE": "1"}


def run_once(home: Path, *import_first: Path) -> ServerAddress:
    """Let another process use the server and end; its output is captured, as a caller of the CLI would."""
    done = subprocess.run(
        command(USE_ONCE, home),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env=environment(*import_first),
    )
    assert done.returncode == 0, done.stderr
    return ServerAddress(**json.loads(done.stdout))


def run_as_nobody(home: Path) -> subprocess.CompletedProcess[str]:
    """Let a process of an ordinary user use the server and end."""
    python = python_for_nobody()
    entry = pwd.getpwnam("nobody")
    return subprocess.run(
        command(USE_ONCE, home, python),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        cwd="/",
        env=environment(),
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=(),
    )


def python_for_nobody() -> str:
    """Return an interpreter like ours that `nobody` can run, or skip: root's own is often below /root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    entry = pwd.getpwnam("nobody")
    nobody = Account(entry.pw_uid, entry.pw_gid)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [sys.executable, f"/usr/bin/{version}", shutil.which(version) or ""]
    for candidate in filter(os.path.exists, candidates):
        if can_reach(nobody, Path(candidate)) and can_reach(nobody, SITE_PACKAGES) and can_reach(nobody, REPOSITORY):
            return candidate
    pytest.skip(f"nobody can reach no {version} here")


def instance_of(home: Path) -> Instance:
    """Return where the home's server lies."""
    site = find_site(home)
    assert site is not None
    return site.instance


def postmaster_pid(home: Path) -> int:
    """Return the pid of the home's server."""
    return int((instance_of(home).data / "postmaster.pid").read_text().splitlines()[0])


def watchers_of(home: Path) -> list[psutil.Process]:
    """Return the watcher processes of the home's server."""
    site = find_site(home)
    if site is None:
        return []
    return processes_saying("tbp_assets.embedded.postgres.watcher", str(site.instance.directory))


def processes_saying(*words: str) -> list[psutil.Process]:
    """Return the processes whose command line holds all the words."""
    found = psutil.process_iter(["cmdline"])
    return [each for each in found if set(words) <= set(each.info["cmdline"] or ())]


def wait_until(happened: Callable[[], bool], seconds: float, *, every: float = 0.02) -> bool:
    """Look every 20 ms whether something has happened; False if it has not in time.

    Args:
        every: Seconds between two looks, where to look takes a process or a page of the UI.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
