"""The store resource: landing zone and lake lie where the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import ConfigError
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets.storage.s3_files import S3Files
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import validated

pytestmark = pytest.mark.unit


def test_landing_zone_and_lake_lie_below_the_lake_url(project: Project, tmp_path: Path) -> None:
    store = StoreResource.from_settings(project.settings(TBP_LAKE_URL=(tmp_path / "else where").as_uri()))
    lake, landing = store.lake(US_STOCKS_DAY_AGGS, "polygon"), store.landing(US_STOCKS_DAY_AGGS, "polygon")
    below = tmp_path / "else where"
    assert (lake.store, landing.store) == (LocalFiles(below), LocalFiles(below))
    assert lake.directory(TUESDAY) == "lake/polygon/us_stocks_sip/day_aggs_v1/2024/01"
    assert landing.directory(TUESDAY) == "landing/polygon/us_stocks_sip/day_aggs_v1/2024/01"


def test_without_a_lake_url_they_lie_in_the_home(project: Project, tmp_path: Path) -> None:
    store = StoreResource.from_settings(project.settings(TBP_LAKE_URL="", TBP_HOME=str(tmp_path / "home")))
    assert store.files() == LocalFiles(tmp_path / "home")


def test_lake_url_of_another_kind_is_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"TBP_LAKE_URL .*file:///an/absolute/path or s3://bucket/prefix"):
        StoreResource.from_settings(project.settings(TBP_LAKE_URL="gs://bucket/lake"))


def test_invented_and_real_days_lie_apart(project: Project) -> None:
    store = StoreResource.from_settings(project.settings())
    store.lake(US_STOCKS_DAY_AGGS, "synthetic").write(validated(good_rows(TUESDAY)))
    assert store.lake(US_STOCKS_DAY_AGGS, "polygon").fact(TUESDAY) is None


def test_resources_of_one_root_see_the_same_days(project: Project) -> None:
    settings = project.settings()
    fact = (
        StoreResource.from_settings(settings).lake(US_STOCKS_DAY_AGGS, "polygon").write(validated(good_rows(TUESDAY)))
    )
    assert StoreResource.from_settings(settings).lake(US_STOCKS_DAY_AGGS, "polygon").fact(TUESDAY) == fact


@pytest.mark.parametrize(
    ("url", "prefix"),
    [("s3://lake", ""), ("s3://lake/", ""), ("s3://lake/research/tbp", "research/tbp/"), ("s3://lake/a/", "a/")],
)
def test_a_bucket_is_taken_with_its_prefix(project: Project, url: str, prefix: str) -> None:
    files = StoreResource.from_settings(project.settings(TBP_LAKE_URL=url)).files()
    assert isinstance(files, S3Files)
    assert (files.bucket, files.prefix, files.location) == ("lake", prefix, url.rstrip("/"))


def test_resources_of_one_configuration_share_their_connections(project: Project) -> None:
    made = [StoreResource.from_settings(project.settings(TBP_LAKE_URL=f"s3://{name}")).files() for name in ("a", "b")]
    assert isinstance(made[0], S3Files)
    assert isinstance(made[1], S3Files)
    assert made[0].client is made[1].client


def test_reports_lie_in_the_home_unless_the_lake_is_a_bucket(project: Project, tmp_path: Path) -> None:
    assert StoreResource.from_settings(project.settings()).reports(tmp_path) == LocalFiles(tmp_path)
    shared = StoreResource.from_settings(project.settings(TBP_LAKE_URL="s3://lake/a"))
    assert shared.reports(tmp_path) == shared.files()


def test_keys_of_the_lake_are_no_fields_that_dagster_shows(project: Project) -> None:
    keys = {"TBP_LAKE_ACCESS_KEY": "hush-access", "TBP_LAKE_SECRET_KEY": "hush-secret"}
    store = StoreResource.from_settings(project.settings(TBP_LAKE_URL="s3://lake", **keys))
    assert "hush" not in f"{store!r} {store.model_dump_json()} {project.settings()!r}"
