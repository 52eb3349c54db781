"""Day files by trading date: one LIST a month, remembered for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import BinaryIO

import pytest

from tbp_assets.bars.facts import Listed
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.providers import flat_files
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets_tests.day_files import FRIDAY, TUESDAY, WEDNESDAY

pytestmark = pytest.mark.unit

FEBRUARY = date(2024, 2, 1)
AT = datetime(2024, 1, 3, 16, tzinfo=UTC)


@dataclass
class Bucket:
    """A source that lists keys and counts how often it is asked."""

    keys: list[str]
    asked: list[str] = field(default_factory=list[str])
    data_source: str = "polygon"
    location: str = "memory"

    def list(self, prefix: str) -> list[Listed]:
        self.asked.append(prefix)
        return [self.stat(key) for key in sorted(self.keys) if key.startswith(prefix)]

    def stat(self, key: str) -> Listed:
        return Listed(key, f"etag of {key}", 1, AT)

    def download(self, key: str, target: BinaryIO) -> Listed:
        raise AssertionError(f"{key} is downloaded to {target}: listing downloads nothing")


@dataclass
class Clock:
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the listings, moved by hand."""
    hand = Clock()
    monkeypatch.setattr(flat_files, "time", hand)
    return hand


def of_days(days: Iterable[date], *others: str) -> Bucket:
    return Bucket([*map(US_STOCKS_DAY_AGGS.key, days), *others])


def test_a_month_of_days_is_one_list(clock: Clock) -> None:
    days = [date(2024, 1, n) for n in range(1, 32)]
    bucket = of_days(days)
    assert list(MonthListings(bucket, 300).days(US_STOCKS_DAY_AGGS, days)) == days
    assert bucket.asked == ["us_stocks_sip/day_aggs_v1/2024/01/"]


def test_each_month_of_a_range_is_listed_once(clock: Clock) -> None:
    bucket = of_days([TUESDAY, FEBRUARY])
    found = MonthListings(bucket, 300).days(US_STOCKS_DAY_AGGS, [TUESDAY, FEBRUARY, FRIDAY])
    assert list(found) == [TUESDAY, FEBRUARY]
    assert [prefix[-8:] for prefix in bucket.asked] == ["2024/01/", "2024/02/"]


def test_no_day_wanted_is_no_list(clock: Clock) -> None:
    bucket = of_days([TUESDAY])
    assert MonthListings(bucket, 300).days(US_STOCKS_DAY_AGGS, []) == {}
    assert bucket.asked == []


def test_only_wanted_days_are_returned(clock: Clock) -> None:
    listings = MonthListings(of_days([TUESDAY, WEDNESDAY, FRIDAY]), 300)
    assert list(listings.days(US_STOCKS_DAY_AGGS, [WEDNESDAY, FEBRUARY])) == [WEDNESDAY]


def test_a_day_maps_to_what_the_source_says_of_its_file(clock: Clock) -> None:
    bucket = of_days([TUESDAY])
    key = US_STOCKS_DAY_AGGS.key(TUESDAY)
    assert MonthListings(bucket, 300).days(US_STOCKS_DAY_AGGS, [TUESDAY]) == {TUESDAY: bucket.stat(key)}


@pytest.mark.parametrize(
    "foreign",
    [
        "us_stocks_sip/day_aggs_v1/2024/01/2024-01-02.csv.gz.tmp",
        "us_stocks_sip/day_aggs_v1/2024/01/2024-02-02.csv.gz",
        "us_stocks_sip/day_aggs_v1/2024/02/2024-02-30.csv.gz",
        "us_stocks_sip/day_aggs_v1/2024/01/deeper/2024-01-02.csv.gz",
        "us_stocks_sip/day_aggs_v1/2024/01/README",
        "us_stocks_sip/day_aggs_v1/2024/01/",
        "us_stocks_sip/minute_aggs_v1/2024/01/2024-01-02.csv.gz",
    ],
)
def test_a_foreign_key_is_no_day_file(clock: Clock, foreign: str) -> None:
    days = [TUESDAY, date(2024, 2, 2)]
    assert MonthListings(Bucket([foreign]), 300).days(US_STOCKS_DAY_AGGS, days) == {}


def test_a_listing_is_used_again_until_it_is_too_old(clock: Clock) -> None:
    bucket = of_days([TUESDAY])
    listings = MonthListings(bucket, 300)
    listings.days(US_STOCKS_DAY_AGGS, [TUESDAY])
    clock.now += 300
    listings.days(US_STOCKS_DAY_AGGS, [WEDNESDAY])
    assert len(bucket.asked) == 1
    clock.now += 0.001
    listings.days(US_STOCKS_DAY_AGGS, [TUESDAY])
    assert len(bucket.asked) == 2


def test_a_file_published_meanwhile_is_seen_when_the_listing_is_renewed(clock: Clock) -> None:
    bucket = of_days([TUESDAY])
    listings = MonthListings(bucket, 300)
    assert list(listings.days(US_STOCKS_DAY_AGGS, [TUESDAY, WEDNESDAY])) == [TUESDAY]
    bucket.keys.append(US_STOCKS_DAY_AGGS.key(WEDNESDAY))
    clock.now += 301
    assert list(listings.days(US_STOCKS_DAY_AGGS, [TUESDAY, WEDNESDAY])) == [TUESDAY, WEDNESDAY]


def test_a_key_and_its_day_are_each_others() -> None:
    key = US_STOCKS_DAY_AGGS.key(TUESDAY)
    assert key == "us_stocks_sip/day_aggs_v1/2024/01/2024-01-02.csv.gz"
    assert US_STOCKS_DAY_AGGS.day_of(key) == TUESDAY


@pytest.mark.parametrize("date_", ["2024-13-02", "2024-02-30", "0000-01-01", "2024-1-2"])
def test_a_key_of_a_date_that_does_not_exist_has_no_day(date_: str) -> None:
    assert US_STOCKS_DAY_AGGS.day_of(US_STOCKS_DAY_AGGS.key(TUESDAY).replace("2024-01-02", date_)) is None
