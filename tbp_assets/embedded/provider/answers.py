"""Answers to requests, and what a fault makes of one. Values only; nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from tbp_assets.embedded.provider.faults import Fault, FaultKind, Method

Ending = Literal["whole", "cut", "reset", "stall"]
Headers = tuple[tuple[str, str], ...]

PAGE: Final = b"<html><head><title>Sign in</title></head><body><h1>Please sign in to this network</h1></body></html>\n"
_TOO_MUCH: Final = 1000
_REFUSALS: Final = MappingProxyType[FaultKind, tuple[int, str]](
    {
        "refused": (400, "RequestTimeout"),
        "forbidden": (403, "AccessDenied"),
        "not_entitled": (403, "AccessDenied"),
        "bad_key": (403, "InvalidAccessKeyId"),
        "not_found": (404, "NoSuchKey"),
        "too_many_requests": (429, "TooManyRequests"),
        "server_error": (500, "InternalError"),
        "slow_down": (503, "SlowDown"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent to a client.

    Attributes:
        status: HTTP status.
        headers: Header fields but for Content-Length.
        body: The body; of a HEAD, what a GET would have been sent.
        length: What Content-Length says.
        stop_at: Bytes of the body after which the ending comes; None: all.
        ending: What comes then. A stall is followed by the rest.
        silence: Seconds of a stall; None: until healed.
    """

    status: int
    headers: Headers
    body: bytes
    length: int
    stop_at: int | None = None
    ending: Ending = "whole"
    silence: float | None = None


def struck(answer: Answer, fault: Fault, method: Method, key: str) -> Answer:
    """Return what a fault makes of the answer to a request."""
    half = len(answer.body) // 2 if fault.at_byte is None else fault.at_byte
    match fault.kind:
        case "garbage":
            return Answer(200, (("Content-Type", "text/html"),), PAGE, len(PAGE))
        case "stall" | "cut" | "reset":
            return replace(answer, stop_at=half, ending=fault.kind, silence=fault.seconds)
        case "wrong_length_more":
            return replace(answer, length=answer.length + _TOO_MUCH)
        case "wrong_length_less":
            return replace(answer, length=half)
        case "redirected":
            return Answer(fault.status or 307, (("Location", f"/flatfiles/{key}"),), b"", 0)
        case _:
            status, code = _REFUSALS[fault.kind]
            return _refusal(fault.status or status, fault.code or code, key if method != "LIST" else "")


def relisted(answer: Answer, blocks: Sequence[bytes], shown: Sequence[bytes]) -> Answer:
    """Replace `<Contents>` blocks of a listing by others, an empty one leaving the file out."""
    body = answer.body
    for block, instead in zip(blocks, shown, strict=True):
        body = body.replace(block, instead)
    return replace(answer, body=body, length=len(body))


def _refusal(status: int, code: str, key: str) -> Answer:
    text = f"<Error><Code>{code}</Code><Message>{code}</Message><Key>{key}</Key><RequestId>fake</RequestId></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Answer(status, (("Content-Type", "application/xml"),), body, len(body))
