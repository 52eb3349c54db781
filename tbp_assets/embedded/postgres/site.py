"""A home's server as a whole: the directory in the home, the record there, and the instance it points to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tbp_assets.embedded.postgres.account import server_account
from tbp_assets.embedded.postgres.instance import Instance, is_suitable, make_outside_directory, outside_directory
from tbp_assets.embedded.postgres.locks import exclusive
from tbp_assets.embedded.postgres.postmaster import stop
from tbp_assets.embedded.postgres.record import Record, new_record, read_record, write_record
from tbp_assets.errors import EmbeddedServerError

_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where things are for one home."""

    directory: Path
    instance: Instance
    record: Record

    @property
    def log(self) -> Path:
        """The server's log, always in the home, where its reader looks for it."""
        return self.directory / "server.log"

    def with_port(self, port: int) -> Site:
        """Remember the port the server has now."""
        record = replace(self.record, port=port)
        if record != self.record:
            write_record(self.directory / "server.json", record)
        return replace(self, record=record)


def find_site(home: Path) -> Site | None:
    """Return the home's site if it has one; makes nothing."""
    directory = _directory(home)
    record = read_record(directory / "server.json")
    return None if record is None else _site(directory, record)


def open_site(home: Path) -> Site:
    """Return the home's site, made on first use.

    Raises:
        EmbeddedServerError: there is data whose record, and so whose password, is lost.
    """
    site = find_site(home)
    if site is not None:
        return site
    directory = _directory(home)
    directory.parent.mkdir(parents=True, exist_ok=True)
    _make_own_directory(directory)
    # Looked for again inside: of several processes on a fresh home, the first makes the site and the others find it.
    with exclusive(directory / "home.lock", within=_WAIT_SECONDS):
        return find_site(home) or _new_site(directory)


def _directory(home: Path) -> Path:
    return home.expanduser().resolve() / "postgres"


def _site(directory: Path, record: Record) -> Site:
    return Site(directory, Instance(directory if record.directory is None else Path(record.directory)), record)


def _make_own_directory(directory: Path) -> None:
    with suppress(FileExistsError):
        directory.mkdir()
        # Passable for root's service account, and for nobody else's eyes.
        directory.chmod(0o711 if server_account(directory / "data") is not None else 0o700)


def _new_site(directory: Path) -> Site:
    if (directory / "data").exists():
        raise EmbeddedServerError(
            f"{directory / 'data'} holds a database, but {directory / 'server.json'} with its password is gone. "
            f"Restore that file, or remove {directory} to start with an empty database."
        )
    outside = None if is_suitable(directory, server_account(directory / "data")) else outside_directory(directory)
    if outside is not None:
        stop(Instance(outside))
        make_outside_directory(outside)
    record = new_record(outside)
    write_record(directory / "server.json", record)
    return _site(directory, record)
