"""The running server: is it up, start it, stop it.

Life is told by a lock that the server's processes inherit (`running.lock`), not by the pid in postmaster.pid: after a
reboot that number may be anyone's. The pid is used only while the lock says that a server is there.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import psutil

from tbp_assets.embedded.postgres.locks import is_locked, lock_within, open_lock
from tbp_assets.embedded.postgres.ports import choose_port, is_free
from tbp_assets.embedded.postgres.record import HOST
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tbp_assets.embedded.postgres.binaries import Programs
    from tbp_assets.embedded.postgres.instance import Instance

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "cluster_name": "tbp",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # No replica will ever follow it, and bulk loads then write less.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "scram_iterations": "1",
}
_START_SECONDS = 120
_ATTEMPTS = 3
# PostgreSQL's "fast" shutdown, which may have much to write, then its "immediate" one, after which it must recover.
_STOP_SECONDS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
_ORPHAN_SECONDS = 3.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Status:
    """A server as seen from outside; `orphaned`: the postmaster is dead, processes of it are still there."""

    state: Literal["down", "ready", "changing", "orphaned"]
    pid: int | None = None
    port: int | None = None


def status(instance: Instance) -> Status:
    """Look at the server without touching it."""
    if not is_locked(instance.running):
        return Status("down")
    # Its lines: pid, data directory, start time, port, socket directory, address, shared memory, state.
    lines = _pid_file_lines(instance)
    pid = int(lines[0]) if lines and lines[0].strip().isdigit() else None
    if pid is None or not psutil.pid_exists(pid):
        return Status("orphaned")
    if [line.strip() for line in lines[7:8]] == ["ready"]:
        return Status("ready", pid, int(lines[3]))
    return Status("changing", pid)


def settled_status(instance: Instance) -> Status:
    """Wait out a start or stop that somebody left half-way, end orphans, and return `ready` or `down`.

    Raises:
        EmbeddedServerError: the server is still in between after two minutes.
    """
    began = time.monotonic()
    while (seen := status(instance)).state not in {"ready", "down"}:
        waited = time.monotonic() - began
        if seen.state == "orphaned" and waited > _ORPHAN_SECONDS:
            _kill_processes_in(instance.data)
        if waited > _START_SECONDS:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL in {instance.data} has been starting or stopping for {waited:.0f} s "
                f"(pid {seen.pid}). See its log, or end it and try again."
            )
        time.sleep(_POLL_SECONDS)
    return seen


def start(instance: Instance, programs: Programs, *, preferred_port: int | None) -> int:
    """Start the server, on the preferred port if that is free, and return the port.

    Raises:
        EmbeddedServerError: it did not start; the message says why and where its log is.
    """
    attempts_left = _ATTEMPTS
    while True:
        port = choose_port(preferred_port)
        attempts_left -= 1
        try:
            _start_on(port, instance, programs)
        except EmbeddedServerError:
            # Somebody may take a port between our look at it and the server's: only that is worth another try.
            if is_free(port) or not attempts_left:
                raise
            continue
        _require_inherited_lock(instance)
        return port


def stop(instance: Instance) -> bool:
    """Stop the server, cleanly if it will; True if one was running."""
    seen = status(instance)
    if seen.state == "down":
        return False
    for number, patience in _STOP_SECONDS:
        if seen.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(seen.pid, number)
            if _is_gone_within(instance, patience):
                return True
    _kill_processes_in(instance.data)
    if not _is_gone_within(instance, _ORPHAN_SECONDS):
        raise EmbeddedServerError(f"The embedded PostgreSQL in {instance.data} (pid {seen.pid}) cannot be stopped.")
    return True


def _start_on(port: int, instance: Instance, programs: Programs) -> None:
    running = open_lock(instance.running)
    try:
        if not lock_within(running, _ORPHAN_SECONDS):
            raise EmbeddedServerError(f"Another server already runs on {instance.data}.")
        # No process of this data directory lives, so its pid is stale; PostgreSQL would believe it if reused since.
        (instance.data / "postmaster.pid").unlink(missing_ok=True)
        programs.run("pg_ctl", _pg_ctl_arguments(port), cwd=instance.data, keep_open=(running,))
    finally:
        os.close(running)


def _pg_ctl_arguments(port: int) -> list[str]:
    options = {**_SETTINGS, "port": str(port)}
    # Relative on purpose: pg_ctl goes through a shell, which would expand a $ in the path.
    spelled = " ".join(f"-c {name}={value}" for name, value in options.items())
    return ["start", "--wait", f"--timeout={_START_SECONDS}", "--pgdata=.", f"--options={spelled}"]


def _require_inherited_lock(instance: Instance) -> None:
    if is_locked(instance.running):
        return
    # Nobody could tell later that this server runs, and a second one on its data would ruin them.
    with suppress(ProcessLookupError):
        os.kill(int(_pid_file_lines(instance)[0]), signal.SIGINT)
    _wait_until(lambda: not _pid_file_lines(instance), _STOP_SECONDS[0][1])
    raise EmbeddedServerError(
        f"The file system of {instance.directory} does not keep locks through fork (NFS?), so the server could not be "
        "guarded and was stopped. Set TBP_HOME to a local disk."
    )


def _pid_file_lines(instance: Instance) -> list[str]:
    try:
        return (instance.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_gone_within(instance: Instance, seconds: float) -> bool:
    return _wait_until(lambda: not is_locked(instance.running), seconds)


def _wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _kill_processes_in(data: Path) -> None:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            # By working directory: a backend writes what it likes over its command line.
            if process.name().startswith("postgres") and process.cwd() == str(data):
                process.kill()
