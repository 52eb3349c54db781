"""A whole listing, page by page: one that breaks off or goes in a circle is a fault, never a short listing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef


class BrokenListingError(BotoCoreError):
    """More pages are promised, and they cannot be asked for."""

    fmt = "the listing breaks off after {count:,} keys: {why}"


def pages(client: S3Client, bucket: str, prefix: str, delimiter: str = "") -> Iterator[ListObjectsV2OutputTypeDef]:
    """Give every page of a listing; one request a thousand objects.

    Raises:
        BrokenListingError: The server says that there is more, and gives no way to it.
    """
    asked = {"Bucket": bucket, "Prefix": prefix} | ({"Delimiter": delimiter} if delimiter else {})
    tokens, keys = set[str](), set[str]()
    while True:
        page = client.list_objects_v2(**asked)  # pyright: ignore[reportArgumentType]  # all of it is text
        before, token = len(keys), page.get("NextContinuationToken", "")
        keys.update(each.get("Key", "") for each in page.get("Contents", []))
        keys.update(each.get("Prefix", "") for each in page.get("CommonPrefixes", []))
        yield page
        if not page.get("IsTruncated", bool(token)):
            return
        if not token:
            raise BrokenListingError(count=len(keys), why="it says that there is more, and not how to ask for it")
        if token in tokens or len(keys) == before:
            raise BrokenListingError(count=len(keys), why="it gives the same page again and again")
        tokens.add(token)
        asked["ContinuationToken"] = token
