"""Day files in an S3 bucket. The one place where botocore's errors become the project's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    ResponseStreamingError,
)

from tbp_assets.bars.facts import Listed
from tbp_assets.errors import (
    ConfigError,
    CredentialsError,
    FileAbsentError,
    NotEntitledError,
    RateLimitedError,
    SourceUnavailableError,
    TbpError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Answer = TypeVar("Answer", bound=Mapping[str, object])

CHUNK_BYTES = 1 << 20
BAD_CREDENTIALS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "AuthorizationHeaderMalformed",
}
ASKED_TO_WAIT = {"SlowDown", "Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded", "503"}
FORBIDDEN, NOT_FOUND, SERVER_FAULT = 403, 404, 500
THROTTLED = 429


class ForeignAnswerError(BotoCoreError):
    """HTTP 200 from somebody who does not speak S3: a captive portal, a proxy's page."""

    fmt = "not an answer of S3 (no {fields}); is something between here and the provider?"


@dataclass(frozen=True, slots=True)
class S3FlatFiles:
    """A bucket of day files over S3.

    Args:
        client: botocore client; its own retry mode handles throttling and network faults inside a request.
        bucket: Bucket name.
        data_source: Stored with every bar.
    """

    client: S3Client
    bucket: str
    data_source: str = "polygon"

    @property
    def location(self) -> str:
        """s3:// URL and endpoint."""
        return f"s3://{self.bucket} at {self.client.meta.endpoint_url}"

    def list(self, prefix: str) -> list[Listed]:
        """Return the objects whose key starts with the prefix; one request a thousand objects."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        with _translated(f"s3://{self.bucket}/{prefix}", listing=True):
            return [
                Listed(item["Key"], item["ETag"].strip('"'), item["Size"], item["LastModified"])  # pyright: ignore[reportTypedDictNotRequiredAccess]  # S3 always sends the four
                for page in pages
                # Any other XML, a sign-in page perhaps, parses as a listing without files.
                for item in _must_have(page, "Name", "IsTruncated", "Contents").get("Contents", [])
            ]

    def folders(self, prefix: str) -> list[str]:
        """Return the folders right below a prefix that ends in /, each whole and ending in /, sorted."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        with _translated(f"s3://{self.bucket}/{prefix}", listing=True):
            return [
                each["Prefix"]  # pyright: ignore[reportTypedDictNotRequiredAccess]  # S3 always sends it
                for page in pages
                for each in _must_have(page, "Name", "IsTruncated", "CommonPrefixes").get("CommonPrefixes", [])
            ]

    def server_time(self) -> datetime | None:
        """Return the time that the provider's answers bear, to the second; None where they bear none.

        A refusal bears it, too: a clock that is far off is itself a reason to be refused.
        """
        with _translated(f"s3://{self.bucket}", listing=True):
            try:
                answer = self.client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)["ResponseMetadata"]
            except ClientError as error:
                answer = error.response.get("ResponseMetadata", {})
        stamp = answer.get("HTTPHeaders", {}).get("date", "")
        try:
            return parsedate_to_datetime(stamp)
        except ValueError:
            return None

    def stat(self, key: str) -> Listed:
        """HEAD one object."""
        with _translated(f"s3://{self.bucket}/{key}"):
            head = _must_have(self.client.head_object(Bucket=self.bucket, Key=key), "ETag")
        return Listed(key, head["ETag"].strip('"'), head["ContentLength"], head["LastModified"])

    def download(self, key: str, target: BinaryIO) -> Listed:
        """GET one object in one request, streaming it."""
        with _translated(f"s3://{self.bucket}/{key}"):
            answer = _must_have(self.client.get_object(Bucket=self.bucket, Key=key), "ETag")
            target.writelines(answer["Body"].iter_chunks(CHUNK_BYTES))
        return Listed(key, answer["ETag"].strip('"'), answer["ContentLength"], answer["LastModified"])


def _must_have(answer: Answer, *fields: str) -> Answer:
    if not any(field in answer for field in fields):
        raise ForeignAnswerError(fields=" or ".join(fields))
    return answer


@contextmanager
def _translated(url: str, *, listing: bool = False) -> Generator[None]:
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, url, listing=listing) from error
    except NoCredentialsError as error:
        raise CredentialsError(f"{url}: no credentials (POLYGON_S3_ACCESS_KEY, POLYGON_S3_SECRET_KEY)") from error
    except ParamValidationError as error:
        raise ConfigError(f"{url}: {error} (TBP_FLAT_FILES_URL, s3.yml: url)") from error
    except (HTTPClientError, ResponseStreamingError) as error:
        raise SourceUnavailableError(f"{url}: {error}") from error
    except BotoCoreError as error:
        # IncompleteReadError and its kin: the body broke off, the next try may bring it whole.
        raise SourceUnavailableError(f"{url}: {error}") from error


def _from_answer(error: ClientError, url: str, *, listing: bool) -> TbpError:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in BAD_CREDENTIALS or (listing and status == FORBIDDEN):
        return CredentialsError(
            f"{url}: the provider refused the credentials ({code}); check POLYGON_S3_ACCESS_KEY and _SECRET_KEY"
        )
    if code == "NoSuchBucket":
        return ConfigError(f"{url}: no such bucket (TBP_FLAT_FILES_URL, s3.yml: url)")
    return _from_status(status, code, url)


def _from_status(status: int, code: str, url: str) -> TbpError:
    # HEAD answers carry no body, so the status alone has to tell.
    if status == FORBIDDEN:
        return NotEntitledError(f"{url}: HTTP 403, the subscription does not cover this file")
    if status == NOT_FOUND:
        return FileAbsentError(f"{url}: the provider has no such file")
    if code in ASKED_TO_WAIT or status == THROTTLED:
        return RateLimitedError(f"{url}: HTTP {status} {code} after every retry: it asks for fewer requests")
    if status >= SERVER_FAULT:
        return SourceUnavailableError(f"{url}: HTTP {status} {code} after every retry")
    return ConfigError(f"{url}: HTTP {status} {code}")
