"""The source as a Dagster resource: which kind an address names, what is refused, and that no key is ever shown."""

from __future__ import annotations

import re

import dagster as dg
import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.market_files import SyntheticFiles
from tbp_assets.errors import ConfigError, TbpError
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows

pytestmark = pytest.mark.unit

ACCESS, SECRET = "AKIA-hush-access", "hush-secret"
KEYS = {"POLYGON_S3_ACCESS_KEY": ACCESS, "POLYGON_S3_SECRET_KEY": SECRET}


def resource(project: Project, url: str, **environment: str) -> FlatFilesResource:
    return FlatFilesResource.from_settings(project.settings(TBP_FLAT_FILES_URL=url, **environment))


def test_a_file_url_is_a_local_mirror(project: Project) -> None:
    place = project.root / "a mirror"
    assert resource(project, place.as_uri()).open().files == LocalMirror(place)


@pytest.mark.parametrize("url", ["s3://flatfiles", "s3://flatfiles/", "S3://flatfiles"])
def test_an_s3_url_is_a_bucket(project: Project, url: str) -> None:
    files = resource(project, url, **KEYS).open().files
    assert isinstance(files, S3FlatFiles)
    assert files.bucket == "flatfiles"
    assert files.location == "s3://flatfiles at https://files.massive.com"


def test_a_synthetic_url_is_the_invented_market(project: Project) -> None:
    files = resource(project, "synthetic://market?seed=5&tickers=100").open().files
    assert isinstance(files, SyntheticFiles)
    assert (files.market.seed, files.market.tickers) == (5, 100)


@pytest.mark.parametrize("url", ["synthetic://market", "SYNTHETIC://market", " synthetic://market"])
def test_invented_data_is_called_synthetic_however_the_address_is_written(project: Project, url: str) -> None:
    # An address in capitals once made invented bars whose data_source was the real provider's.
    source = resource(project, url)
    assert source.data_source == source.open().files.data_source == "synthetic"


@pytest.mark.parametrize("url", ["s3://flatfiles", "file:///mirror"])
def test_real_data_is_called_by_its_provider(project: Project, url: str) -> None:
    source = resource(project, url, **KEYS)
    assert source.data_source == source.open().files.data_source == "polygon"


def test_no_source_is_an_error_that_says_what_to_set(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"^no source of day files: set TBP_FLAT_FILES_URL to s3://.*\(s3.yml: url\)"):
        resource(project, "").open()


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "s3://",
        "s3://flatfiles/a/prefix",
        "file://",
        "file://host/mirror",
        "file:mirror",
        "mirror",
        "/mirror",
        "file:///mirror#1",
        "file:///mirror?1",
    ],
)
def test_an_address_of_no_source_is_named(project: Project, url: str) -> None:
    with pytest.raises(ConfigError, match=f"^'{re.escape(url)}' is no source of day files: set TBP_FLAT_FILES_URL"):
        resource(project, url, **KEYS).open()


def test_a_malformed_address_is_a_setting_to_mend(project: Project) -> None:
    source = resource(project, "http://[::1")
    message = r"'http://\[::1' is no source of day files \(Invalid IPv6 URL\)"
    with pytest.raises(ConfigError, match=message):
        source.open()
    with pytest.raises(ConfigError, match=message):
        _ = source.data_source


@pytest.mark.parametrize("query", ["seed=x", "bogus=1", "tickers=0", "tickers=1000000"])
def test_a_synthetic_market_that_cannot_be_made_is_refused(project: Project, query: str) -> None:
    with pytest.raises(TbpError, match="synthetic market"):
        resource(project, f"synthetic://market?{query}").open()


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("empty", [False, True])
def test_a_missing_key_is_named_with_the_file_that_asks_for_it(project: Project, name: str, empty: bool) -> None:
    # An empty key would send boto3 looking for credentials of somebody else.
    others = {key: value for key, value in KEYS.items() if key != name} | ({name: ""} if empty else {})
    with pytest.raises(ConfigError, match=rf"^{name} is not set \(config/s3.yml asks for it: \w+_key\)$"):
        resource(project, "s3://flatfiles", **others).open()


def test_both_missing_keys_are_named_at_once(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"POLYGON_S3_ACCESS_KEY.*; POLYGON_S3_SECRET_KEY"):
        resource(project, "s3://flatfiles").open()


@pytest.mark.parametrize("endpoint", ["http://", "https:// x"])
def test_an_endpoint_that_cannot_be_is_a_setting_to_mend(project: Project, endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"Invalid endpoint: .*\(TBP_S3_ENDPOINT_URL, s3.yml: endpoint_url\)"):
        resource(project, "s3://flatfiles", TBP_S3_ENDPOINT_URL=endpoint, **KEYS).open()


def test_no_key_is_in_anything_that_dagster_could_show(project: Project) -> None:
    source = resource(project, "s3://flatfiles", **KEYS)
    files = source.open().files
    shown = f"{source!r} {source} {source.model_dump()} {source.model_dump_json()} {files!r} {files.location}"
    assert "hush" not in shown


def test_a_process_has_one_source_whose_listings_its_runs_share(project: Project) -> None:
    first, second = (resource(project, project.mirror.as_uri()) for _ in range(2))
    assert first.open() is second.open()
    assert resource(project, project.root.as_uri()).open() is not first.open()


def test_a_run_gets_the_resource_itself_and_needs_no_keys_for_a_mirror(project: Project) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})

    @dg.asset
    def listed(flat_files: FlatFilesResource) -> list[str]:
        return [str(day) for day in flat_files.open().days(US_STOCKS_DAY_AGGS, [TUESDAY])]

    source = resource(project, project.mirror.as_uri())
    result = dg.materialize([listed], resources={"flat_files": source})
    assert result.output_for_node("listed") == ["2024-01-02"]
