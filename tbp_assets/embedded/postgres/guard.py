"""Starts the watcher, as a process that nobody waits for.

Apart from `watcher.py` because `python -m` must not find the module it is to run already imported by its package.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.locks import open_lock, try_lock

if TYPE_CHECKING:
    from tbp_assets.embedded.postgres.instance import Instance

_MODULE = "tbp_assets.embedded.postgres.watcher"
_IMPORT_ROOT = Path(__file__).resolve().parents[3]
_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")


def ensure_watched(instance: Instance, log: Path) -> None:
    """Start the instance's watcher unless there is one."""
    lock = open_lock(instance.watcher)
    try:
        # The lock passes to the watcher already taken: between two of them there is no moment without an owner.
        if try_lock(lock):
            _spawn(instance, lock, log)
    finally:
        os.close(lock)


def _spawn(instance: Instance, lock: int, log: Path) -> None:
    command = [sys.executable, "-m", _MODULE, str(instance.directory), str(lock)]
    with log.open("ab") as errors:
        # Through a shell's `&`, so that it is init's child: ours would be a zombie once it ends.
        subprocess.run(  # noqa: S603 (nothing is spelled into the shell's command)
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env=_environment(),
            cwd="/",
            pass_fds=(lock,),
            start_new_session=True,
        )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    paths = [str(_IMPORT_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}
