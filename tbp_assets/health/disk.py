"""Can files be written where they are to lie, and is there room?"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import Final

from tbp_assets.embedded.postgres import data_directory
from tbp_assets.errors import StorageError
from tbp_assets.health.finding import Finding
from tbp_assets.health.installation import Installation
from tbp_assets.resources.places import nearest
from tbp_assets.settings.urls import BucketPrefix
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.local_files import INCOMING

GB: Final = 1_000_000_000
LANDING, LAKE, SERVER = "landing zone", "lake", "embedded server's disk"


def landing_zone(installation: Installation) -> Finding:
    """Write where day files are landed."""
    return _place(installation, LANDING, installation.landing)


def lake(installation: Installation) -> Finding:
    """Write where validated days are stored."""
    return _place(installation, LAKE, installation.lake)


def server_disk(installation: Installation) -> Finding | None:
    """Look at the disk of the embedded server's data; nothing is known of another server's."""
    if not installation.settings.database.embedded:
        return None
    data = data_directory(installation.settings.home)
    if data is None:
        return None
    return _room(installation, SERVER, data)


def free_bytes(directory: Path) -> int:
    """Return the free bytes of the disk on which a directory lies, or would be made.

    Raises:
        StorageError: It cannot be looked at.
    """
    try:
        return shutil.disk_usage(nearest(directory)).free
    except OSError as error:
        raise StorageError(f"{directory} cannot be looked at: {error.strerror}") from error


def _place(installation: Installation, subject: str, zone: LandingZone | Lake) -> Finding:
    store = installation.settings.store
    if isinstance(store, BucketPrefix):
        return _bucket(subject, zone)
    try:
        # Files are written into `incoming` first, then named.
        for directory in (store / INCOMING, store / zone.root):
            with tempfile.NamedTemporaryFile(dir=nearest(directory), prefix=".tbp-doctor-"):
                pass
    except OSError as error:
        todo = "make it a directory this user can write to (TBP_HOME, or TBP_LAKE_URL of pipeline.yml: lake_url)"
        return Finding(subject, "failed", f"{store}: cannot be written to: {error.strerror} ({error.filename})", todo)
    return _room(installation, subject, store / zone.root)


def _bucket(subject: str, zone: LandingZone | Lake) -> Finding:
    """Write, list and remove an object, as loading a day does; there is always room."""
    key = f"{zone.root}/.tbp-doctor-{token_hex(6)}"
    zone.store.write(key, b"")
    seen = any(entry.key == key for entry in zone.store.list(key))
    zone.store.delete(key)
    place = zone.store.address(zone.root)
    if not seen:
        return Finding(
            subject, "failed", f"{place}: what was written is not listed", "use a store that lists as S3 does"
        )
    # Speaks to S3, which is imported where a bucket is chosen.
    from tbp_assets.storage.s3_files import S3Files  # noqa: PLC0415

    if isinstance(zone.store, S3Files) and not zone.store.keeps_writers_apart():
        seen = f"{place} can be written to, but takes no notice of conditions (If-None-Match, If-Match)"
        return Finding(subject, "warning", seen, "let one process at a time write to it, or take another store")
    return Finding(subject, "ok", f"{place} can be written to and read")


def _room(installation: Installation, subject: str, directory: Path) -> Finding:
    least = installation.limits.min_free_gb
    free = free_bytes(directory) / GB
    seen = f"{free:,.1f} GB free at {directory}"
    if free < least:
        todo = f"free some, or move it (TBP_HOME, TBP_LAKE_URL); health.min_free_gb of pipeline.yml is {least:g}"
        return Finding(subject, "failed", seen, todo)
    return Finding(subject, "ok", seen)
