"""Every fault, seen through the project's own client, as what it must become."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable
from datetime import date

import pytest

from tbp_assets.bars.facts import Listed
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.provider import FakeProvider, Fault, FaultKind, Method
from tbp_assets.errors import CredentialsError, FileAbsentError, NotEntitledError, SourceUnavailableError, TbpError
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.embedded.provider.conftest import WAIT_SECONDS, Reader

pytestmark = pytest.mark.integration

CONTENT = day_file(good_rows(TUESDAY, [f"T{n}" for n in range(500)]))
KEY = US_STOCKS_DAY_AGGS.key(TUESDAY)
MONTH = US_STOCKS_DAY_AGGS.month_prefix(TUESDAY)
SESSIONS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)


def downloaded(files: S3FlatFiles, day: date = TUESDAY) -> bytes:
    target = io.BytesIO()
    files.download(US_STOCKS_DAY_AGGS.key(day), target)
    return target.getvalue()


def listed(files: S3FlatFiles) -> list[date | None]:
    return [US_STOCKS_DAY_AGGS.day_of(file.key) for file in files.list(MONTH)]


def asking(files: S3FlatFiles, method: Method) -> Callable[[], object]:
    asks: dict[Method, Callable[[], object]] = {
        "GET": lambda: downloaded(files),
        "HEAD": lambda: files.stat(KEY),
        "LIST": lambda: files.list(MONTH),
    }
    return asks[method]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("server_error", "HTTP 500 InternalError"),
        ("slow_down", "HTTP 503 SlowDown"),
        ("too_many_requests", "HTTP 429 TooManyRequests"),
        ("connect_timeout", "Connect timeout"),
        ("stall", "Read timeout"),
        ("cut", f"{len(CONTENT) // 2} read, but total bytes expected is {len(CONTENT)}"),
        ("reset", "Connection reset by peer"),
        ("wrong_length_more", f"{len(CONTENT)} read, but total bytes expected is {len(CONTENT) + 1000}"),
        ("garbage", "not an answer of S3"),
    ],
)
def test_trouble_at_the_provider_is_worth_another_try(
    provider: FakeProvider, reader: Reader, kind: FaultKind, words: str
) -> None:
    provider.publish(TUESDAY, CONTENT)
    files = reader()
    provider.inject(Fault(kind))
    with pytest.raises(SourceUnavailableError, match=words):
        downloaded(files)
    provider.heal()
    assert downloaded(files) == CONTENT


WITHOUT_BODY: tuple[FaultKind, ...] = (
    "server_error", "slow_down", "too_many_requests", "connect_timeout", "garbage",
)  # fmt: skip
WITH_BODY: tuple[FaultKind, ...] = ("stall", "cut", "reset")


@pytest.mark.parametrize(
    ("method", "kind"),
    [*(("HEAD", kind) for kind in WITHOUT_BODY), *(("LIST", kind) for kind in (*WITHOUT_BODY, *WITH_BODY))],
)
def test_trouble_strikes_listings_and_heads_as_well(
    provider: FakeProvider, reader: Reader, method: Method, kind: FaultKind
) -> None:
    provider.publish(TUESDAY, CONTENT)
    files = reader()
    provider.inject(Fault(kind, methods=() if kind == "connect_timeout" else (method,)))
    with pytest.raises(SourceUnavailableError):
        asking(files, method)()


def test_a_page_of_html_in_place_of_a_listing_is_never_an_empty_month(provider: FakeProvider, reader: Reader) -> None:
    # Well-formed XML of any kind parses as a listing without files: every day of the month was then "missing".
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault("garbage", methods=("LIST",)))
    with pytest.raises(SourceUnavailableError, match="not an answer of S3"):
        reader().list(MONTH)


@pytest.mark.parametrize("kind", ["forbidden", "not_entitled"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_refused_file_is_a_matter_of_the_subscription_while_it_is_listed(
    provider: FakeProvider, reader: Reader, kind: FaultKind, method: Method
) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault(kind, methods=(method,), times=None))
    files = reader()
    with pytest.raises(NotEntitledError):
        asking(files, method)()
    assert listed(files) == [TUESDAY]
    assert [request.status for request in provider.requests] == [403, 200]


def test_a_data_type_outside_the_subscription_leaves_the_others_alone(provider: FakeProvider, reader: Reader) -> None:
    provider.publish(TUESDAY, CONTENT)
    files = reader()
    provider.inject(Fault("not_entitled", on="us_options_opra/", times=None))
    assert downloaded(files) == CONTENT
    provider.inject(Fault("not_entitled", on=US_STOCKS_DAY_AGGS.prefix, times=None))
    with pytest.raises(NotEntitledError):
        downloaded(files)


def test_a_subscription_reaches_back_to_a_date(provider: FakeProvider, reader: Reader) -> None:
    for day in SESSIONS:
        provider.publish(day, day_file(good_rows(day)))
    provider.inject(Fault("not_entitled", before=THURSDAY, times=None))
    files = reader()
    assert listed(files) == list(SESSIONS)
    for day in (TUESDAY, WEDNESDAY):
        with pytest.raises(NotEntitledError):
            downloaded(files, day)
    assert [downloaded(files, day) for day in (THURSDAY, FRIDAY)] == [
        day_file(good_rows(day)) for day in (THURSDAY, FRIDAY)
    ]


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch"])
@pytest.mark.parametrize("method", ["LIST", "GET"])
def test_refused_keys_are_told_as_that(provider: FakeProvider, reader: Reader, code: str, method: Method) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault("bad_key", times=None, code=code))
    with pytest.raises(CredentialsError, match=code):
        asking(reader(), method)()


def test_a_head_cannot_tell_refused_keys_from_a_missing_subscription(provider: FakeProvider, reader: Reader) -> None:
    provider.inject(Fault("bad_key", times=None))
    with pytest.raises(NotEntitledError, match="HTTP 403"):
        reader().stat(KEY)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_that_is_listed_and_not_found_is_absent(provider: FakeProvider, reader: Reader, method: Method) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault("not_found", on=TUESDAY, methods=(method,)))
    with pytest.raises(FileAbsentError):
        asking(reader(), method)()


def test_a_withdrawn_file_is_absent(provider: FakeProvider, reader: Reader) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.withdraw(TUESDAY)
    files = reader()
    assert listed(files) == []
    with pytest.raises(FileAbsentError):
        downloaded(files)


def test_a_length_that_says_less_brings_a_cut_file(provider: FakeProvider, reader: Reader) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault("wrong_length_less"))
    cut = downloaded(reader())
    assert cut == CONTENT[: len(CONTENT) // 2]
    with pytest.raises(EOFError):
        gzip.decompress(cut)


@pytest.mark.parametrize("kind", ["server_error", "slow_down", "too_many_requests"])
def test_three_attempts_get_over_one_refusal_by_themselves(
    provider: FakeProvider, reader: Reader, kind: FaultKind
) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault(kind))
    assert downloaded(reader(max_attempts=3)) == CONTENT
    assert [request.faults for request in provider.requests] == [(kind,), ()]


def test_a_provider_that_accepts_connections_again_is_reached_by_a_later_attempt(
    provider: FakeProvider, reader: Reader
) -> None:
    provider.publish(TUESDAY, CONTENT)
    files = reader(max_attempts=3)
    provider.inject(Fault("connect_timeout", seconds=WAIT_SECONDS * 1.2))
    assert downloaded(files) == CONTENT


def test_a_silence_shorter_than_the_time_out_does_no_harm(provider: FakeProvider, reader: Reader) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault("stall", seconds=WAIT_SECONDS / 5, at_byte=10))
    assert downloaded(reader()) == CONTENT


@pytest.mark.parametrize("kind", ["cut", "reset"])
@pytest.mark.parametrize("at_byte", [0, 1, len(CONTENT) - 1])
def test_a_connection_may_break_at_any_byte(
    provider: FakeProvider, reader: Reader, kind: FaultKind, at_byte: int
) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault(kind, at_byte=at_byte))
    with pytest.raises(SourceUnavailableError):
        downloaded(reader())
    assert provider.requests[0].sent == at_byte


def test_late_publication_is_a_file_that_later_listings_show(provider: FakeProvider, reader: Reader) -> None:
    for day in SESSIONS:
        provider.publish(day, CONTENT)
    provider.inject(Fault("list_without_day", on=THURSDAY))
    provider.inject(Fault("list_without_day", on=FRIDAY, times=2))
    files = reader()
    assert [listed(files) for _ in range(3)] == [list(SESSIONS[:2]), list(SESSIONS[:3]), list(SESSIONS)]


def test_a_stale_listing_shows_the_file_as_it_was(provider: FakeProvider, reader: Reader) -> None:
    files = reader()
    provider.publish(TUESDAY, b"first")
    provider.publish(WEDNESDAY, CONTENT)
    before = files.list(MONTH)
    provider.inject(Fault("stale_list", times=2))
    assert files.list(MONTH) == before, "nothing was replaced yet"
    provider.replace(TUESDAY, CONTENT)
    assert [files.list(MONTH), files.list(MONTH)] == [before, before]
    assert downloaded(files) == CONTENT
    now: list[Listed] = files.list(MONTH)
    assert [file.bytes for file in now] == [len(CONTENT)] * 2
    assert now[0] == files.stat(KEY)


def test_faults_on_a_day_leave_other_days_alone(provider: FakeProvider, reader: Reader) -> None:
    for day in SESSIONS:
        provider.publish(day, CONTENT)
    provider.inject(Fault("server_error", on=WEDNESDAY, times=2))
    files, failed = reader(), list[date]()
    for day in (*SESSIONS, *SESSIONS, *SESSIONS):
        try:
            assert downloaded(files, day) == CONTENT
        except TbpError:
            failed.append(day)
    assert failed == [WEDNESDAY, WEDNESDAY]


def test_a_stalled_client_does_not_hold_up_the_end(provider: FakeProvider, reader: Reader) -> None:
    provider.publish(TUESDAY, CONTENT)
    provider.inject(Fault("stall"))
    with pytest.raises(SourceUnavailableError):
        downloaded(reader())
    started = time.monotonic()
    provider.heal()
    # The stall itself has no end; a busy machine needs less than this.
    assert time.monotonic() - started < 30
