"""What a home remembers of its server: `postgres/server.json`, readable by its owner only.

It holds the place of the instance where that is not the home itself, the port of the last start, and the password.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.account import give_to_owner_of_directory
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
USER = "tbp"
DATABASE = "market_data"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """All a client needs to connect."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str


@dataclass(frozen=True, slots=True)
class Record:
    """The content of server.json; a port of None says that the server has never run."""

    directory: str | None
    port: int | None
    password: str = field(repr=False)

    def address(self, port: int) -> ServerAddress:
        """Return the address of the server while it listens on that port."""
        return ServerAddress(HOST, port, USER, self.password, DATABASE)


def new_record(directory: Path | None) -> Record:
    """Return a record with a password nobody has seen; `directory` where the instance lies outside the home."""
    return Record(None if directory is None else str(directory), None, secrets.token_hex(24))


def read_record(path: Path) -> Record | None:
    """Read server.json, or return None where there is none.

    Raises:
        EmbeddedServerError: the file is not what this project wrote.
    """
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise EmbeddedServerError(
            f"{path} is damaged ({error}). Restore it from a backup; without it the embedded database, whose password "
            f"it holds, cannot be opened. To start with an empty one, remove {path.parent}."
        ) from error


def write_record(path: Path, record: Record) -> None:
    """Write server.json whole or not at all, also through a power cut."""
    staging = path.with_suffix(".new")
    staging.unlink(missing_ok=True)
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(record), file)
        file.flush()
        os.fsync(file.fileno())
    give_to_owner_of_directory(staging)
    staging.rename(path)
