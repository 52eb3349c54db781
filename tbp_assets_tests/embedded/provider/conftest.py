"""A fake provider for tests.

Another package of tests reuses it by importing the fixtures into its own conftest.py, as others do here:

    from tbp_assets_tests.embedded.provider.conftest import provider, provider_server, reader

    __all__ = ["provider", "provider_server", "reader"]

The server starts once for each package that imports it, in 2 s; every test gets it empty, without faults and without
requests. A test of commands sets `provider.environment()`; one of the client alone calls `reader()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tbp_assets.embedded.provider import FakeProvider
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets_tests.conftest import Project

WAIT_SECONDS = 0.5
Reader = Callable[..., S3FlatFiles]


@pytest.fixture(scope="session")
def provider_server() -> Iterator[FakeProvider]:
    """The provider that the tests of this process share."""
    with FakeProvider.start() as started:
        yield started


@pytest.fixture
def provider(provider_server: FakeProvider) -> Iterator[FakeProvider]:
    """A provider with nothing in its bucket and nothing wrong with it."""
    provider_server.clear()
    yield provider_server
    provider_server.heal()


def opened(project: Project, provider: FakeProvider, *, max_attempts: int = 1) -> MonthListings:
    """Open the provider as the project does, but wait for half a second only, and try so often."""
    project.change("s3.yml", "max_attempts: 5", f"max_attempts: {max_attempts}")
    project.change("s3.yml", "connect_timeout_seconds: 30", f"connect_timeout_seconds: {WAIT_SECONDS}")
    project.change("s3.yml", "read_timeout_seconds: 300", f"read_timeout_seconds: {WAIT_SECONDS}")
    return FlatFilesResource.from_settings(project.settings(**provider.environment())).open()


@pytest.fixture
def reader(project: Project, provider: FakeProvider) -> Reader:
    """Open the project's own client on the provider, once a test; `max_attempts=1` unless told."""

    def open_files(**options: int) -> S3FlatFiles:
        files = opened(project, provider, **options).files
        assert isinstance(files, S3FlatFiles)
        return files

    return open_files
