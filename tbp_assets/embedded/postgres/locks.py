"""Locks between processes: `flock` on small files.

A lock belongs to the open file, not to the process: it passes through fork and exec with the descriptor and ends when
the last copy of that descriptor is closed, however its holder dies. Leases, liveness and the watcher rest on that, so a
lock is given back by closing, never by LOCK_UN, which would take it from the other copies as well.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.account import give_to_owner_of_directory
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_POLL_SECONDS = 0.01


def open_lock(path: Path) -> int:
    """Open a lock file, made if it is not there; the descriptor is not inheritable."""
    made = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if made:
        give_to_owner_of_directory(path)
    return descriptor


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free now."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(descriptor: int, seconds: float, *, shared: bool = False) -> bool:
    """Take the lock, waiting at most so many seconds for it."""
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor, shared=shared):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def wait_until_free(descriptor: int) -> None:
    """Sleep, however long, until nobody else holds the lock; it is not kept."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """Say whether somebody holds the lock exclusively; makes no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


def is_file_at(descriptor: int, path: Path) -> bool:
    """Say whether the open file is still the one at that path, rather than one removed since."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


@contextmanager
def exclusive(path: Path, *, within: float) -> Generator[None]:
    """Hold a lock file alone for the length of a block.

    Raises:
        EmbeddedServerError: another process kept it for longer than `within` seconds.
    """
    descriptor = open_lock(path)
    try:
        if not lock_within(descriptor, within):
            raise EmbeddedServerError(
                f"Another process has been starting or stopping the embedded PostgreSQL for {within:.0f} s "
                f"(it holds {path}). Wait for it or end it, then try again."
            )
        yield
    finally:
        os.close(descriptor)
