"""Day files in an S3 bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from botocore.exceptions import ClientError

from tbp_assets.bars.facts import Listed
from tbp_assets.providers.s3_errors import translated
from tbp_assets.s3_protocol.guard import ForeignAnswerError, guard
from tbp_assets.s3_protocol.listing import pages

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Answer = TypeVar("Answer", bound=Mapping[str, object])

CHUNK_BYTES = 1 << 20


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

    def __post_init__(self) -> None:
        guard(self.client, "the provider")

    @property
    def location(self) -> str:
        """s3:// URL and endpoint."""
        return f"s3://{self.bucket} at {self.client.meta.endpoint_url}"

    def list(self, prefix: str) -> list[Listed]:
        """Return the objects whose key starts with the prefix; one request a thousand objects."""
        with translated(f"s3://{self.bucket}/{prefix}", listing=True):
            return [
                self._listed(str(item.get("Key")), item, item.get("Size"))
                for page in pages(self.client, self.bucket, prefix)
                # Any other XML parses as a listing without files.
                for item in self._must_have(page, "Name", "IsTruncated", "Contents").get("Contents", [])
                if self._must_have(item, "Key")
            ]

    def folders(self, prefix: str) -> list[str]:
        """Return the folders right below a prefix that ends in /, each whole and ending in /, sorted."""
        with translated(f"s3://{self.bucket}/{prefix}", listing=True):
            found = set[str]()
            for page in pages(self.client, self.bucket, prefix, "/"):
                told = self._must_have(page, "Name", "IsTruncated", "CommonPrefixes")
                found.update(each.get("Prefix", "") for each in told.get("CommonPrefixes", []))
                # Some servers take no notice of the delimiter, and list what is below the folders.
                below = [each.get("Key", "").removeprefix(prefix) for each in told.get("Contents", [])]
                found.update(f"{prefix}{key.partition('/')[0]}/" for key in below if "/" in key)
        return sorted(found - {""})

    def server_time(self) -> datetime | None:
        """Return the time that the provider's answers bear, to the second; None where they bear none.

        A refusal bears it, too: a clock that is far off is itself a reason to be refused.
        """
        with translated(f"s3://{self.bucket}", listing=True):
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
        with translated(f"s3://{self.bucket}/{key}"):
            head = self._must_have(self.client.head_object(Bucket=self.bucket, Key=key), "ETag", "LastModified")
            return self._listed(key, head, head.get("ContentLength"))

    def download(self, key: str, target: BinaryIO) -> Listed:
        """GET one object in one request, streaming it; `bytes` are those that came where none were announced."""
        with translated(f"s3://{self.bucket}/{key}"):
            answer = self._must_have(self.client.get_object(Bucket=self.bucket, Key=key), "ETag", "LastModified")
            came = 0
            for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                came += len(chunk)
                target.write(chunk)
            return self._listed(key, answer, answer.get("ContentLength", came))

    def _listed(self, key: str, said: Mapping[str, object], size: int | None) -> Listed:
        """Return what was said of an object; size and time stand for an ETag that is missing, as in a local mirror."""
        modified = cast("datetime | None", said.get("LastModified"))
        version = str(said.get("ETag", "")).strip('"') or f"{size}-{modified.timestamp() if modified else ''}"
        return Listed(key, version, size, modified or datetime.now(UTC))

    def _must_have(self, answer: Answer, *fields: str) -> Answer:
        if not any(field in answer for field in fields):
            raise ForeignAnswerError(what=f"no {' or '.join(fields)}", whom="the provider")
        return answer
