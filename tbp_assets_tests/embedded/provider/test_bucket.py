"""The fake provider without faults: what is published can be read, and what was asked can be counted."""

from __future__ import annotations

import io
from datetime import date

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.embedded.provider import FakeProvider, Fault, Request
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, TUESDAY, WEDNESDAY
from tbp_assets_tests.embedded.provider.conftest import Reader, opened

pytestmark = pytest.mark.integration

KEY = US_STOCKS_DAY_AGGS.key(TUESDAY)
MONTH = US_STOCKS_DAY_AGGS.month_prefix(TUESDAY)


def test_an_invented_market_is_published_on_its_sessions(provider: FakeProvider, project: Project) -> None:
    market = SyntheticMarket(tickers=60)
    assert provider.publish_market(market, [NEW_YEAR, TUESDAY, FRIDAY]) == [TUESDAY, FRIDAY]
    listings, target = opened(project, provider), io.BytesIO()
    found = listings.days(US_STOCKS_DAY_AGGS, [NEW_YEAR, TUESDAY, WEDNESDAY, FRIDAY])
    assert list(found) == [TUESDAY, FRIDAY]
    assert listings.files.download(KEY, target) == found[TUESDAY]
    assert target.getvalue() == market.day_file(TUESDAY)


def test_a_replaced_file_has_another_etag(provider: FakeProvider, reader: Reader) -> None:
    files = reader()
    provider.publish(TUESDAY, b"one")
    before = files.stat(KEY)
    provider.replace(TUESDAY, b"two")
    assert files.stat(KEY).etag != before.etag


def test_requests_are_counted_by_kind_and_day(provider: FakeProvider, reader: Reader) -> None:
    files = reader()
    provider.publish(TUESDAY, b"content")
    files.list(MONTH)
    files.stat(KEY)
    files.download(KEY, io.BytesIO())
    assert provider.requests[1:] == [Request("HEAD", KEY, 200, 0), Request("GET", KEY, 200, 7)]
    assert (provider.requests[0].method, provider.requests[0].key) == ("LIST", MONTH)
    assert [provider.count("LIST", on) for on in (None, TUESDAY, date(2024, 2, 1), MONTH)] == [1, 1, 0, 1]
    assert [provider.count("GET", on) for on in (None, TUESDAY, WEDNESDAY, KEY)] == [1, 1, 0, 1]
    provider.forget()
    assert provider.requests == []


def test_filling_the_bucket_is_no_request(provider: FakeProvider) -> None:
    provider.publish(TUESDAY, b"content")
    provider.withdraw(TUESDAY)
    assert provider.requests == []


def test_clearing_takes_away_files_faults_and_requests(provider: FakeProvider, reader: Reader) -> None:
    files = reader()
    provider.publish(TUESDAY, b"content")
    provider.inject(Fault("slow_down", methods=("LIST",), times=None))
    provider.inject(Fault("connect_timeout"))
    provider.clear()
    assert files.list("") == []
    assert provider.count("LIST") == len(provider.requests) == 1


def test_its_keys_are_in_the_environment_and_not_in_what_is_printed(provider: FakeProvider) -> None:
    assert set(provider.environment()) == {
        "TBP_FLAT_FILES_URL", "TBP_S3_ENDPOINT_URL", "POLYGON_S3_ACCESS_KEY", "POLYGON_S3_SECRET_KEY",
    }  # fmt: skip
    assert provider.secret_key not in repr(provider)
