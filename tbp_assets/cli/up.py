"""`tbp up` and `tbp stop`: Dagster's web UI and daemon over the project's database, one of them a home."""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO, NoReturn

import psutil

from tbp_assets.cli.announcing import announce
from tbp_assets.cli.listening import LOOPBACK, WHAT_IT_MEANS, require_free, require_guarded, url_of
from tbp_assets.cli.output import err, out
from tbp_assets.cli.session import Session
from tbp_assets.config_loader import load_settings
from tbp_assets.embedded.postgres import running_server, stop_server
from tbp_assets.errors import UsageError
from tbp_assets.resources.places import require_home
from tbp_assets.settings import PROJECT_ROOT, Settings

STOP_SECONDS = 20


def up(port: int, host: str = LOOPBACK, *, without_login: bool = False) -> NoReturn:
    """Replace this process by `dagster dev`.

    Args:
        port: Of the UI.
        host: Where it listens.
        without_login: It is meant that other machines reach it.

    Raises:
        UsageError: A UI with its daemon already runs for this TBP_HOME, or it would be open without a login.
    """
    # Only to start: Dagster takes seconds to import, which `tbp stop` need not wait for.
    from tbp_assets.cli.instance import open_instance  # noqa: PLC0415
    from tbp_assets.defs.abandoned import close_abandoned_runs  # noqa: PLC0415

    require_guarded(host, without_login=without_login)
    session = Session.start()
    out.print(session.route)
    require_free(host, port)
    environment = session.dagster_environment()
    held = _claim(session.settings.home / "up.pid")
    os.set_inheritable(held.fileno(), True)
    with open_instance(session) as instance:
        close_abandoned_runs(instance, no_ui=True)
    if without_login:
        err.print(f"[yellow]no login[/] {WHAT_IT_MEANS}")
    out.print("starting the UI and its daemon ...")
    reader, writer = os.pipe()
    announce(url_of(host, port), reader)
    os.close(reader)
    os.set_inheritable(writer, True)
    _hear_signals()
    level = loudness(session.settings)
    command = [
        sys.executable, "-m", "dagster", "dev",
        "--workspace", str(PROJECT_ROOT / "workspace.yaml"),
        "--host", host, "--port", str(port), "--log-level", level, "--code-server-log-level", level,
        "--log-format", "json" if session.settings.pipeline.logs.console == "json" else "colored",
    ]  # fmt: skip
    sys.stdout.flush()
    os.chdir(PROJECT_ROOT)
    quiet = "ignore:Function `dev_command` is superseded"
    os.execve(sys.executable, command, {**os.environ, **environment, "PYTHONWARNINGS": quiet})  # noqa: S606  # our own interpreter


def loudness(settings: Settings) -> str:
    """Return the least level of what Dagster's services print of themselves; each look of a sensor is an INFO."""
    level = settings.pipeline.log_level
    return ("warning" if level == "INFO" else level).lower()


def _hear_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Started in the background a shell lets SIGINT be ignored, and exec keeps that: the UI could not be ended.
        signal.signal(number, signal.SIG_DFL)


def _claim(path: Path) -> IO[str]:
    stream = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        raise UsageError(
            f"a UI and daemon already run for {path.parent} (pid {stream.read().strip()}): `tbp stop` ends them"
        ) from None
    stream.truncate(0)
    stream.write(str(os.getpid()))
    stream.flush()
    return stream


def stop() -> int:
    """End the UI with its daemon, then the embedded server; return the exit code."""
    home = load_settings().home
    require_home(home)
    # Asked before: once the UI is gone, the watcher may stop the server first.
    served = running_server(home) is not None
    ended = _end(home / "up.pid")
    stop_server(home)
    out.print("UI and daemon ended" if ended else "no UI was running")
    out.print("embedded PostgreSQL stopped" if served else "no embedded PostgreSQL was running")
    return 0


def _end(path: Path) -> bool:
    pid = _holder(path)
    if pid is None:
        return False
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return False
    processes[0].send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(processes, STOP_SECONDS)
    for process in alive:
        process.kill()
    while _holder(path) is not None:
        time.sleep(0.1)
    return True


def _holder(path: Path) -> int | None:
    """Return the process that holds the claim, or None."""
    try:
        with path.open("r+", encoding="ascii") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(stream.read())
    except FileNotFoundError:
        pass
    return None
