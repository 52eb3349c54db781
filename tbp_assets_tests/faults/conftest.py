"""The scene of every fault: short time-outs, no pauses between retries, a bucket with three good days."""

from __future__ import annotations

import pytest

from tbp_assets.embedded.provider import FakeProvider
from tbp_assets_tests.cli.terminal import Tbp, tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.defs.conftest import instance
from tbp_assets_tests.embedded.provider.conftest import provider, provider_server
from tbp_assets_tests.end_to_end.processes import start
from tbp_assets_tests.faults.scene import DAYS, Scene
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "instance", "provider", "provider_server", "start", "tbp"]

WAIT_SECONDS = 0.5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the rows of the matrix."""
    for item in items:
        if isinstance(item, pytest.Function) and "scene" in item.fixturenames:
            item.add_marker("fault")


@pytest.fixture
def scene(project: Project, provider: FakeProvider, tbp: Tbp) -> Scene:
    """Three good days at the provider, nothing asked for yet."""
    project.change("s3.yml", "max_attempts: 5", "max_attempts: 2")
    project.change("s3.yml", "connect_timeout_seconds: 30", f"connect_timeout_seconds: {WAIT_SECONDS}")
    project.change("s3.yml", "read_timeout_seconds: 300", f"read_timeout_seconds: {WAIT_SECONDS}")
    project.change("s3.yml", "listing_max_age_seconds: 300", "listing_max_age_seconds: 0")
    project.change("pipeline.yml", "delay_seconds: 5", "delay_seconds: 0")
    project.change("pipeline.yml", "max_retries: 3", "max_retries: 1")
    project.settings(**provider.environment())
    made = Scene(project, provider, tbp)
    for day in DAYS:
        made.publish(day)
    return made
