"""A bucket of our own for landing zone and lake, on a real S3 server in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.s3_files import S3Files
from tbp_assets_tests.providers.conftest import KEYS
from tbp_assets_tests.storage.days import names_in
from tbp_assets_tests.storage.stores import bucket_files


@dataclass(frozen=True)
class SharedLake:
    """An empty bucket and the variables with which commands keep their files there."""

    files: S3Files

    @property
    def variables(self) -> Mapping[str, str]:
        return {
            "TBP_LAKE_URL": self.files.location,
            "TBP_LAKE_ENDPOINT_URL": self.files.client.meta.endpoint_url,
            "TBP_LAKE_REGION": "us-east-1",
            "TBP_LAKE_ACCESS_KEY": KEYS["POLYGON_S3_ACCESS_KEY"],
            "TBP_LAKE_SECRET_KEY": KEYS["POLYGON_S3_SECRET_KEY"],
        }

    def lake(self, data_source: str = "synthetic") -> Lake:
        """Return the lake in it."""
        return Lake(self.files, US_STOCKS_DAY_AGGS, data_source)

    def manifests(self, zone: str) -> int:
        """Return how many days have a manifest in `landing` or `lake`."""
        return len([name for name in names_in(self.files, f"{zone}/") if name.endswith(".json")])


@pytest.fixture
def shared_lake(s3_endpoint: str) -> SharedLake:
    """A lake in a new bucket."""
    return SharedLake(bucket_files(s3_endpoint))
