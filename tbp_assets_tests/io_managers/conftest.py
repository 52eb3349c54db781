"""Every test here closes the pools it opened."""

from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools"]
