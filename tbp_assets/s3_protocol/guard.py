"""Looks at each answer before botocore reads it: who does not speak S3 is named, and what nobody needs may be missing.

botocore follows redirects by asking again, in a circle where the answer is a redirect again; it takes a page of HTML
for an error without a name, and fails on a header that is no date.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SERVER_FAULT: Final = 500
_FORBIDDEN: Final = 403
LONGEST: Final = 120
PASSING: Final = {408, 425, 429}
_REDIRECTS: Final = {300, 301, 302, 303, 305, 307, 308}
_REFUSALS: Final = range(400, SERVER_FAULT)
_STAMP: Final = re.compile(rb"<LastModified>(.*?)</LastModified>", re.DOTALL)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_LOOKED_AT: Final = 2000


class ForeignAnswerError(BotoCoreError):
    """An answer from somebody who does not speak S3: a captive portal, a firewall's page, a proxy."""

    fmt = "not an answer of S3 ({what}); is something between here and {whom}?"


class RedirectedError(BotoCoreError):
    """HTTP 3xx: the bucket is elsewhere, or somebody sends us to a page of theirs."""

    fmt = "HTTP {status}, a redirect{place}: none is followed. {cure}"


def guard(client: S3Client, whom: str) -> None:
    """Let a client look at its answers, and call who should have given them so; a second time does nothing."""
    place = f"{whom} at {client.meta.endpoint_url}"

    def look(response_dict: MutableMapping[str, Any], **_: object) -> None:
        _look(response_dict, place)

    client.meta.events.register("before-parse.s3", look, unique_id="tbp-guard")


def one_line(text: str) -> str:
    """Return somebody else's words as a part of a sentence: one line, not too long."""
    words = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _look(answer: MutableMapping[str, Any], whom: str) -> None:
    status, headers, body = answer["status_code"], answer["headers"], answer["body"]
    text = bytes(body[:_LOOKED_AT]).decode(errors="replace") if isinstance(body, bytes) else ""
    if status in _REDIRECTS:
        raise _redirected(status, headers, whom)
    if what := _foreign(status, headers, text):
        raise ForeignAnswerError(what=what, whom=whom)
    _without_garbage(headers)
    if isinstance(body, bytes) and b"<LastModified>" in body:
        answer["body"] = _STAMP.sub(
            lambda found: found[0] if _is_time(found[1].decode(errors="replace")) else b"", body
        )


def _redirected(status: int, headers: MutableMapping[str, str], whom: str) -> RedirectedError:
    place, region = one_line(headers.get("location", "")), one_line(headers.get("x-amz-bucket-region", ""))
    if region:
        cure = f"The bucket lies in region {region}: set it, and the endpoint of that region"
    else:
        cure = f"Set the endpoint at which the bucket answers, or see what answers for {whom}"
    return RedirectedError(status=status, place=f" to {place}" if place else "", cure=cure)


def _foreign(status: int, headers: MutableMapping[str, str], text: str) -> str:
    """Return what an answer is instead of S3's, or nothing. Faults of a server are faults, whoever words them."""
    start = text.lstrip("\ufeff \r\n\t").lower()
    # Some servers call their XML a page, and the answer to a HEAD has no body: S3's own headers speak for it, too.
    ours = "<error" in start or any(name.lower().startswith("x-amz") for name in headers)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    page = start.startswith(("<!doctype html", "<html")) or (not start and kind == "text/html")
    if status in PASSING or status >= SERVER_FAULT or (ours and not start.startswith(("<!doctype html", "<html"))):
        return ""
    if status in _REFUSALS:
        return f"HTTP {status} with {_title(text)}" if start or (page and status == _FORBIDDEN) else ""
    return f"HTTP {status} with {_title(text)}" if page else ""


def _title(text: str) -> str:
    title = _TITLE.search(text)
    shown = one_line(title[1] if title else text if "<" not in text else "")
    return f"a page instead: {shown!r}" if shown else "a page instead"


def _without_garbage(headers: MutableMapping[str, str]) -> None:
    """Take away what says when a file was written, and how long it is, where it says nothing."""
    if "last-modified" in headers and not _is_time(headers["last-modified"]):
        del headers["last-modified"]
    if "content-length" in headers and not headers["content-length"].strip().isdecimal():
        del headers["content-length"]


def _is_time(text: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.fromisoformat(text))
    with suppress(ValueError, OverflowError, TypeError, RuntimeError):
        return bool(parse_timestamp(text))
    return False
