"""The way in: have a server, find it, stop it, leave it.

Everything a user can get wrong (a read-only home, a full disk, foreign data) leaves here as an error of the project.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tbp_assets.embedded.postgres import cluster, lease, postmaster
from tbp_assets.embedded.postgres.account import give_to_owner_of_directory, server_account
from tbp_assets.embedded.postgres.binaries import Programs, installed_programs
from tbp_assets.embedded.postgres.guard import ensure_watched
from tbp_assets.embedded.postgres.locks import exclusive
from tbp_assets.embedded.postgres.site import Site, find_site, open_site
from tbp_assets.errors import EmbeddedServerError, StorageError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tbp_assets.embedded.postgres.record import ServerAddress

_CONTROL_SECONDS = 180.0
_LOG_BYTES = 10_000_000


def ensure_server(home: Path) -> ServerAddress:
    """Start the home's server unless it runs, and keep it running for as long as this process lives.

    Args:
        home: TBP_HOME; made if it is not there.

    Raises:
        StorageError: a directory cannot be used; named in the message.
        EmbeddedServerError: the server cannot be started; the message says why and where its log is.
    """
    with _told_plainly(home):
        site = open_site(home)
        # The lease first: from here on the watcher lets the server be, so what is found running stays running.
        is_new = lease.hold(site.instance.lease)
        try:
            with exclusive(site.instance.control, within=_CONTROL_SECONDS):
                # Each time, since a watcher can be killed like any process, and before a start that may be interrupted.
                ensure_watched(site.instance, site.log)
                port = postmaster.settled_status(site.instance).port or _start(site)
                site = site.with_port(port)
        except BaseException:
            if is_new:
                lease.give_back(site.instance.lease)
            raise
        return site.record.address(port)


def running_server(home: Path) -> ServerAddress | None:
    """Return the address of the home's server if it accepts connections; neither starts nor keeps it."""
    with _told_plainly(home):
        site = find_site(home)
        if site is None:
            return None
        port = postmaster.status(site.instance).port
        return None if port is None else site.record.address(port)


def data_directory(home: Path) -> Path | None:
    """Return where the home's server keeps its data, or None where there never was a server; makes nothing."""
    with _told_plainly(home):
        site = find_site(home)
        return None if site is None else site.instance.data


def stop_server(home: Path) -> bool:
    """Stop the home's server now, whoever is using it; True if one was running."""
    with _told_plainly(home):
        site = find_site(home)
        if site is None or not site.instance.directory.exists():
            return False
        with exclusive(site.instance.control, within=_CONTROL_SECONDS):
            return postmaster.stop(site.instance)


def release(home: Path) -> None:
    """Give this process's share in the home's server back; if it was the last, the server stops soon after."""
    with _told_plainly(home):
        site = find_site(home)
        if site is not None:
            lease.give_back(site.instance.lease)


def _start(site: Site) -> int:
    _keep_log_short(site.log)
    programs = _programs(site)
    if cluster.is_initialized(site.instance):
        cluster.require_version(site.instance)
    # A port on record means that there was a database: a new, empty one in its place would pass for data lost long ago.
    elif site.record.port is None:
        cluster.initialize(site.instance, programs, site.record.password)
    else:
        raise EmbeddedServerError(
            f"The embedded database that lay in {site.instance.data} is gone. Bring that directory back, or remove "
            f"{site.directory} to start with an empty database."
        )
    return postmaster.start(site.instance, programs, preferred_port=site.record.port)


def _programs(site: Site) -> Programs:
    account = server_account(site.instance.data)
    return installed_programs(account, site.log, copies=site.instance.binaries)


def _keep_log_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.rename(log.with_suffix(".log.1"))
    if not log.exists():
        log.touch(mode=0o600)
        give_to_owner_of_directory(log)


@contextmanager
def _told_plainly(home: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The embedded PostgreSQL cannot use {error.filename or home}: {error.strerror}. Make {home} a directory "
            "this user can write to, or set TBP_HOME to another one."
        ) from error
