"""The source of day files as a Dagster resource, on top of dagster-aws's S3 resource.

Secrets are no fields, because Dagster shows fields: they are read from the configuration when a client is made.
"""

from typing import TYPE_CHECKING, Literal, Self

from dagster_aws.s3 import S3Resource
from pydantic import Field

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets.resources.opening import open_source, s3_client
from tbp_assets.settings import S3Config, Settings
from tbp_assets.settings.urls import source_parts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FlatFilesResource(S3Resource):
    """The provider's bucket of day files: S3, a local mirror with the same keys, or the invented market.

    Keys for S3 come from POLYGON_S3_ACCESS_KEY and POLYGON_S3_SECRET_KEY by way of s3.yml.
    """

    url: str = Field(description="s3://bucket, file:///mirror or synthetic://market?seed=7&tickers=10400.")
    addressing_style: Literal["path", "virtual"] = Field(description="How the bucket is named in a request.")
    connect_timeout_seconds: float = Field(description="Longest wait for a connection.")
    read_timeout_seconds: float = Field(description="Longest silence inside an answer.")
    max_pool_connections: int = Field(description="Connections kept open.")
    listing_max_age_seconds: float = Field(description="A month listed this recently is not listed again.")
    config_dir: str = Field(description="Directory whose s3.yml holds the keys.")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the resource from s3.yml."""
        s3 = settings.s3
        return cls(
            url=s3.url,
            endpoint_url=s3.endpoint_url,
            region_name=s3.region,
            max_attempts=s3.max_attempts,
            addressing_style=s3.addressing_style,
            connect_timeout_seconds=s3.connect_timeout_seconds,
            read_timeout_seconds=s3.read_timeout_seconds,
            max_pool_connections=s3.max_pool_connections,
            listing_max_age_seconds=s3.listing_max_age_seconds,
            config_dir=str(settings.config_dir),
        )

    @property
    def absent(self) -> str:
        """What to set where no source is configured; empty where one is."""
        return "" if self.url else "; ".join(self._config().missing_for_source())

    @property
    def data_source(self) -> str:
        """Whose data this is, known without asking: `synthetic` or `polygon`."""
        return "synthetic" if source_parts(self.url).scheme == "synthetic" else "polygon"

    def get_client(self) -> "S3Client":
        """Return an S3 client with time-outs, pool size and path style set, and its keys from s3.yml.

        Raises:
            ConfigError: A key is missing; names the variable and the file.
        """
        return s3_client(self._config())

    def get_object_to_set_on_execution_context(self) -> Self:
        """Return the resource itself: the parent would make a client, for which a local mirror has no keys."""
        return self

    def open(self) -> MonthListings:
        """Return the source, the same one throughout a process, so that pool and listings are shared by its runs.

        Raises:
            ConfigError: No source is configured, or its URL is none we know.
        """
        return open_source(self._config())

    def _config(self) -> S3Config:
        mine = {
            "url": self.url,
            "endpoint_url": self.endpoint_url,
            "region": self.region_name,
            "max_attempts": self.max_attempts,
            "addressing_style": self.addressing_style,
            "connect_timeout_seconds": self.connect_timeout_seconds,
            "read_timeout_seconds": self.read_timeout_seconds,
            "max_pool_connections": self.max_pool_connections,
            "listing_max_age_seconds": self.listing_max_age_seconds,
        }
        return ConfigLoader(self.config_dir).get_s3_config().model_copy(update=mine)
