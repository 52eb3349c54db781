"""Our process's share in a server: an open lock file that says "in use" for as long as the process lives.

The descriptor is inheritable, so the share survives exec; children of a plain fork share it until they end as well.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.locks import is_file_at, lock_within, open_lock
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from pathlib import Path

_WAIT_SECONDS = 120.0

_held: dict[Path, int] = {}


def hold(path: Path) -> bool:
    """Take a share, waiting for a watcher that is just stopping the server; True if this process had none."""
    if path in _held:
        # Whoever daemonizes closes descriptors it does not know; a removed home leaves a lock that guards nothing.
        if is_file_at(_held[path], path):
            return False
        del _held[path]
    descriptor = _shared(path)
    kept = _held.setdefault(path, descriptor)
    if kept != descriptor:
        os.close(descriptor)
    return kept == descriptor


def give_back(path: Path) -> None:
    """End this process's share, if it has one."""
    descriptor = _held.pop(path, None)
    if descriptor is not None and is_file_at(descriptor, path):
        os.close(descriptor)


def _shared(path: Path) -> int:
    descriptor = open_lock(path)
    try:
        if not lock_within(descriptor, _WAIT_SECONDS, shared=True):
            raise EmbeddedServerError(
                f"The embedded PostgreSQL is being stopped and does not end ({path}). See its log."
            )
        # Tells the watcher that somebody came, even if they are gone again when it looks.
        os.utime(descriptor)
        os.set_inheritable(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
