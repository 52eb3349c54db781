"""Opens where files of ours are kept, as the settings say; what speaks to a bucket is imported where one is chosen."""

# ruff: noqa: PLC0415

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tbp_assets.errors import ConfigError
from tbp_assets.settings import LakeConfig
from tbp_assets.settings.urls import BucketPrefix, shown
from tbp_assets.storage.files import Files
from tbp_assets.storage.local_files import LocalFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def open_files(place: Path | BucketPrefix, lake: LakeConfig) -> Files:
    """Return the files of a directory or bucket; nobody is asked yet.

    Args:
        place: Which.
        lake: How a bucket is reached.

    Raises:
        ConfigError: The endpoint or the keys of a bucket cannot be used.
    """
    if not isinstance(place, BucketPrefix):
        return LocalFiles(place)
    from tbp_assets.storage.s3_files import S3Files

    return S3Files(_client(lake), place.bucket, place.prefix, lake.max_connections, tried=True)  # pyright: ignore[reportArgumentType]  # a frozen model has a hash


@lru_cache(maxsize=4)
def _client(lake: LakeConfig) -> S3Client:
    """Return the client of a configuration, the same one throughout a process, so that its runs share connections."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=lake.connect_timeout_seconds,
        read_timeout=lake.read_timeout_seconds,
        max_pool_connections=lake.max_connections,
        retries={"mode": "standard", "total_max_attempts": lake.max_attempts},
        s3={"addressing_style": lake.addressing_style},
        # Stores other than AWS's know none of the newer checksums; what is read is held to its sha256 anyway.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        return boto3.Session().client(  # pyright: ignore[reportUnknownMemberType]  # overloads per service
            "s3",
            endpoint_url=lake.endpoint_url or None,
            region_name=lake.region or None,
            aws_access_key_id=lake.access_key.get_secret_value() or None,
            aws_secret_access_key=lake.secret_key.get_secret_value() or None,
            config=config,
        )
    except (ValueError, BotoCoreError) as error:
        raise ConfigError(
            f"no client for the lake at {shown(lake.endpoint_url) or 'AWS'}: {shown(str(error))} "
            "(TBP_LAKE_ENDPOINT_URL, TBP_LAKE_REGION, s3.yml: lake)"
        ) from None
