"""A desk that alerts arrive at: a webhook, a mailbox, and a project that knows both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tbp_assets_tests.alerts.desk import Desk
from tbp_assets_tests.alerts.servers import Hook, Mailbox, mail_server
from tbp_assets_tests.cli.terminal import Tbp, tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.embedded.provider.conftest import provider, provider_server
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "provider", "provider_server", "tbp"]


@pytest.fixture
def hook(httpserver: HTTPServer) -> Hook:
    """A webhook that takes everything."""
    return Hook(httpserver)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server that takes everything."""
    with mail_server() as box:
        yield box


@pytest.fixture
def desk(project: Project, tbp: Tbp, hook: Hook, mailbox: Mailbox) -> Desk:
    """A project that tells webhook and mailbox, without pauses in its steps."""
    project.change("pipeline.yml", "delay_seconds: 5", "delay_seconds: 0")
    made = Desk(project, tbp, hook, mailbox)
    made.connect()
    return made
