"""Journals keep every download and validation, whatever came of it; they only grow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tbp_assets.bars.events import Request, Validation
from tbp_assets.errors import (
    Category,
    CredentialsError,
    FileAbsentError,
    NotEntitledError,
    RateLimitedError,
    SourceUnavailableError,
)
from tbp_assets.storage.files import FileStore, sha256_of
from tbp_assets.storage.journal import Journal
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import SOURCE, failing, lake_in, landing_zone, sending, validated

pytestmark = pytest.mark.unit

WHOLE = day_file(good_rows(TUESDAY))


def event(seconds: float = 1.0) -> Request:
    return Request(TUESDAY, datetime(2024, 1, 3, tzinfo=UTC), "s3", seconds)


def journal_in(root: Path) -> Journal[Request]:
    return Journal(FileStore(root), root / "requests.jsonl", Request)


def test_download_that_lands_is_kept_with_its_size_and_version(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    before = datetime.now(UTC)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    ((request,), _) = zone.requests.read()
    assert (request.trading_date, request.source, request.error) == (TUESDAY, "s3", None)
    assert (request.bytes, request.sha256) == (len(WHOLE), sha256_of(WHOLE))
    assert before <= request.asked_at <= datetime.now(UTC)
    assert 0 < request.seconds < 60


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileAbsentError("no such file"), "not_published"),
        (NotEntitledError("HTTP 403"), "not_entitled"),
        (SourceUnavailableError("cut off"), "network"),
        (RateLimitedError("HTTP 429"), "rate_limit"),
    ],
)
def test_download_that_fails_is_kept_with_its_category(tmp_path: Path, error: Exception, code: Category) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    zone.land(TUESDAY, failing(error), SOURCE)
    requests, _ = zone.requests.read()
    assert [request.error for request in requests] == [None, code]
    assert (requests[1].bytes, requests[1].sha256) == (0, ""), "the older file is not what it brought"


def test_file_that_cannot_be_read_is_an_error_of_its_request(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE[:-9]), SOURCE)
    assert [request.error for request in zone.requests.read()[0]] == ["parsing"]


def test_refused_login_is_kept_although_nothing_of_the_day_is(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    with pytest.raises(CredentialsError):
        zone.land(TUESDAY, failing(CredentialsError("who are you")), SOURCE)
    assert [request.error for request in zone.requests.read()[0]] == ["auth"]


def test_day_that_is_not_listed_is_no_request(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.record(TUESDAY, "absent", "not listed")
    assert zone.requests.read() == ([], 0)


def test_validation_is_kept_with_its_reasons_each_time(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    bad = [*good_rows(TUESDAY, [f"X{n}" for n in range(50)]), row("AAPL", TUESDAY, high=1)]
    lake.write(validated(bad))
    lake.write(validated(good_rows(WEDNESDAY), WEDNESDAY))
    lake.write(validated(bad))
    judged, _ = lake.validations.read()
    assert [each.trading_date for each in judged] == [TUESDAY, WEDNESDAY, TUESDAY]
    fact = lake.fact(TUESDAY)
    assert fact is not None
    assert fact.quarantined == 1
    assert [each.rejected for each in judged] == [fact.rejected, {}, fact.rejected]
    assert judged[0].source_sha256 == fact.source_sha256


def test_file_that_is_refused_whole_counts_all_its_rows(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    lake.write(validated(good_rows(TUESDAY), header="ticker,volume"))
    (judged,), _ = lake.validations.read()
    assert (judged.status, judged.rejected) == ("refused", {"file_refused": 4})


def test_events_are_read_on_from_where_reading_ended(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.add(event(1))
    first, read = journal.read()
    journal.add(event(2))
    assert [each.seconds for each in first] == [1]
    assert [each.seconds for each in journal.read(read)[0]] == [2]
    assert [each.seconds for each in journal.read()[0]] == [1, 2]


def test_half_a_line_is_not_counted_and_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = journal_in(tmp_path)
    journal.add(event(1))
    with journal.path.open("ab") as stream:
        stream.write(b'{"trading_date":"2024-')
    events, read = journal.read()
    assert [each.seconds for each in events] == [1]
    journal.add(event(2))
    assert [each.seconds for each in journal.read(read)[0]] == [2]
    assert "is not counted" in caplog.text


def test_an_older_validation_without_seconds_is_read(tmp_path: Path) -> None:
    path = tmp_path / "validations.jsonl"
    path.write_text(
        '{"trading_date":"2024-01-02","validated_at":"2024-01-03T17:00:00Z","source_sha256":"ab","status":"validated",'
        '"rejected":{}}\n'
    )
    assert Journal(FileStore(tmp_path), path, Validation).read()[0][0].seconds is None
