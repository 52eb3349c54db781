"""The bucket as the project reaches it: address and keys through s3.yml, requests counted at the client."""

from __future__ import annotations

import io

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import SourceUnavailableError
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.providers.conftest import KEYS, Misbehaving, Serve, count_requests

pytestmark = pytest.mark.integration

DAYS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]


def opened(project: Project, endpoint: str, bucket: str = "flatfiles") -> tuple[MonthListings, S3FlatFiles]:
    settings = project.settings(TBP_FLAT_FILES_URL=f"s3://{bucket}", TBP_S3_ENDPOINT_URL=endpoint, **KEYS)
    listings = FlatFilesResource.from_settings(settings).open()
    assert isinstance(listings.files, S3FlatFiles)
    return listings, listings.files


def test_four_days_are_one_list_and_four_gets(project: Project, bucket: S3FlatFiles) -> None:
    for day in DAYS:
        bucket.client.put_object(Bucket=bucket.bucket, Key=US_STOCKS_DAY_AGGS.key(day), Body=day_file(good_rows(day)))
    listings, files = opened(project, bucket.client.meta.endpoint_url, bucket.bucket)
    sent = count_requests(files.client)
    for file in listings.days(US_STOCKS_DAY_AGGS, DAYS).values():
        target = io.BytesIO()
        assert files.download(file.key, target) == file
        assert len(target.getvalue()) == file.bytes
    assert [request.split()[0] for request in sent] == ["GET"] * 5
    assert ["list-type=2" in request for request in sent] == [True, False, False, False, False]


@pytest.mark.parametrize("attempts", [1, 2])
def test_max_attempts_is_how_often_a_request_is_sent(project: Project, serve: Serve, attempts: int) -> None:
    project.change("s3.yml", "max_attempts: 5", f"max_attempts: {attempts}")
    answer = Misbehaving(503, "SlowDown")
    _, files = opened(project, serve(answer))
    with pytest.raises(SourceUnavailableError):
        files.stat("key")
    assert len(answer.asked) == attempts
