"""What a provider that misbehaves means: try again, mend the keys, buy the data, or the file is not there."""

from __future__ import annotations

import io
import socket
from typing import NoReturn

import pytest
from botocore.exceptions import NoCredentialsError

from tbp_assets.errors import (
    ConfigError,
    CredentialsError,
    FileAbsentError,
    NotEntitledError,
    SourceUnavailableError,
    TerminalError,
    TransientError,
)
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets_tests.providers.conftest import Misbehaving, Serve, client_of, download_from

pytestmark = pytest.mark.integration

KEY = "us_stocks_sip/day_aggs_v1/2024/01/2024-01-02.csv.gz"


def bucket(serve: Serve, answer: Misbehaving, *, max_attempts: int = 1) -> S3FlatFiles:
    return S3FlatFiles(client_of(serve(answer), max_attempts=max_attempts), "flatfiles")


def test_a_file_outside_the_subscription_is_never_an_absent_one(serve: Serve) -> None:
    source = bucket(serve, Misbehaving(403, "AccessDenied"))
    for ask in (source.stat, download_from(source)):
        with pytest.raises(NotEntitledError, match=f"s3://flatfiles/{KEY}: HTTP 403, the subscription does not cover"):
            ask(KEY)


def test_a_refused_listing_is_about_the_keys(serve: Serve) -> None:
    with pytest.raises(CredentialsError, match="check POLYGON_S3_ACCESS_KEY and _SECRET_KEY"):
        bucket(serve, Misbehaving(403, "AccessDenied")).list("us_stocks_sip/")


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"])
def test_refused_keys_are_not_taken_for_a_missing_subscription(serve: Serve, code: str) -> None:
    with pytest.raises(CredentialsError, match=code):
        bucket(serve, Misbehaving(403, code)).download(KEY, io.BytesIO())


def test_a_client_without_keys_says_which_to_set(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    source = bucket(serve, Misbehaving(200))
    monkeypatch.setattr(source.client.meta.events, "emit_until_response", _no_credentials)
    with pytest.raises(CredentialsError, match=r"no credentials \(POLYGON_S3_ACCESS_KEY, POLYGON_S3_SECRET_KEY\)"):
        source.stat(KEY)


def _no_credentials(*_: object, **__: object) -> NoReturn:
    raise NoCredentialsError


@pytest.mark.parametrize("code", ["NoSuchKey", ""])
def test_an_absent_file_is_absent_whatever_the_document_says(serve: Serve, code: str) -> None:
    with pytest.raises(FileAbsentError):
        bucket(serve, Misbehaving(404, code)).download(KEY, io.BytesIO())


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests")])
def test_a_server_in_trouble_is_worth_another_try(serve: Serve, status: int, code: str) -> None:
    with pytest.raises(SourceUnavailableError, match=f"HTTP {status} {code} after every retry") as fault:
        bucket(serve, Misbehaving(status, code)).download(KEY, io.BytesIO())
    assert fault.value.category == ("network" if status == 500 else "rate_limit")


@pytest.mark.parametrize("attempts", [1, 2])
def test_throttling_is_tried_again_as_often_as_configured(serve: Serve, attempts: int) -> None:
    answer = Misbehaving(503, "SlowDown")
    with pytest.raises(SourceUnavailableError):
        bucket(serve, answer, max_attempts=attempts).download(KEY, io.BytesIO())
    assert answer.asked == [f"GET /flatfiles/{KEY}"] * attempts


def test_a_refusal_is_not_tried_again(serve: Serve) -> None:
    answer = Misbehaving(403, "AccessDenied")
    with pytest.raises(NotEntitledError):
        bucket(serve, answer, max_attempts=5).download(KEY, io.BytesIO())
    assert len(answer.asked) == 1


@pytest.mark.parametrize("sent", [0, 1, 1000, 2_000_000])
def test_a_body_that_breaks_off_is_worth_another_try(serve: Serve, sent: int) -> None:
    target = io.BytesIO()
    with pytest.raises(SourceUnavailableError, match=KEY):
        bucket(serve, Misbehaving(200, body=b"x" * sent, claimed=sent + 1)).download(KEY, target)


def test_a_server_that_takes_the_request_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        silent = S3FlatFiles(client_of(endpoint, read_timeout=0.2), "flatfiles")
        with pytest.raises(SourceUnavailableError, match="Read timeout"):
            silent.stat(KEY)


def test_an_answer_that_is_no_s3_is_a_setting_to_mend(serve: Serve) -> None:
    with pytest.raises(ConfigError, match="HTTP 400"):
        bucket(serve, Misbehaving(400, "BadRequest")).list("us_stocks_sip/")


def test_a_page_that_is_no_listing_is_worth_another_try(serve: Serve) -> None:
    with pytest.raises(SourceUnavailableError):
        bucket(serve, Misbehaving(200, body=b"<html>Sign in</html")).list("us_stocks_sip/")


def test_errors_are_named_by_what_their_catcher_does() -> None:
    assert issubclass(SourceUnavailableError, TransientError)
    assert all(
        issubclass(error, TerminalError) for error in (ConfigError, CredentialsError, NotEntitledError, FileAbsentError)
    )
