"""Every test here closes the pools it opened; many run on files of both kinds."""

from tbp_assets_tests.storage.pools import closed_pools
from tbp_assets_tests.storage.stores import s3_endpoint, store

__all__ = ["closed_pools", "s3_endpoint", "store"]
