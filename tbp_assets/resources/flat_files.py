"""The source of day files as a Dagster resource, on top of dagster-aws's S3 resource.

Secrets are no fields, because Dagster shows fields: they are read from the configuration when a client is made.
"""

import re
from typing import TYPE_CHECKING, Final, Literal, Self
from urllib.parse import parse_qs

import boto3
from botocore.config import Config
from dagster_aws.s3 import S3Resource
from pydantic import Field

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.embedded.market_files import SyntheticFiles
from tbp_assets.errors import ConfigError
from tbp_assets.providers.flat_files import FlatFiles, MonthListings
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets.settings import Settings
from tbp_assets.settings.urls import known_source, local_path, shown, source_parts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MARKET: Final = {"seed", "tickers"}
WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_opened: Final[dict[str, MonthListings]] = {}


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
    def data_source(self) -> str:
        """Whose data this is, known without asking: `synthetic` or `polygon`."""
        return "synthetic" if source_parts(self.url).scheme == "synthetic" else "polygon"

    def get_client(self) -> "S3Client":
        """Return an S3 client with time-outs, pool size and path style set, and its keys from s3.yml.

        Raises:
            ConfigError: A key is missing; names the variable and the file.
        """
        s3 = ConfigLoader(self.config_dir).get_s3_config()
        if not s3.access_key or not s3.secret_key:
            raise ConfigError("; ".join(s3.missing("access_key", "secret_key")))
        config = Config(
            connect_timeout=self.connect_timeout_seconds,
            read_timeout=self.read_timeout_seconds,
            max_pool_connections=self.max_pool_connections,
            retries={"mode": "standard", "total_max_attempts": self.max_attempts},
            s3={"addressing_style": self.addressing_style},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        try:
            return boto3.client(  # pyright: ignore[reportUnknownMemberType]  # overloads per service
                "s3",
                endpoint_url=self.endpoint_url,
                region_name=self.region_name,
                aws_access_key_id=s3.access_key.get_secret_value(),
                aws_secret_access_key=s3.secret_key.get_secret_value(),
                config=config,
            )
        except ValueError as error:
            endpoint = shown(self.endpoint_url or "")
            raise ConfigError(
                f"endpoint {endpoint!r}: {shown(str(error))} (TBP_S3_ENDPOINT_URL, s3.yml: endpoint_url)"
            ) from None

    def get_object_to_set_on_execution_context(self) -> Self:
        """Return the resource itself: the parent would make a client, for which a local mirror has no keys."""
        return self

    def open(self) -> MonthListings:
        """Return the source, the same one throughout a process, so that pool and listings are shared by its runs.

        Raises:
            ConfigError: No source is configured, or its URL is none we know.
        """
        key = self.model_dump_json()
        if key not in _opened:
            _opened[key] = MonthListings(self._files(), self.listing_max_age_seconds)
        return _opened[key]

    def check(self) -> None:
        """Look as far as one can without asking a provider.

        Raises:
            ConfigError: See `open`; or a local mirror is no directory.
        """
        files = self.open().files
        if isinstance(files, LocalMirror):
            files.require_root()

    def _files(self) -> FlatFiles:
        parts = known_source(self.url)
        if parts.scheme == "s3":
            return S3FlatFiles(self.get_client(), parts.netloc)
        if parts.scheme == "file":
            return LocalMirror(local_path(parts))
        return SyntheticFiles(_market(parts.query))


def _market(query: str) -> SyntheticMarket:
    given = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    wrong = [name for name, text in given.items() if name not in MARKET or not WHOLE_NUMBER.fullmatch(text)]
    if wrong:
        raise ConfigError(
            f"synthetic market {query!r}: {', '.join(wrong)} cannot be used; it takes seed and tickers, each a whole "
            "number (TBP_FLAT_FILES_URL, s3.yml: url)"
        )
    return SyntheticMarket(**{name: int(text) for name, text in given.items()})
