"""pg_dump and pg_restore, told where the database is without a password on their command line."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2.extensions import make_dsn

from tbp_assets.errors import DatabaseRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tbp_assets.storage.database import DatabaseAddress


@dataclass(frozen=True, slots=True)
class ClientPrograms:
    """A directory with PostgreSQL's client programs."""

    bin: Path

    def run(self, name: str, args: Sequence[str], address: DatabaseAddress) -> None:
        """Run one of them on a database to its end.

        Raises:
            DatabaseRefusedError: It failed; the message carries the last thing it said.
        """
        dsn = make_dsn(host=address.host, port=address.port, user=address.user, dbname=address.name)
        done = subprocess.run(  # noqa: S603  # PostgreSQL's own program, no shell
            [str(self.bin / name), "--no-password", f"--dbname={dsn}", *args],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "PGPASSWORD": address.password.get_secret_value(), "PGTZ": "UTC", "LC_ALL": "C"},
        )
        if done.returncode != 0:
            raise DatabaseRefusedError(f"{address}: {name} failed: {_reason(done.stderr)}")


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "ERROR:" in line]
    return (telling or lines or ["it said nothing"])[0].rstrip(".")
