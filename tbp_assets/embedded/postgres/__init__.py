"""The embedded PostgreSQL server: started for whoever needs it, stopped when the last of them is gone.

`server.py` is the way in; the rest of the room are its parts. Nothing here knows Dagster or market data, and nothing
heavy is imported: the watcher is a process of its own and imports this package too.
"""

from __future__ import annotations

from tbp_assets.embedded.postgres.binaries import client_programs
from tbp_assets.embedded.postgres.record import ServerAddress
from tbp_assets.embedded.postgres.server import data_directory, ensure_server, release, running_server, stop_server

__all__ = [
    "ServerAddress",
    "client_programs",
    "data_directory",
    "ensure_server",
    "release",
    "running_server",
    "stop_server",
]
