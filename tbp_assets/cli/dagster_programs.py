"""`tbp exec`: Dagster's own programs over the project's database, as a container or systemd runs them."""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.settings import PROJECT_ROOT

PROGRAMS = ("dagster", "dagster-webserver", "dagster-daemon")


def exec_program(command: list[str]) -> NoReturn:
    """Replace this process by one of Dagster's programs, in the project's directory and with what dagster.yaml reads.

    Raises:
        UsageError: It is none of them, or not installed.
    """
    program, *words = command
    if program not in PROGRAMS:
        raise UsageError(f"{program!r} is none of Dagster's programs: {', '.join(PROGRAMS)}")
    # Beside the interpreter: the one of this environment, whatever the path says.
    path = shutil.which(program, path=str(Path(sys.executable).parent))
    if path is None:
        raise UsageError(f"{program} is not installed beside {sys.executable}")
    environment = Session.start().dagster_environment()
    os.chdir(PROJECT_ROOT)
    os.execve(path, [program, *words], {**os.environ, **environment})  # noqa: S606  # one of three, no shell
