"""Day files over real S3 protocol, from a server in another process."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import ConfigError, FileAbsentError, SourceUnavailableError
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.providers.conftest import client_of, count_requests, download_from, free_port

pytestmark = pytest.mark.integration

KEY = US_STOCKS_DAY_AGGS.key(TUESDAY)
CONTENT = day_file(good_rows(TUESDAY))
DAYS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]


def publish(bucket: S3FlatFiles, *keys: str) -> None:
    for key in keys:
        bucket.client.put_object(Bucket=bucket.bucket, Key=key, Body=CONTENT)


def test_a_month_lists_its_files_sorted_by_key(bucket: S3FlatFiles) -> None:
    publish(bucket, US_STOCKS_DAY_AGGS.key(WEDNESDAY), KEY, US_STOCKS_DAY_AGGS.key(FRIDAY.replace(month=2)))
    listed = bucket.list(US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))
    assert [file.key for file in listed] == [KEY, US_STOCKS_DAY_AGGS.key(WEDNESDAY)]


def test_listing_stat_and_download_say_the_same_of_a_file(bucket: S3FlatFiles) -> None:
    publish(bucket, KEY)
    (listed,), target = bucket.list(KEY), io.BytesIO()
    assert listed == bucket.stat(KEY) == bucket.download(KEY, target)
    assert (listed.key, listed.bytes) == (KEY, len(CONTENT))
    assert listed.etag == hashlib.md5(CONTENT).hexdigest()
    assert datetime.now(UTC) - listed.last_modified < timedelta(minutes=5)
    assert target.getvalue() == CONTENT


def test_a_file_of_many_pieces_arrives_whole(bucket: S3FlatFiles) -> None:
    content, target = bytes(range(256)) * 20_000, io.BytesIO()
    bucket.client.put_object(Bucket=bucket.bucket, Key=KEY, Body=content)
    assert bucket.download(KEY, target).bytes == len(content)
    assert target.getvalue() == content


def test_a_month_of_days_is_one_request(bucket: S3FlatFiles) -> None:
    publish(bucket, *map(US_STOCKS_DAY_AGGS.key, DAYS))
    sent = count_requests(bucket.client)
    listings = MonthListings(bucket, 300)
    assert list(listings.days(US_STOCKS_DAY_AGGS, DAYS)) == DAYS
    assert list(listings.days(US_STOCKS_DAY_AGGS, [TUESDAY])) == [TUESDAY]
    assert len(sent) == 1
    assert "GET" in sent[0]
    assert "list-type=2&prefix=us_stocks_sip%2Fday_aggs_v1%2F2024%2F01%2F" in sent[0]


def test_a_download_is_one_get(bucket: S3FlatFiles) -> None:
    publish(bucket, KEY)
    sent = count_requests(bucket.client)
    bucket.download(KEY, io.BytesIO())
    assert sent == [f"GET {bucket.client.meta.endpoint_url}/{bucket.bucket}/{KEY}"]


def test_a_stat_is_one_head(bucket: S3FlatFiles) -> None:
    publish(bucket, KEY)
    sent = count_requests(bucket.client)
    bucket.stat(KEY)
    assert [request.split()[0] for request in sent] == ["HEAD"]


def test_more_files_than_a_page_holds_are_all_listed(bucket: S3FlatFiles) -> None:
    def two_a_page(params: dict[str, int], **_: object) -> None:
        params["MaxKeys"] = 2

    keys = [f"many/{n}" for n in range(5)]
    publish(bucket, *keys)
    bucket.client.meta.events.register("provide-client-params.s3.ListObjectsV2", two_a_page)
    sent = count_requests(bucket.client)
    assert [file.key for file in bucket.list("many/")] == keys
    assert len(sent) == 3


def test_a_prefix_without_files_lists_nothing(bucket: S3FlatFiles) -> None:
    assert bucket.list("nowhere/") == []


def test_an_absent_file_is_named(bucket: S3FlatFiles) -> None:
    for ask in (bucket.stat, download_from(bucket)):
        with pytest.raises(FileAbsentError, match=f"s3://{bucket.bucket}/{KEY}: the provider has no such file"):
            ask(KEY)


def test_a_missing_bucket_is_a_setting_to_mend(s3_endpoint: str) -> None:
    missing = S3FlatFiles(client_of(s3_endpoint), "no-such-bucket")
    for ask in (missing.list, download_from(missing)):
        with pytest.raises(ConfigError, match=r"no such bucket \(TBP_FLAT_FILES_URL, s3.yml: url\)"):
            ask(KEY)


def test_a_bucket_name_that_cannot_be_is_a_setting_to_mend(s3_endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"Invalid bucket name .*\(TBP_FLAT_FILES_URL, s3.yml: url\)"):
        S3FlatFiles(client_of(s3_endpoint), "Bad Bucket!").list("")


def test_nobody_at_the_endpoint_is_told_quickly_as_worth_another_try() -> None:
    nobody = S3FlatFiles(client_of(f"http://127.0.0.1:{free_port()}"), "flatfiles")
    sent = count_requests(nobody.client)
    for ask in (nobody.list, nobody.stat, download_from(nobody)):
        with pytest.raises(SourceUnavailableError, match="Could not connect to the endpoint URL"):
            ask(KEY)
    assert len(sent) == 3, "asked again although the client tries once"


def test_a_bucket_says_where_it_is_without_keys(bucket: S3FlatFiles) -> None:
    assert bucket.location == f"s3://{bucket.bucket} at {bucket.client.meta.endpoint_url}"
    assert bucket.data_source == "polygon"
