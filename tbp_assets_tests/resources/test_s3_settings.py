"""Every key of s3.yml changes what the client does or what it sends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.unit

KEYS = {"POLYGON_S3_ACCESS_KEY": "access", "POLYGON_S3_SECRET_KEY": "secret"}


def client(project: Project, **environment: str) -> S3Client:
    return FlatFilesResource.from_settings(project.settings(**{**KEYS, **environment})).get_client()


def address(client_: S3Client) -> str:
    """Return a signed address: made without a request, it shows endpoint, style, region and keys."""
    return client_.generate_presigned_url("get_object", Params={"Bucket": "flatfiles", "Key": "key"}, ExpiresIn=60)


def option(client_: S3Client, name: str) -> object:
    return getattr(client_.meta.config, name)


def test_url_chooses_the_source(project: Project) -> None:
    first, second = project.root / "first", project.root / "second"
    for place in (first, second):
        project.settings(TBP_FLAT_FILES_URL=place.as_uri())
        assert FlatFilesResource.from_settings(project.settings()).open().files == LocalMirror(place)


def test_url_may_be_written_into_the_file(project: Project) -> None:
    project.change("s3.yml", '"${TBP_FLAT_FILES_URL:-}"', "synthetic://market?seed=5&tickers=100")
    location = FlatFilesResource.from_settings(project.settings()).open().files.location
    assert location == "synthetic://market?seed=5&tickers=100"


def test_endpoint_url_is_where_requests_go(project: Project) -> None:
    assert address(client(project)).startswith("https://files.massive.com/flatfiles/key?")
    other = client(project, TBP_S3_ENDPOINT_URL="http://127.0.0.1:9000")
    assert address(other).startswith("http://127.0.0.1:9000/flatfiles/key?")


def test_region_is_the_one_requests_are_signed_for(project: Project) -> None:
    assert client(project).meta.region_name == "us-east-1"
    project.change("s3.yml", "region: us-east-1", "region: eu-west-1")
    assert client(project).meta.region_name == "eu-west-1"


def test_access_key_is_sent(project: Project) -> None:
    assert "AWSAccessKeyId=access&" in address(client(project))
    assert "AWSAccessKeyId=other&" in address(client(project, POLYGON_S3_ACCESS_KEY="other"))


def test_secret_key_signs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.time", SimpleNamespace(time=lambda: 1_704_200_000))
    first, again = (address(client(project)) for _ in range(2))
    assert first == again
    assert address(client(project, POLYGON_S3_SECRET_KEY="other")) != first


def test_addressing_style_puts_the_bucket_into_the_path_or_the_host(project: Project) -> None:
    assert address(client(project)).startswith("https://files.massive.com/flatfiles/key?")
    project.change("s3.yml", "addressing_style: path", "addressing_style: virtual")
    assert address(client(project)).startswith("https://flatfiles.files.massive.com/key?")


def test_connect_timeout_seconds_is_the_clients(project: Project) -> None:
    assert option(client(project), "connect_timeout") == 30
    project.change("s3.yml", "connect_timeout_seconds: 30", "connect_timeout_seconds: 2.5")
    assert option(client(project), "connect_timeout") == 2.5


def test_read_timeout_seconds_is_the_clients(project: Project) -> None:
    assert option(client(project), "read_timeout") == 300
    project.change("s3.yml", "read_timeout_seconds: 300", "read_timeout_seconds: 2.5")
    assert option(client(project), "read_timeout") == 2.5


def test_max_pool_connections_is_the_clients(project: Project) -> None:
    assert option(client(project), "max_pool_connections") == 8
    project.change("s3.yml", "max_pool_connections: 8", "max_pool_connections: 3")
    assert option(client(project), "max_pool_connections") == 3


def test_checksums_are_only_asked_for_where_s3_requires_them(project: Project) -> None:
    # The provider's store knows none of the newer checksums.
    assert option(client(project), "request_checksum_calculation") == "when_required"
    assert option(client(project), "response_checksum_validation") == "when_required"


def test_listing_max_age_seconds_decides_when_a_month_is_listed_again(project: Project) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    for seconds, seen in ((300, [TUESDAY]), (0, [TUESDAY, WEDNESDAY])):
        if seconds == 0:
            project.change("s3.yml", "listing_max_age_seconds: 300", "listing_max_age_seconds: 0")
            (project.mirror / US_STOCKS_DAY_AGGS.key(WEDNESDAY)).unlink()
        listings = FlatFilesResource.from_settings(project.settings()).open()
        assert list(listings.days(US_STOCKS_DAY_AGGS, [TUESDAY, WEDNESDAY])) == [TUESDAY]
        project.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY))})
        assert list(listings.days(US_STOCKS_DAY_AGGS, [TUESDAY, WEDNESDAY])) == seen
