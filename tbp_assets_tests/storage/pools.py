"""Closes the pools that a test opened, so that a long session does not run out of the server's connections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tbp_assets.resources import opening


@pytest.fixture(autouse=True)
def closed_pools() -> Iterator[None]:
    """Dispose every pool of the process after the test."""
    yield
    forget_pools()


def forget_pools() -> None:
    """Dispose every pool of the process; the next command opens, and looks at, its database anew."""
    for pool in opening._databases.values():  # pyright: ignore[reportPrivateUsage]  # the process's own registry
        pool.engine.dispose()
    opening._databases.clear()  # pyright: ignore[reportPrivateUsage]
