"""Commands in this process and in others, and pools closed after each test."""

from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.end_to_end.processes import start
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "start", "tbp"]
