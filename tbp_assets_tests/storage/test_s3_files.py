"""A bucket that cannot be used says whose turn it is; one that fails for a while leaves what was there before."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.awsrequest import AWSResponse

from tbp_assets.embedded.provider import FakeProvider, Fault
from tbp_assets.embedded.provider.faults import FaultKind
from tbp_assets.errors import ConfigError, CredentialsError, StoreUnavailableError, TbpError
from tbp_assets.storage.s3_files import S3Files
from tbp_assets_tests.day_files import TUESDAY, good_rows, row
from tbp_assets_tests.providers.conftest import Misbehaving, Serve, client_of, count_requests, free_port, serve
from tbp_assets_tests.storage.days import lake_in, validated
from tbp_assets_tests.storage.stores import bucket_files

__all__ = ["serve"]
pytestmark = pytest.mark.integration

TICKERS = [f"T{n}" for n in range(40)]
OLD = validated([*good_rows(TUESDAY, TICKERS), row("BAD", low="")])
NEW = validated([*good_rows(TUESDAY, TICKERS[:-1]), row("WORSE", low="")])


class Page(io.BytesIO):
    """A body as the client's HTTP library hands it on."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.getvalue()


ANSWERS = {
    "bucket missing": (404, "NoSuchBucket", ConfigError, "there is no bucket 'lake': create it (TBP_LAKE_URL"),
    "key unknown": (
        403,
        "InvalidAccessKeyId",
        CredentialsError,
        "the keys are refused (InvalidAccessKeyId): check TBP_L",
    ),
    "secret wrong": (403, "SignatureDoesNotMatch", CredentialsError, "the keys are refused (SignatureDoesNotMatch)"),
    "no right": (
        403,
        "AccessDenied",
        CredentialsError,
        "HTTP 403 AccessDenied: these keys need s3:GetObject, s3:PutObject",
    ),
    "another region": (400, "IllegalLocationConstraintException", ConfigError, "lies in another region (IllegalLoc"),
    "too many requests": (503, "SlowDown", StoreUnavailableError, "HTTP 503 SlowDown after every retry"),
    "out of order": (500, "InternalError", StoreUnavailableError, "HTTP 500 InternalError after every retry"),
    "no conditions": (501, "NotImplemented", ConfigError, "no conditional writes"),
    "something else": (400, "InvalidRequest", ConfigError, "HTTP 400 InvalidRequest (TBP_LAKE_URL"),
}


def at(endpoint: str, *, max_attempts: int = 1) -> S3Files:
    return S3Files(client_of(endpoint, max_attempts=max_attempts), "lake", "a/", connections=4)


@pytest.mark.parametrize("case", ANSWERS)
def test_what_a_bucket_answers_is_told_with_address_and_cure(serve: Serve, case: str) -> None:
    status, code, kind, words = ANSWERS[case]
    with pytest.raises(kind, match=re.escape(words)) as told:
        at(serve(Misbehaving(status, code))).read("x.json")
    assert str(told.value).startswith("s3://lake/a/x.json: ")


@pytest.mark.parametrize("act", ["read", "replace"])
def test_a_page_of_somebody_else_is_never_taken_for_a_file(s3_endpoint: str, act: str) -> None:
    files = bucket_files(s3_endpoint)
    files.write("x.json", b"content")

    def sign_in(**_: object) -> Any:
        headers = cast("Any", {"Content-Type": "text/html"})
        return AWSResponse("http://portal", 200, headers, Page(b"<html>Sign in</html>"))

    files.client.meta.events.register("before-send.s3", sign_in)
    with pytest.raises(StoreUnavailableError, match=r"x\.json: not an answer of S3 \(HTTP 200 with a page instead"):
        files.read("x.json") if act == "read" else files.replace("x.json", b"", None)


def test_a_body_that_breaks_off_may_come_whole_later(serve: Serve) -> None:
    with pytest.raises(StoreUnavailableError, match=r"s3://lake/a/x\.json: "):
        at(serve(Misbehaving(200, body=b"half", claimed=1000))).read("x.json")


def test_nobody_at_the_address_is_told_with_the_variable() -> None:
    with pytest.raises(StoreUnavailableError, match=r"s3://lake/a/x\.json: .*127\.0\.0\.1.*TBP_LAKE_ENDPOINT_URL"):
        at(f"http://127.0.0.1:{free_port()}").write("x.json", b"")


def test_a_name_that_no_bucket_can_have_is_told_with_the_variable(s3_endpoint: str) -> None:
    with pytest.raises(ConfigError, match="TBP_LAKE_URL"):
        S3Files(client_of(s3_endpoint), "No Bucket", "", connections=1).read("x")


@pytest.mark.parametrize("act", ["read", "write", "replace", "list", "delete"])
def test_a_missing_bucket_is_told_whatever_is_done(s3_endpoint: str, act: str) -> None:
    files = S3Files(client_of(s3_endpoint), "nowhere", "a/", connections=1)
    acts = {
        "read": lambda: files.read("x"),
        "write": lambda: files.write("x", b""),
        "replace": lambda: files.replace("x", b"", None),
        "list": lambda: list(files.list("x")),
        "delete": lambda: files.delete("x"),
    }
    with pytest.raises(ConfigError, match="there is no bucket 'nowhere': create it"):
        acts[act]()


def test_two_prefixes_of_a_bucket_do_not_meet(s3_endpoint: str) -> None:
    one = bucket_files(s3_endpoint, "one/")
    other, whole = (S3Files(one.client, one.bucket, prefix, connections=1) for prefix in ("other/", ""))
    one.write("x", b"1")
    assert other.read("x") is None
    assert [entry.key for entry in whole.list("")] == ["one/x"]


def test_a_listing_goes_on_after_a_thousand(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = bucket_files(s3_endpoint)
    for n in range(5):
        files.write(f"{n}", b"")
    sent = count_requests(files.client)

    def two(params: dict[str, object], **_: object) -> None:
        params["MaxKeys"] = 2

    files.client.meta.events.register("before-parameter-build.s3.ListObjectsV2", two)
    assert [entry.key for entry in files.list("")] == ["0", "1", "2", "3", "4"]
    assert len(sent) == 3


def test_a_day_is_six_requests_and_the_second_time_is_read_before(s3_endpoint: str) -> None:
    files = bucket_files(s3_endpoint)
    sent = count_requests(files.client)
    lake_in(files).write(OLD)
    assert [request.split()[0] for request in sent] == ["GET", "PUT", "PUT", "PUT", "PUT", "GET"]
    sent.clear()
    lake_in(files).write(OLD)
    assert [request.split()[0] for request in sent] == ["GET", "GET", "GET", "PUT", "PUT", "GET"], "equal files stay"


def deaf_to_conditions(files: S3Files) -> None:
    """Let the server never hear of a condition, as some that speak S3 do not."""

    def without(request: Any, **_: object) -> None:
        for name in {"If-None-Match", "If-Match"} & set(request.headers):
            del request.headers[name]

    files.client.meta.events.register("before-send.s3.PutObject", without)


def test_a_store_that_knows_conditions_keeps_two_writers_apart(s3_endpoint: str) -> None:
    files = bucket_files(s3_endpoint)
    assert files.keeps_writers_apart()
    assert list(files.list("")) == []


def test_a_store_that_ignores_conditions_is_warned_of_once(s3_endpoint: str, caplog: pytest.LogCaptureFixture) -> None:
    files = replace(bucket_files(s3_endpoint), tried=True)
    deaf_to_conditions(files)
    assert not files.keeps_writers_apart()
    for n in range(3):
        assert files.replace(f"{n}.json", b"{}", None)
    assert caplog.text.count("two writers of a day are not kept apart") == 1
    assert [entry.key for entry in files.list("")] == ["0.json", "1.json", "2.json"]


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    """A bucket on a server that fails on request."""
    with FakeProvider.start() as found:
        yield found


def failing(provider: FakeProvider, *, max_attempts: int = 1) -> S3Files:
    provider.heal()
    client = client_of(provider.endpoint_url, max_attempts=max_attempts)
    return S3Files(client, "flatfiles", "lake/", connections=4)


@pytest.mark.parametrize("kind", ["server_error", "slow_down", "bad_key"])
@pytest.mark.parametrize("pattern", ["bars", "quarantine", "json"])
def test_a_put_that_is_said_to_have_failed_leaves_a_whole_day(
    provider: FakeProvider, kind: FaultKind, pattern: str
) -> None:
    lake = lake_in(failing(provider))
    before = lake.write(OLD)
    day = f"lake/{lake.directory(TUESDAY)}/{TUESDAY}.{pattern}"
    provider.inject(Fault(kind, on=day, methods=("PUT",), times=None))
    with pytest.raises(TbpError, match=f"s3://flatfiles/lake/.*{pattern}"):
        lake.write(NEW)
    provider.heal()
    now = lake.whole_fact(TUESDAY)
    # The server keeps what it says it does not: once the manifest arrived it is the new day.
    assert now is not None
    assert now.source_sha256 == (NEW.fact if pattern == "json" else before).source_sha256
    assert (lake.bars(now).height, lake.quarantine(now).height) == (now.accepted, now.quarantined)
    assert lake.write(NEW) == lake.whole_fact(TUESDAY)


def test_a_manifest_whose_answer_was_lost_is_written_once_more_and_stands(provider: FakeProvider) -> None:
    lake = lake_in(failing(provider, max_attempts=3))
    lake.write(OLD)
    provider.inject(Fault("server_error", on=f"lake/{lake.directory(TUESDAY)}/{TUESDAY}.json", methods=("PUT",)))
    fact = lake.write(NEW)
    assert lake.whole_fact(TUESDAY) == fact
    assert (lake.bars(fact).height, lake.quarantine(fact).height) == (39, 1)
