"""pg_dump and pg_restore, told where the database is without a password on their command line.

Those that come with the project's own PostgreSQL serve a server of its version and of the one before. pg_restore sets a
parameter that older servers do not know, and pg_dump knows no newer ones: for these the server's own programs are used.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg2.extensions import make_dsn
from sqlalchemy import text

from tbp_assets.errors import DatabaseRefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbp_assets.storage.database import Database, DatabaseAddress

SERVED_BY_OURS: Final = (17, 18)
PLACE_OF_PACKAGES: Final = "/usr/lib/postgresql/{major}/bin"


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
        with subprocess.Popen(  # noqa: S603  # PostgreSQL's own program, no shell
            [str(self.bin / name), "--no-password", f"--dbname={dsn}", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, "PGPASSWORD": address.password.get_secret_value(), "PGTZ": "UTC", "LC_ALL": "C"},
            start_new_session=True,
        ) as program:
            try:
                _, errors = program.communicate()
            except KeyboardInterrupt:
                # It has its statements cancelled.
                program.send_signal(signal.SIGINT)
                raise
        if program.returncode != 0:
            raise DatabaseRefusedError(f"{address}: {name} failed: {_reason(errors)}")


def programs_for(database: Database, own: Path) -> ClientPrograms:
    """Return the programs that can dump and fill a database's server.

    Args:
        database: On the server.
        own: Directory of those that come with the project.

    Raises:
        UsageError: The server needs its own, and they are not on this machine.
    """
    with database.transaction(read_only=True) as connection:
        number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    major = number // 10_000
    if major in SERVED_BY_OURS:
        return ClientPrograms(own)
    on_path = shutil.which("pg_dump")
    places = [Path(PLACE_OF_PACKAGES.format(major=major)), *([Path(on_path).parent] if on_path else [])]
    for place in places:
        if _major_of(place / "pg_dump") == _major_of(place / "pg_restore") == major:
            return ClientPrograms(place)
    raise UsageError(
        f"{database.address} is PostgreSQL {major}, whose pg_dump and pg_restore are not on this machine: install them "
        f"(Debian: postgresql-client-{major})"
    )


def _major_of(program: Path) -> int | None:
    try:
        said = subprocess.run([str(program), "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else None


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "ERROR:" in line]
    return (telling or lines or ["it said nothing"])[0].rstrip(".")
