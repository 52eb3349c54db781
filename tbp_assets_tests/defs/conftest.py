"""The command line where a test needs days loaded, Dagster without runs, and pools closed after each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "tbp"]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance without runs."""
    directory = tmp_path / "dagster"
    directory.mkdir()
    with dg.DagsterInstance.local_temp(str(directory)) as empty:
        yield empty
