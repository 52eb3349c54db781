"""The command line where a test needs days loaded, and pools closed after each."""

from tbp_assets_tests.cli.terminal import tbp
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "tbp"]
