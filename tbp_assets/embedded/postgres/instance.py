"""Where a server lies on disk: the files of one instance, and which directory may hold them.

That is `TBP_HOME/postgres` where the server's account can work in it, else a directory of our own elsewhere. The locks
lie beside the data, not in the home: a copied home then shares its server instead of starting a second one on the data.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres.account import can_reach, give
from tbp_assets.errors import EmbeddedServerError

if TYPE_CHECKING:
    from tbp_assets.embedded.postgres.account import Account

# Not /var/tmp first: systemd empties it of whatever lay still for 30 days.
_ROOT_PLACES = (Path("/var/lib"), Path("/var/db"), Path("/var/tmp"))  # noqa: S108


@dataclass(frozen=True, slots=True)
class Instance:
    """The files of one server."""

    directory: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def lease(self) -> Path:
        """Held, shared, by every process that uses the server; alone by the watcher while it stops it."""
        return self.directory / "lease.lock"

    @property
    def control(self) -> Path:
        """Held by whoever is starting or stopping the server."""
        return self.directory / "control.lock"

    @property
    def watcher(self) -> Path:
        """Held by the one watcher."""
        return self.directory / "watcher.lock"

    @property
    def running(self) -> Path:
        """Held by the server's own processes, from the first to the last: proof of life that no stale pid can fake."""
        return self.directory / "running.lock"

    @property
    def binaries(self) -> Path:
        """Copies of PostgreSQL's programs, where the wheel is out of the server's reach."""
        return self.directory / "binaries"


def is_suitable(directory: Path, account: Account | None) -> bool:
    """Say whether the server could keep its data in a directory inside this one."""
    if account is not None and not can_reach(account, directory):
        return False
    trial = Path(tempfile.mkdtemp(dir=directory, prefix=".trial-"))
    try:
        give(account, trial)
        # File systems without Unix permissions (a Windows drive, some network shares) show every directory as open.
        return trial.stat().st_mode & 0o077 == 0
    except OSError:
        return False
    finally:
        trial.rmdir()


def outside_directory(home_directory: Path) -> Path:
    """Return the place outside the home that belongs to this home."""
    key = hashlib.sha256(os.fsencode(home_directory)).hexdigest()[:12]
    return _outside_base() / f"tbp-postgres-{key}"


def make_outside_directory(directory: Path) -> None:
    """Make a new directory outside the home; what stood there for a home since removed is set aside, once."""
    if directory.exists():
        replaced = directory.with_name(f"{directory.name}.replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        directory.rename(replaced)
    directory.mkdir(parents=True)
    # Entered, not listed, by others: the server's account must get through to its data, which is its own alone.
    directory.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _outside_base() -> Path:
    if os.geteuid() != 0:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    for place in _ROOT_PLACES:
        if place.is_dir() and os.access(place, os.W_OK):
            return place
    raise EmbeddedServerError(f"No directory for PostgreSQL's data: none of {_ROOT_PLACES} is writable.")
