"""TCP ports of this machine: which one the server gets; the last one again if it can be had."""

from __future__ import annotations

import socket

from tbp_assets.embedded.postgres.record import HOST


def choose_port(preferred: int | None) -> int:
    """Return the preferred port if nobody listens on it, else any free one."""
    return preferred if preferred is not None and is_free(preferred) else _any_free_port()


def is_free(port: int) -> bool:
    """Say whether the server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As PostgreSQL does: connections of the last server that linger in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
