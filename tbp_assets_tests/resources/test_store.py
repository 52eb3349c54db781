"""The store resource: landing zone and lake lie where the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import ConfigError
from tbp_assets.resources.store import StoreResource
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, good_rows
from tbp_assets_tests.storage.days import validated

pytestmark = pytest.mark.unit


def test_landing_zone_and_lake_lie_below_the_lake_url(project: Project, tmp_path: Path) -> None:
    store = StoreResource.from_settings(project.settings(TBP_LAKE_URL=(tmp_path / "else where").as_uri()))
    lake, landing = store.lake(US_STOCKS_DAY_AGGS, "polygon"), store.landing(US_STOCKS_DAY_AGGS, "polygon")
    below = tmp_path / "else where"
    assert lake.directory(TUESDAY) == below / "lake/polygon/us_stocks_sip/day_aggs_v1/2024/01"
    assert landing.directory(TUESDAY) == below / "landing/polygon/us_stocks_sip/day_aggs_v1/2024/01"


def test_without_a_lake_url_they_lie_in_the_home(project: Project, tmp_path: Path) -> None:
    store = StoreResource.from_settings(project.settings(TBP_LAKE_URL="", TBP_HOME=str(tmp_path / "home")))
    assert store.lake(US_STOCKS_DAY_AGGS, "polygon").store.root == tmp_path / "home"


def test_lake_url_of_another_kind_is_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"TBP_LAKE_URL .*file:///an/absolute/path"):
        StoreResource.from_settings(project.settings(TBP_LAKE_URL="s3://bucket/lake"))


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
