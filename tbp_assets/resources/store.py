"""Landing zone and lake as a Dagster resource: in a directory, or in a bucket that many machines share.

Secrets are no fields, because Dagster shows fields: they are read from the configuration when a client is made.
"""

from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import Field

from tbp_assets.bars.compression import Limits
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.datasets import Dataset
from tbp_assets.settings import Settings
from tbp_assets.settings.urls import BucketPrefix, lake_place
from tbp_assets.storage.files import Files
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets.storage.opening import open_files


class StoreResource(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]  # generic only for IO
    """Where the vendor's bytes (landing zone) and the validated Parquet (lake) are kept.

    Keys for S3 come from TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY by way of s3.yml, or from AWS's own chain.
    """

    url: str = Field(description="file:///directory or s3://bucket/prefix that holds landing/ and lake/.")
    max_file_mb: int = Field(description="A larger day file is refused, as sent or decompressed.")
    max_lines: int = Field(description="A day file with more lines is refused.")
    config_dir: str = Field(description="Directory whose s3.yml says how a bucket is reached.")

    @property
    def limits(self) -> Limits:
        """How large a day file may be."""
        return Limits(self.max_file_mb, self.max_lines)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the resource from pipeline.yml."""
        validation, place = settings.pipeline.validation, settings.store
        return cls(
            url=str(place) if isinstance(place, BucketPrefix) else place.as_uri(),
            max_file_mb=validation.max_file_mb,
            max_lines=validation.max_lines,
            config_dir=str(settings.config_dir),
        )

    def landing(self, dataset: Dataset, data_source: str) -> LandingZone:
        """Return the landing zone of a dataset and data source."""
        return LandingZone(self.files(), dataset, data_source, self.limits)

    def lake(self, dataset: Dataset, data_source: str) -> Lake:
        """Return the lake of a dataset and data source."""
        return Lake(self.files(), dataset, data_source)

    def reports(self, home: Path) -> Files:
        """Return where reports lie: in the bucket that all machines share, else in TBP_HOME."""
        return self.files() if isinstance(lake_place(self.url), BucketPrefix) else LocalFiles(home)

    def files(self) -> Files:
        """Return where all of it lies; nobody is asked yet.

        Raises:
            ConfigError: The endpoint or the keys of a bucket cannot be used.
        """
        place = lake_place(self.url)
        if not isinstance(place, BucketPrefix):
            return LocalFiles(place)
        return open_files(place, ConfigLoader(self.config_dir).get_s3_config().lake)
