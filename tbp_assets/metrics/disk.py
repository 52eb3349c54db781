"""Space: of the database, of landing zone and lake, and what is left of their disks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from tbp_assets.errors import StorageError
from tbp_assets.metrics.look import Look
from tbp_assets.metrics.samples import Sample
from tbp_assets.storage.files import Files
from tbp_assets.storage.sql import statement

ZONES = ("landing", "lake")


def database_size_samples(look: Look) -> Iterator[Sample]:
    """Give the size of the database."""
    with look.database.transaction(read_only=True) as connection:
        yield Sample("tbp_database_bytes", connection.execute(statement("measure_database")).scalar_one())


def store_samples(files: Files) -> Iterator[Sample]:
    """Give files and bytes of landing zone and lake.

    Raises:
        TbpError: They cannot be listed; see `Files`.
    """
    for zone in ZONES:
        sizes = [entry.bytes for entry in files.list(f"{zone}/")]
        yield Sample("tbp_store_files", len(sizes), {"zone": zone})
        yield Sample("tbp_store_bytes", sum(sizes), {"zone": zone})


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
