"""Space: of the database, of landing zone and lake, and what is left of their disks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tbp_assets.errors import StorageError
from tbp_assets.metrics.look import Look
from tbp_assets.metrics.samples import Sample
from tbp_assets.storage.sql import statement

ZONES = ("landing", "lake")


@dataclass(slots=True)
class _Tally:
    """Files below a directory, and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, directory: Path | str) -> None:
        """Count what lies below a directory; what is removed meanwhile is not there."""
        with suppress(FileNotFoundError), os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self.add(entry.path)
                    continue
                with suppress(FileNotFoundError):
                    self.bytes += entry.stat(follow_symlinks=False).st_size
                    self.files += 1


def database_size_samples(look: Look) -> Iterator[Sample]:
    """Give the size of the database."""
    with look.database.transaction(read_only=True) as connection:
        yield Sample("tbp_database_bytes", connection.execute(statement("measure_database")).scalar_one())


def store_samples(store: Path) -> Iterator[Sample]:
    """Give files and bytes of landing zone and lake.

    Raises:
        StorageError: A directory cannot be read.
    """
    for zone in ZONES:
        tally = _Tally()
        try:
            tally.add(store / zone)
        except OSError as error:
            raise StorageError(f"{error.filename or store / zone} cannot be read: {error.strerror}") from error
        yield Sample("tbp_store_files", tally.files, {"zone": zone})
        yield Sample("tbp_store_bytes", tally.bytes, {"zone": zone})


def disk_samples(places: Mapping[str, Path]) -> Iterator[Sample]:
    """Give the disks that hold some places; one that is not there yet is left out.

    Raises:
        StorageError: A disk cannot be asked.
    """
    for place, directory in places.items():
        try:
            disk = shutil.disk_usage(directory)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(f"the disk of {directory} cannot be asked: {error.strerror}") from error
        yield Sample("tbp_disk_free_bytes", disk.free, {"place": place})
        yield Sample("tbp_disk_bytes", disk.total, {"place": place})
