"""Landing zone and lake as a Dagster resource."""

from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import Field

from tbp_assets.bars.compression import Limits
from tbp_assets.datasets import Dataset
from tbp_assets.settings import Settings
from tbp_assets.storage.files import FileStore
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone


class StoreResource(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]  # generic only for IO
    """Where the vendor's bytes (landing zone) and the validated Parquet (lake) are kept."""

    root: str = Field(description="Directory that holds landing/ and lake/.")
    max_file_mb: int = Field(description="A larger day file is refused, as sent or decompressed.")
    max_lines: int = Field(description="A day file with more lines is refused.")

    @property
    def limits(self) -> Limits:
        """How large a day file may be."""
        return Limits(self.max_file_mb, self.max_lines)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the resource from pipeline.yml."""
        validation = settings.pipeline.validation
        return cls(root=str(settings.store), max_file_mb=validation.max_file_mb, max_lines=validation.max_lines)

    def landing(self, dataset: Dataset, data_source: str) -> LandingZone:
        """Return the landing zone of a dataset and data source."""
        return LandingZone(self._store(), dataset, data_source, self.limits)

    def lake(self, dataset: Dataset, data_source: str) -> Lake:
        """Return the lake of a dataset and data source."""
        return Lake(self._store(), dataset, data_source)

    def _store(self) -> FileStore:
        return FileStore(Path(self.root))
