"""Landing zone and lake as a Dagster resource."""

from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import Field

from tbp_assets.datasets import Dataset
from tbp_assets.settings import Settings
from tbp_assets.storage.files import FileStore
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone


class StoreResource(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]  # generic only for IO
    """Where the vendor's bytes (landing zone) and the validated Parquet (lake) are kept."""

    root: str = Field(description="Directory that holds landing/ and lake/.")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the resource from pipeline.yml."""
        return cls(root=str(settings.store))

    def landing(self, dataset: Dataset, data_source: str) -> LandingZone:
        """Return the landing zone of a dataset and data source."""
        return LandingZone(self._store(), dataset, data_source)

    def lake(self, dataset: Dataset, data_source: str) -> Lake:
        """Return the lake of a dataset and data source."""
        return Lake(self._store(), dataset, data_source)

    def _store(self) -> FileStore:
        return FileStore(Path(self.root))
