"""The invented market as a source: the vendor's keys, files made on demand, each published the day after."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest

from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.embedded.market_files import PUBLISHED_AT, SyntheticFiles
from tbp_assets.errors import FileAbsentError
from tbp_assets.providers.flat_files import MonthListings

pytestmark = pytest.mark.unit
FILES = SyntheticFiles(SyntheticMarket(seed=7, tickers=60))
TUESDAY, NEW_YEAR = date(2024, 1, 2), date(2024, 1, 1)


def downloaded(files: SyntheticFiles, day: date) -> bytes:
    """Return a day's file."""
    stream = io.BytesIO()
    files.download(US_STOCKS_DAY_AGGS.key(day), stream)
    return stream.getvalue()


def test_a_month_lists_one_file_a_session_under_the_vendors_key() -> None:
    listed = FILES.list(US_STOCKS_DAY_AGGS.month_prefix(TUESDAY))
    sessions = sorted(expected_sessions(date(2024, 1, 1), date(2024, 1, 31)))
    assert [file.key for file in listed] == [US_STOCKS_DAY_AGGS.key(day) for day in sessions]
    assert len(listed) == 21


def test_december_ends_with_the_year() -> None:
    keys = [file.key for file in FILES.list(US_STOCKS_DAY_AGGS.month_prefix(date(2023, 12, 1)))]
    assert keys[-1].endswith("2023-12-29.csv.gz")


def test_a_download_is_the_markets_file_and_says_what_the_listing_said() -> None:
    stream = io.BytesIO()
    said = FILES.download(US_STOCKS_DAY_AGGS.key(TUESDAY), stream)
    assert stream.getvalue() == FILES.market.day_file(TUESDAY)
    listed = next(file for file in FILES.list(US_STOCKS_DAY_AGGS.month_prefix(TUESDAY)) if file.key == said.key)
    assert said == listed == FILES.stat(said.key)


def test_the_etag_tells_markets_and_days_apart_and_nothing_else() -> None:
    others = (SyntheticMarket(8, 60), SyntheticMarket(7, 61))
    key = US_STOCKS_DAY_AGGS.key(TUESDAY)
    etags = [SyntheticFiles(market).stat(key).etag for market in (FILES.market, *others)]
    etags.append(FILES.stat(US_STOCKS_DAY_AGGS.key(TUESDAY + timedelta(days=1))).etag)
    assert len(set(etags)) == 4
    assert SyntheticFiles(SyntheticMarket(7, 60)).stat(key).etag == FILES.stat(key).etag


@pytest.mark.parametrize("day", [NEW_YEAR, date(2024, 1, 6), date(2030, 1, 2)])
def test_a_day_without_a_file_is_absent_and_named(day: date) -> None:
    key = US_STOCKS_DAY_AGGS.key(day)
    for ask in (lambda: FILES.stat(key), lambda: FILES.download(key, io.BytesIO())):
        with pytest.raises(FileAbsentError, match=f"seed=7&tickers=60: no file {key}"):
            ask()


@pytest.mark.parametrize("key", ["us_stocks_sip/day_aggs_v1/2024/02/2024-01-02.csv.gz", "us_options_opra/x.csv.gz"])
def test_a_key_that_is_no_day_file_is_absent(key: str) -> None:
    with pytest.raises(FileAbsentError, match=key):
        FILES.stat(key)


def test_a_file_is_published_at_four_in_the_afternoon_of_the_day_after() -> None:
    said = FILES.stat(US_STOCKS_DAY_AGGS.key(TUESDAY))
    assert said.last_modified == datetime(2024, 1, 3, 16, tzinfo=UTC)


def test_what_is_not_published_yet_is_not_listed() -> None:
    now = datetime.now(UTC)
    newest = (now - timedelta(hours=PUBLISHED_AT.hour)).date() - timedelta(days=1)
    month = FILES.list(US_STOCKS_DAY_AGGS.month_prefix(exchange_date(now)))
    days = [US_STOCKS_DAY_AGGS.day_of(file.key) for file in month]
    assert all(day is not None and day <= newest for day in days)
    assert all(file.last_modified <= now for file in month)


def test_days_may_be_asked_for_through_listings_like_any_source() -> None:
    found = MonthListings(FILES, max_age=60).days(US_STOCKS_DAY_AGGS, [NEW_YEAR, TUESDAY])
    assert list(found) == [TUESDAY]
    assert found[TUESDAY].bytes is None


def test_another_seed_is_another_file() -> None:
    assert downloaded(FILES, TUESDAY) != downloaded(SyntheticFiles(SyntheticMarket(seed=8, tickers=60)), TUESDAY)
