"""Who the server runs as, and what that account can reach.

PostgreSQL refuses to run as root, so root starts it as a service account. Whether that account gets to a path is read
from the permission bits; nothing here ever changes those of a directory that was there before.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbp_assets.errors import EmbeddedServerError

if sys.platform == "win32":
    raise EmbeddedServerError("The embedded PostgreSQL needs Linux or macOS: use WSL, or set DB_HOST to a server.")
else:
    import pwd

if TYPE_CHECKING:
    from pathlib import Path

_SERVICE_NAMES = ("postgres", "_postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account; None stands for the current user wherever one is optional."""

    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """Return the account the server of this data directory runs as, or None for the current user.

    Raises:
        EmbeddedServerError: the current user is root and the machine has no account to step down to.
    """
    if os.geteuid() != 0:
        return None
    if data.exists():
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid)
    return _service_account()


def can_reach(account: Account | None, path: Path) -> bool:
    """Say whether the account may enter the directory, or run the program, and every directory down to it."""
    if account is None:
        return os.access(path, os.X_OK)
    real = path.resolve()
    *passed, last = (*reversed(real.parents), real)
    return all(_allows(account, each, 0o1) for each in passed) and _allows(account, last, 0o1 if last.is_dir() else 0o5)


def give(account: Account | None, path: Path) -> None:
    """Make a path of ours the account's own."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def give_to_owner_of_directory(path: Path) -> None:
    """Leave nothing of root's behind in a user's directory: `sudo tbp` once must not lock that user out."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _service_account() -> Account:
    for name in _SERVICE_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, and this machine has none of the accounts {', '.join(_SERVICE_NAMES)}. "
        "Add one of them, or run tbp as an ordinary user."
    )


def _allows(account: Account, path: Path, bits: int) -> bool:
    # Group bits and ACLs are left out: a wrong "no" costs a copy elsewhere, a wrong "yes" a server that will not start.
    status = path.stat()
    granted = status.st_mode >> 6 if status.st_uid == account.uid else status.st_mode
    return granted & bits == bits
