"""The whole way from a bucket over S3, with keys that are checked and requests counted where they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.cli.table import tickers, versions
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, REAL_DATA, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.end_to_end.bucket import Bucket, bucket_of

pytestmark = pytest.mark.integration
BACKFILL = ("backfill", "2024-01-02", "2024-01-05", "--json")
SESSIONS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
UNIVERSE = ["AAPL", "CVX", "JPM", "LLY", "META", "MSFT", "NVDA", "QQQ", "SPY", "UNH", "V", "WMT"]
LIST = ("LIST", "")
GETS = [("GET", US_STOCKS_DAY_AGGS.key(day)) for day in SESSIONS]


def content(day: date) -> bytes:
    """Return the provider's file where it is at hand, else one made by hand."""
    path = REAL_DATA / US_STOCKS_DAY_AGGS.key(day)
    return path.read_bytes() if path.is_file() else day_file(good_rows(day, [*UNIVERSE, "GOOG"]))


@pytest.fixture(scope="module")
def full_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """Four days, on a server that several tests ask."""
    with bucket_of({day: content(day) for day in SESSIONS}, tmp_path_factory.mktemp("bucket")) as found:
        yield found


@pytest.fixture
def bucket(full_bucket: Bucket) -> Bucket:
    """The bucket, with no request counted yet."""
    full_bucket.forget()
    return full_bucket


def test_a_range_is_one_list_and_a_get_for_each_day(project: Project, tbp: Tbp, bucket: Bucket) -> None:
    said = tbp(*BACKFILL, **bucket.environment)
    said.must_be(0, f"s3://flatfiles at {bucket.endpoint}")
    assert (said.json["days"], said.json["rows"], said.json["downloads"]) == (4, 48, 4)
    assert sorted(bucket.asked()) == sorted([LIST, *GETS])


def test_a_second_run_is_one_list_and_changes_nothing(project: Project, tbp: Tbp, bucket: Bucket) -> None:
    tbp(*BACKFILL, **bucket.environment).must_be(0)
    before = versions(project.database())
    bucket.forget()
    assert tbp(*BACKFILL).json["downloads"] == 0
    assert bucket.asked() == [LIST]
    assert versions(project.database()) == before


def test_tickers_added_later_cost_no_request(project: Project, tbp: Tbp, bucket: Bucket) -> None:
    tbp(*BACKFILL, TBP_UNIVERSE="etfs", **bucket.environment).must_be(0)
    assert tickers(project.database()) == ["QQQ", "SPY"]
    bucket.forget()
    said = tbp(*BACKFILL, TBP_UNIVERSE="configured")
    said.must_be(0)
    assert (said.json["inserted"], tickers(project.database())) == (40, UNIVERSE)
    assert bucket.asked() == []


def test_a_dry_run_gets_no_file_and_tells_their_size(project: Project, tbp: Tbp, bucket: Bucket) -> None:
    said = tbp(*BACKFILL, "--dry-run", **bucket.environment)
    assert (said.json["files"], said.json["bytes"]) == (4, sum(len(content(day)) for day in SESSIONS))
    assert bucket.asked() == [LIST]


@pytest.mark.parametrize("name", ["POLYGON_S3_ACCESS_KEY", "POLYGON_S3_SECRET_KEY"])
def test_a_wrong_key_is_told_as_that_and_not_printed(project: Project, tbp: Tbp, bucket: Bucket, name: str) -> None:
    said = tbp(*BACKFILL, **{**bucket.environment, name: "AKIAWRONGWRONG"})
    said.must_be(1, "the provider refused the credentials", "POLYGON_S3_ACCESS_KEY")
    secrets = {"AKIAWRONGWRONG", *bucket.keys.values()}
    assert [secret for secret in secrets if secret in said.err] == []
    assert not project.store.exists()


def test_a_day_that_the_subscription_does_not_cover_is_not_taken_for_an_absent_one(project: Project, tbp: Tbp) -> None:
    files = {day: content(day) for day in SESSIONS}
    with bucket_of(files, project.root, without=THURSDAY) as bucket:
        said = tbp(*BACKFILL, **bucket.environment)
        said.must_be(1)
        assert (said.json["days"], said.json["rows"], said.json["faults"]) == (3, 36, [])
        assert list(said.json["open"]) == ["2024-01-04"]
        assert said.json["open"]["2024-01-04"]["state"] == "not_entitled"
        assert "HTTP 403" in said.json["open"]["2024-01-04"]["detail"]
        tbp(*BACKFILL[:-1]).must_be(1, "open 2024-01-04: not_entitled", "subscription does not cover")


def test_a_provider_that_does_not_answer_is_named(project: Project, tbp: Tbp) -> None:
    with bucket_of({}, project.root) as gone:
        environment = gone.environment
    project.change("s3.yml", "max_attempts: 5", "max_attempts: 1")
    tbp(*BACKFILL, **environment).must_be(1, "s3://flatfiles", gone.endpoint)
