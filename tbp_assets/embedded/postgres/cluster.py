"""The data directory: made once, whole, and known by its version afterwards.

It is prepared under another name and renamed when finished, so a data directory that exists is a complete one. The
superuser gets no password and can log in nowhere; the role and database we use are made before any port is open.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.account import give
from tbp_assets.embedded.postgres.binaries import MAJOR_VERSION
from tbp_assets.embedded.postgres.record import DATABASE, HOST, USER
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from pathlib import Path

    from tbp_assets.embedded.postgres.binaries import Programs
    from tbp_assets.embedded.postgres.instance import Instance

# "reject" for everyone until our own access rules are written: at no time is there a way in without a password.
_INITDB = (
    "--username=postgres",
    "--auth=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
    "--pgdata=.",
)
_ACCESS = f"host all all {HOST}/32 scram-sha-256\n"
# A random 192-bit password gains nothing from slow hashing, and each connection would pay for it.
_SINGLE_USER = ("--single", "-D", ".", "-c", "scram_iterations=1", "-c", "exit_on_error=on", "postgres")


def is_initialized(instance: Instance) -> bool:
    """Say whether the instance has its data directory."""
    return (instance.data / "PG_VERSION").exists()


def require_version(instance: Instance) -> None:
    """Refuse a data directory that another major version made.

    Raises:
        EmbeddedServerError: names both versions and the ways out.
    """
    found = (instance.data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(MAJOR_VERSION):
        raise EmbeddedServerError(
            f"The data in {instance.data} was made by PostgreSQL {found}, this release brings {MAJOR_VERSION}. Dump it "
            f"with the release that made it, or move {instance.data.parent} away to start with an empty database."
        )


def initialize(instance: Instance, programs: Programs, password: str) -> None:
    """Make the data directory, the login role and its database."""
    staging = instance.directory / "data.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    give(programs.account, staging)
    programs.run("initdb", _INITDB, cwd=staging)
    _write_access_rules(staging / "pg_hba.conf")
    # Single-user mode takes one statement a line; it reads them from stdin, so the password is in no process list.
    programs.run("postgres", _SINGLE_USER, cwd=staging, stdin=_first_statements(password))
    staging.rename(instance.data)


def _write_access_rules(path: Path) -> None:
    with path.open("w", encoding="ascii") as file:
        file.write(_ACCESS)
        file.flush()
        os.fsync(file.fileno())


def _first_statements(password: str) -> str:
    return (
        f"CREATE ROLE {USER} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {USER}\n"
    )
