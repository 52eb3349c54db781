"""Every key of s3.yml's section `lake` changes what its client does or sends, and the provider's keys never do."""

from __future__ import annotations

from datetime import date
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tbp_assets.errors import CredentialsError, StoreUnavailableError
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.opening import _client  # pyright: ignore[reportPrivateUsage]
from tbp_assets.storage.s3_files import S3Files
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.providers.conftest import Misbehaving, Serve, serve

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["serve"]
pytestmark = pytest.mark.unit

LAKE = {
    "TBP_LAKE_URL": "s3://lake",
    "TBP_LAKE_ENDPOINT_URL": "http://minio.example.com:9000",
    "TBP_LAKE_REGION": "us-east-1",
    "TBP_LAKE_ACCESS_KEY": "lake-access",
    "TBP_LAKE_SECRET_KEY": "lake-secret",
    "POLYGON_S3_ACCESS_KEY": "provider-access",
    "POLYGON_S3_SECRET_KEY": "provider-secret",
}


def files(project: Project, **environment: str) -> S3Files:
    _client.cache_clear()
    found = StoreResource.from_settings(project.settings(**{**LAKE, **environment})).files()
    assert isinstance(found, S3Files)
    return found


def client(project: Project, **environment: str) -> S3Client:
    return files(project, **environment).client


def address(client_: S3Client) -> str:
    """Return a signed address: made without a request, it shows endpoint, style, region and keys."""
    return client_.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "key"}, ExpiresIn=60)


def option(client_: S3Client, name: str) -> object:
    return getattr(client_.meta.config, name)


def test_endpoint_url_of_the_lake_is_where_its_requests_go(project: Project) -> None:
    assert address(client(project)).startswith("http://minio.example.com:9000/lake/key?")
    assert address(client(project, TBP_LAKE_ENDPOINT_URL="")).startswith("https://lake.s3.amazonaws.com/key?")


def test_region_of_the_lake_is_the_one_its_requests_are_signed_for(project: Project) -> None:
    assert client(project).meta.region_name == "us-east-1"
    assert client(project, TBP_LAKE_REGION="auto").meta.region_name == "auto"
    assert client(project, TBP_LAKE_REGION="", AWS_DEFAULT_REGION="eu-west-1").meta.region_name == "eu-west-1"


def test_access_key_of_the_lake_is_sent_and_not_the_providers(project: Project) -> None:
    assert "AWSAccessKeyId=lake-access&" in address(client(project))
    assert "AWSAccessKeyId=other&" in address(client(project, TBP_LAKE_ACCESS_KEY="other"))


def test_secret_key_of_the_lake_signs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.time", SimpleNamespace(time=lambda: 1_704_200_000))
    first, again = (address(client(project)) for _ in range(2))
    assert first == again
    assert address(client(project, TBP_LAKE_SECRET_KEY="other")) != first


EMPTY = {"TBP_LAKE_ACCESS_KEY": "", "TBP_LAKE_SECRET_KEY": ""}


def test_without_keys_of_its_own_awss_chain_is_asked(project: Project) -> None:
    chain = {"AWS_ACCESS_KEY_ID": "chain-access", "AWS_SECRET_ACCESS_KEY": "chain-secret"}
    assert "AWSAccessKeyId=chain-access&" in address(client(project, **EMPTY, **chain))


def test_without_any_keys_the_variables_are_named_and_the_providers_are_not_taken(project: Project) -> None:
    with pytest.raises(
        CredentialsError, match=r"s3://lake/a: no keys: set TBP_LAKE_ACCESS_KEY and TBP_LAKE_SECRET_KEY"
    ):
        files(project, **EMPTY).read("a")


def test_addressing_style_of_the_lake_puts_the_bucket_into_the_path_or_the_host(project: Project) -> None:
    project.change("s3.yml", "addressing_style: auto", "addressing_style: virtual")
    assert address(client(project)).startswith("http://lake.minio.example.com:9000/key?")
    project.change("s3.yml", "addressing_style: virtual # auto", "addressing_style: path # auto")
    assert address(client(project)).startswith("http://minio.example.com:9000/lake/key?")


def test_connect_timeout_seconds_of_the_lake_is_its_clients(project: Project) -> None:
    assert option(client(project), "connect_timeout") == 10
    project.change("s3.yml", "connect_timeout_seconds: 10", "connect_timeout_seconds: 2.5")
    assert option(client(project), "connect_timeout") == 2.5


def test_read_timeout_seconds_of_the_lake_is_its_clients(project: Project) -> None:
    assert option(client(project), "read_timeout") == 60
    project.change("s3.yml", "read_timeout_seconds: 60", "read_timeout_seconds: 2.5")
    assert option(client(project), "read_timeout") == 2.5


@pytest.mark.integration
@pytest.mark.parametrize("attempts", [1, 2])
def test_max_attempts_of_the_lake_is_how_often_a_request_is_sent(project: Project, serve: Serve, attempts: int) -> None:
    project.change("s3.yml", "max_attempts: 4", f"max_attempts: {attempts}")
    answer = Misbehaving(503, "SlowDown")
    with pytest.raises(StoreUnavailableError):
        files(project, TBP_LAKE_ENDPOINT_URL=serve(answer)).read("key")
    assert len(answer.asked) == attempts


@pytest.mark.parametrize("connections", [1, 3])
def test_max_connections_is_how_many_manifests_are_read_at_once(project: Project, connections: int) -> None:
    project.change("s3.yml", "max_connections: 16", f"max_connections: {connections}")
    found, together = files(project), Barrier(3)
    met = list[bool]()

    def meet(**_: object) -> None:
        try:
            # Who is alone waits in vain; the three may take their time to come.
            together.wait(timeout=60 if connections == 3 else 1)
            met.append(True)
        except BrokenBarrierError:
            met.append(False)
        raise StoreUnavailableError("enough")

    found.client.meta.events.register("before-send.s3", meet)
    with pytest.raises(StoreUnavailableError):
        found.read_all([f"{date(2024, 1, day)}.json" for day in (2, 3, 4)])
    assert met[0] == (connections == 3)
    assert option(found.client, "max_pool_connections") == connections
