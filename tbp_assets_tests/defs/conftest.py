"""The command line where a test needs days loaded, Dagster without runs, and pools closed after each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "tbp"]


@pytest.fixture
def instance(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """An instance without runs."""
    directory = tmp_path / "dagster"
    shutil.copytree(_empty_books(tmp_path_factory.getbasetemp() / "empty books"), directory)
    with dg.DagsterInstance.local_temp(str(directory)) as empty:
        yield empty


def _empty_books(directory: Path) -> Path:
    """Return the files of an instance without runs, which Dagster needs half a second to make: once a test process."""
    if not directory.exists():
        directory.mkdir()
        with dg.DagsterInstance.local_temp(str(directory)) as empty:
            assert empty.get_runs() == []
    return directory
