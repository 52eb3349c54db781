"""Journals keep every download and validation, whatever came of it; they only grow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
    StorageError,
)
from tbp_assets.storage.files import Files, sha256_of
from tbp_assets.storage.journal import FollowedEvents, Journal
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import SOURCE, failing, lake_in, landing_zone, sending, validated

pytestmark = pytest.mark.unit

WHOLE = day_file(good_rows(TUESDAY))


def event(seconds: float = 1.0) -> Request:
    return Request(TUESDAY, datetime(2024, 1, 3, tzinfo=UTC), "s3", seconds)


def journal_in(files: Files) -> Journal[Request]:
    return Journal(files, "requests.jsonl", Request)


def seconds(events: list[Request]) -> list[float]:
    return [each.seconds for each in events]


def test_download_that_lands_is_kept_with_its_size_and_version(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    before = datetime.now(UTC)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    (request,) = zone.requests.events()
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
        (CredentialsError("who are you"), "auth"),
    ],
)
def test_download_that_fails_is_kept_with_its_category(tmp_path: Path, error: Exception, code: Category) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    zone.land(TUESDAY, failing(error), SOURCE)
    requests = zone.requests.events()
    assert [request.error for request in requests] == [None, code]
    assert (requests[1].bytes, requests[1].sha256) == (0, ""), "the older file is not what it brought"


def test_file_that_cannot_be_read_is_an_error_of_its_request(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE[:-9]), SOURCE)
    assert [request.error for request in zone.requests.events()] == ["parsing"]


def test_day_that_is_not_listed_is_no_request(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.record(TUESDAY, "absent", "not listed")
    assert zone.requests.events() == []


def test_validation_is_kept_with_its_reasons_each_time(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    bad = [*good_rows(TUESDAY, [f"X{n}" for n in range(50)]), row("AAPL", TUESDAY, high=1)]
    lake.write(validated(bad))
    lake.write(validated(good_rows(WEDNESDAY), WEDNESDAY))
    lake.write(validated(bad))
    judged = lake.validations.events()
    assert [each.trading_date for each in judged] == [TUESDAY, WEDNESDAY, TUESDAY]
    fact = lake.fact(TUESDAY)
    assert fact is not None
    assert fact.quarantined == 1
    assert [each.rejected for each in judged] == [fact.rejected, {}, fact.rejected]
    assert judged[0].source_sha256 == fact.source_sha256


def test_file_that_is_refused_whole_counts_all_its_rows(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    lake.write(validated(good_rows(TUESDAY), header="ticker,volume"))
    (judged,) = lake.validations.events()
    assert (judged.status, judged.rejected) == ("refused", {"file_refused": 4})


def test_events_are_read_on_from_where_reading_ended(store: Files) -> None:
    journal = journal_in(store)
    followed = FollowedEvents(journal)
    assert followed.events() == []
    journal.add(event(1))
    assert seconds(followed.events()) == [1]
    journal.add(event(2))
    assert seconds(followed.events()) == [1, 2]
    assert followed.events() is followed.events()
    assert seconds(journal.events()) == [1, 2]


def test_a_journal_that_was_taken_away_is_begun_anew(store: Files) -> None:
    journal = journal_in(store)
    followed = FollowedEvents(journal)
    journal.add(event(1))
    assert seconds(followed.events()) == [1]
    for entry in list(store.list("requests.jsonl")):
        store.delete(entry.key)
    assert followed.events() == []
    journal.add(event(2))
    assert seconds(followed.events()) == [2]


def test_lines_of_several_threads_never_mix(store: Files) -> None:
    journal = journal_in(store)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(journal.add, [event(n) for n in range(40)]))
    assert sorted(seconds(journal.events())) == list(range(40))


def test_half_a_line_is_not_counted_and_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = journal_in(LocalFiles(tmp_path))
    followed = FollowedEvents(journal)
    journal.add(event(1))
    with (tmp_path / "requests.jsonl").open("ab") as stream:
        stream.write(b'{"trading_date":"2024-')
    assert seconds(followed.events()) == [1]
    journal.add(event(2))
    assert seconds(followed.events()) == [1, 2]
    assert "is not counted" in caplog.text


def test_a_shorter_journal_in_its_place_is_read_from_its_start(tmp_path: Path) -> None:
    journal = journal_in(LocalFiles(tmp_path))
    followed = FollowedEvents(journal)
    journal.add(event(1))
    journal.add(event(2))
    assert seconds(followed.events()) == [1, 2]
    path = tmp_path / "requests.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[1])
    assert seconds(followed.events()) == [2]


def test_a_journal_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").mkdir()
    with pytest.raises(StorageError, match="cannot be read"):
        journal_in(LocalFiles(tmp_path)).events()


def test_an_older_validation_without_seconds_is_read(tmp_path: Path) -> None:
    (tmp_path / "validations.jsonl").write_text(
        '{"trading_date":"2024-01-02","validated_at":"2024-01-03T17:00:00Z","source_sha256":"ab","status":"validated",'
        '"rejected":{}}\n'
    )
    assert Journal(LocalFiles(tmp_path), "validations.jsonl", Validation).events()[0].seconds is None
