"""Every answer of a bucket has its own name and cure, and what nobody needs of it may be missing."""

from __future__ import annotations

import io
import re

import pytest

from tbp_assets.bars.facts import Listed
from tbp_assets.errors import (
    ConfigError,
    CredentialsError,
    NotEntitledError,
    RateLimitedError,
    RefusedError,
    SourceUnavailableError,
    TbpError,
)
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets_tests.providers.conftest import Misbehaving, Serve, client_of, download_from

pytestmark = pytest.mark.integration

KEY = "us_stocks_sip/day_aggs_v1/2024/01/2024-01-02.csv.gz"
CONTENT = b"0123456789"
FIREWALL = b"<!DOCTYPE html>\n<html><head><title>Blocked by\n  ACME Firewall</title></head></html>"
REDIRECTS = [300, 301, 302, 303, 307, 308]
GET, LIST, HEAD = "GET", "LIST", "HEAD"


def bucket(serve: Serve, answer: Misbehaving) -> S3FlatFiles:
    return S3FlatFiles(client_of(serve(answer), max_attempts=2), "flatfiles")


def ask(source: S3FlatFiles, method: str) -> object:
    return {GET: download_from(source), LIST: source.list, HEAD: source.stat}[method](KEY)


def told(source: S3FlatFiles, method: str, kind: type[TbpError]) -> str:
    with pytest.raises(kind) as error:
        ask(source, method)
    assert "\n" not in str(error.value)
    assert type(error.value) is kind
    assert len(str(error.value)) < 600
    return str(error.value)


@pytest.mark.parametrize("method", [GET, LIST, HEAD])
@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_is_told_once_and_not_followed(serve: Serve, status: int, method: str) -> None:
    answer = Misbehaving(status, headers={"Location": f"/flatfiles/{KEY}"})
    words = told(bucket(serve, answer), method, SourceUnavailableError)
    assert f"HTTP {status}, a redirect to /flatfiles/{KEY}" in words
    assert len(answer.asked) == 1


def test_a_redirect_of_aws_names_the_region(serve: Serve) -> None:
    answer = Misbehaving(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-west-3"})
    assert "The bucket lies in region eu-west-3" in told(bucket(serve, answer), GET, SourceUnavailableError)
    assert len(answer.asked) == 1


CAUSES: dict[str, tuple[int, type[TbpError], str]] = {
    "RequestTimeTooSkewed": (403, RefusedError, "this machine's clock"),
    "RequestExpired": (403, RefusedError, "had run out"),
    "AccountProblem": (403, RefusedError, "a problem with the account"),
    "AllAccessDisabled": (403, RefusedError, "is switched off"),
    "NotSignedUp": (403, RefusedError, "not signed up"),
    "QuotaExceeded": (403, RateLimitedError, "the quota is used up"),
    "InvalidObjectState": (403, RefusedError, "lies in an archive"),
    "SomethingOfTheirs": (
        403,
        RefusedError,
        "HTTP 403 SomethingOfTheirs (no): the provider refuses for a reason of its",
    ),
    "InvalidAccessKeyId": (403, CredentialsError, "does not know this access key: check POLYGON_S3_ACCESS_KEY"),
    "SignatureDoesNotMatch": (403, CredentialsError, "the secret key is not the one of this access key"),
    "ExpiredToken": (400, CredentialsError, "the session token"),
    "InvalidToken": (400, CredentialsError, "the session token"),
    "TokenRefreshRequired": (400, CredentialsError, "the session token"),
    "Unauthorized": (401, CredentialsError, "are not taken"),
    "AuthorizationHeaderMalformed": (400, RefusedError, "another region"),
    "RequestTimeout": (400, SourceUnavailableError, "HTTP 400 RequestTimeout after every retry"),
    "": (408, SourceUnavailableError, "HTTP 408 after every retry"),
    "OperationAborted": (409, SourceUnavailableError, "HTTP 409 OperationAborted after every retry"),
    "Conflict": (409, SourceUnavailableError, "HTTP 409 Conflict after every retry"),
    "TooManyRequests": (429, RateLimitedError, "it asks for fewer requests"),
    "BadGateway": (502, SourceUnavailableError, "HTTP 502 BadGateway after every retry"),
    "NotImplemented": (501, ConfigError, "is this the address of the bucket?"),
    "MethodNotAllowed": (405, ConfigError, "HTTP 405 MethodNotAllowed (no)"),
}


@pytest.mark.parametrize("method", [GET, LIST])
@pytest.mark.parametrize("code", CAUSES)
def test_each_refusal_has_its_own_name_and_cure(serve: Serve, code: str, method: str) -> None:
    status, kind, words = CAUSES[code]
    said = told(bucket(serve, Misbehaving(status, code)), method, kind)
    assert words in said
    assert code in said
    assert "subscription" not in said


def test_a_plan_that_lacks_a_file_is_still_told_from_all_of_them(serve: Serve) -> None:
    assert "the subscription does not cover" in told(
        bucket(serve, Misbehaving(403, "AccessDenied")), GET, NotEntitledError
    )


@pytest.mark.parametrize("method", [GET, LIST])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 407, 451])
def test_a_firewalls_page_is_nobodys_refusal(serve: Serve, status: int, method: str) -> None:
    answer = Misbehaving(status, body=FIREWALL, headers={"Content-Type": "text/html; charset=utf-8"})
    words = told(bucket(serve, answer), method, SourceUnavailableError)
    # The body of a file is not looked into.
    title = "" if (status, method) == (200, GET) else ": 'Blocked by ACME Firewall'"
    assert f"not an answer of S3 (HTTP {status} with a page instead{title})" in words


@pytest.mark.parametrize("body", [b'{"message":"Forbidden"}', b"Access denied by policy 17"])
def test_words_that_are_no_xml_are_quoted(serve: Serve, body: bytes) -> None:
    said = told(bucket(serve, Misbehaving(403, body=body)), GET, SourceUnavailableError)
    assert body.decode() in said


def test_a_firewalls_refusal_of_a_head_is_told_by_its_kind(serve: Serve) -> None:
    answer = Misbehaving(403, body=FIREWALL, headers={"Content-Type": "text/html"})
    assert "not an answer of S3" in told(bucket(serve, answer), HEAD, SourceUnavailableError)


def test_a_proxys_page_about_a_fault_is_a_fault(serve: Serve) -> None:
    answer = Misbehaving(502, body=FIREWALL, headers={"Content-Type": "text/html"})
    assert "HTTP 502 after every retry" in told(bucket(serve, answer), GET, SourceUnavailableError)


WITHOUT: dict[str, dict[str, str | None]] = {
    "no ETag": {"ETag": None},
    "an empty ETag": {"ETag": ""},
    "no Last-Modified": {"Last-Modified": None},
    "garbage for Last-Modified": {"Last-Modified": "yesterday, I think"},
    "a day that is none": {"Last-Modified": "Wed, 99 Jan 2024 16:00:00 GMT"},
    "no Content-Length": {"Content-Length": None},
}


@pytest.mark.parametrize("lacking", WITHOUT)
def test_a_file_arrives_without_what_nobody_needs(serve: Serve, lacking: str) -> None:
    source, target = bucket(serve, Misbehaving(200, body=CONTENT, headers=WITHOUT[lacking])), io.BytesIO()
    answer = source.download(KEY, target)
    assert target.getvalue() == CONTENT
    assert (answer.key, answer.bytes) == (KEY, len(CONTENT))
    assert answer.etag
    assert source.stat(KEY).key == KEY


def test_a_length_that_is_none_is_told(serve: Serve) -> None:
    answer = Misbehaving(200, body=CONTENT, headers={"Content-Length": "many"})
    assert "an answer that cannot be read" in told(bucket(serve, answer), GET, SourceUnavailableError)


def test_an_answer_that_names_no_version_at_all_is_nobodys(serve: Serve) -> None:
    answer = Misbehaving(200, body=CONTENT, headers={"ETag": None, "Last-Modified": None})
    assert "no ETag or LastModified" in told(bucket(serve, answer), GET, SourceUnavailableError)


WHOLE = {
    "Key": "us_stocks_sip/a.csv.gz",
    "LastModified": "2024-01-03T16:00:00.000Z",
    "ETag": "&quot;abc&quot;",
    "Size": "10",
}


def listing(*files: dict[str, str], truncated: str = "<IsTruncated>false</IsTruncated>") -> bytes:
    blocks = "".join(
        f"<Contents>{''.join(f'<{name}>{value}</{name}>' for name, value in file.items())}</Contents>" for file in files
    )
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    return f"<ListBucketResult {space}><Name>flatfiles</Name>{truncated}{blocks}</ListBucketResult>".encode()


def listed(serve: Serve, file: dict[str, str]) -> Listed:
    (found,) = bucket(serve, Misbehaving(200, body=listing(file))).list("us_stocks_sip/")
    return found


@pytest.mark.parametrize(
    "change", [{"ETag": ""}, {"LastModified": "long ago"}, {"LastModified": "2024-13-45T00:00:00Z"}]
)
def test_a_file_is_listed_without_what_nobody_needs(serve: Serve, change: dict[str, str]) -> None:
    found = listed(serve, {**WHOLE, **change})
    assert (found.key, found.bytes) == ("us_stocks_sip/a.csv.gz", 10)
    assert found.etag


def test_size_and_time_stand_for_a_version_that_is_not_named(serve: Serve) -> None:
    bare = {name: value for name, value in WHOLE.items() if name != "ETag"}
    one, other = listed(serve, bare), listed(serve, {**bare, "LastModified": "2024-01-04T16:00:00.000Z"})
    assert one == listed(serve, bare) != other


def test_a_listing_without_sizes_is_one(serve: Serve) -> None:
    assert listed(serve, {name: value for name, value in WHOLE.items() if name != "Size"}).bytes is None


@pytest.mark.parametrize("change", [{"Size": "large"}, {"Key": None}])
def test_a_listing_that_cannot_be_read_is_told(serve: Serve, change: dict[str, str | None]) -> None:
    file = {name: value for name, value in {**WHOLE, **change}.items() if value is not None}
    told(bucket(serve, Misbehaving(200, body=listing(file))), LIST, SourceUnavailableError)


MORE = "<IsTruncated>true</IsTruncated>"


@pytest.mark.parametrize(
    ("truncated", "words"),
    [
        (MORE, "the listing breaks off after 1 keys: it says that there is more"),
        (MORE + "<NextContinuationToken></NextContinuationToken>", "it says that there is more, and not how"),
        (MORE + "<NextContinuationToken>same</NextContinuationToken>", "the same page again and again"),
        ("<NextContinuationToken>same</NextContinuationToken>", "the same page again and again"),
    ],
)
def test_a_listing_that_breaks_off_is_never_a_whole_one(serve: Serve, truncated: str, words: str) -> None:
    answer = Misbehaving(200, body=listing(WHOLE, truncated=truncated))
    source = bucket(serve, answer)
    assert re.search(re.escape(words), told(source, LIST, SourceUnavailableError))
    with pytest.raises(SourceUnavailableError, match="the listing breaks off"):
        source.folders("us_stocks_sip/")
    assert len(answer.asked) <= 4
