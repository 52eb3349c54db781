"""A fake provider, the command line, and pools closed after each test."""

from __future__ import annotations

from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.embedded.provider.conftest import provider, provider_server
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "provider", "provider_server", "tbp"]
