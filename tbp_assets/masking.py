"""What must never be written: the one place that knows every secret of this process and hides it in any text.

Settings and addresses tell it each secret when they are made. Errors, log lines, Dagster's tables and the terminal pass
their words through `masked`. A secret is found as it is, URL-encoded, escaped for JSON, HTML or Python, in base64, and,
where it is a URL, by the parts that open the door. What stands in the place of a secret (`password=...`,
`//user:...@host`, `Authorization: ...`, the signature of an AWS request) is hidden without being known.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus, unquote

MASK: Final = "***"
# A shorter secret, or one that could be any word or number, is only hidden in the place of a secret: as "dagster" or
# "20240102" it would take ordinary words out of every line, and keys out of what Dagster stores.
SHORTEST, LONG = 8, 16
ORDINARY: Final = re.compile(r"[A-Za-z_.\- ]+|\d+")
# A part of a URL that is this long is no word of its path.
URL_PART: Final = 12
SECRET_VARIABLE: Final = re.compile(r"(?:_KEY|_SECRET|_TOKEN|PASSWORD|WEBHOOK_URL)$")

_NAME = (
    r"(?:password|passwd|secret(?:[-_]?(?:access[-_]?)?key)?|access[-_]?key(?:[-_]?id)?|api[-_]?key|token|signature"
    r"|credential|webhook(?:[-_]?url)?)"
)
# Looked for first: most texts have none, and a search by pattern takes a hundred times as long.
_SIGNS: Final = (
    "passw", "secret", "accesskey", "access_key", "access-key", "apikey", "api_key", "api-key", "token", "signature",
    "credential", "webhook", "authorization",
)  # fmt: skip
_VALUE = r"[^\s\"'&,;)\\<>]+"
_LOGIN: Final = re.compile(r"(://[^\s/:@\"']*):[^\s/@\"']+@")
_PLACES: Final = (
    re.compile(rf"(?i)({_NAME}=(?:\\?[\"'])?){_VALUE}"),
    re.compile(rf"(?i)({_NAME}\\?[\"']\s*:\s*\\?[\"']){_VALUE}"),
    re.compile(rf"(?i)(authorization\\?[\"']?\s*[:=]\s*(?:b?\\?[\"'])?(?:[\w-]+ )?){_VALUE}"),
)

_known: set[str] = set()
_forms: tuple[str, ...] = ()


def remember(secret: str) -> None:
    """Hide a secret from now on, wherever it would be written by this process."""
    global _forms  # noqa: PLW0603  # replaced whole, so that other threads see the old or the new ones
    if not secret or secret in _known:
        return
    _known.add(secret)
    found = {form for part in _parts(secret) if _telling(part) for form in _written(part)}
    _forms = tuple(sorted({*_forms, *found}, key=len, reverse=True))


def remember_login(url: str) -> None:
    """Hide the login that somebody wrote into a URL, also where it makes the URL one that no library can take apart."""
    _, found, rest = url.partition("://")
    login, at, _ = rest.rpartition("@")
    if found and at:
        remember(login)
        remember(login.partition(":")[2])


def remember_environment(environment: Mapping[str, str]) -> None:
    """Hide the values of variables whose names say that they are secret, whether anything of ours reads them or not."""
    for name, value in environment.items():
        if SECRET_VARIABLE.search(name):
            remember(value)


def masked(text: str) -> str:
    """Return a text without secrets; other text is returned as it is."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    if "://" in text:
        text = _LOGIN.sub(rf"\1:{MASK}@", text)
    folded = text.lower()
    if any(sign in folded for sign in _SIGNS):
        for place in _PLACES:
            text = place.sub(rf"\1{MASK}", text)
    return text


def _telling(secret: str) -> bool:
    return len(secret) >= LONG or (len(secret) >= SHORTEST and not ORDINARY.fullmatch(secret))


def _parts(secret: str) -> Iterator[str]:
    """Yield a secret and, of a URL, what of it would open the door: clients name the path of a URL without its host."""
    yield secret
    _, found, rest = secret.partition("://")
    if not found:
        return
    # Not taken apart by a library: it would refuse what is no URL, and that is as secret.
    place, *others = re.split(r"[/?#]", rest, maxsplit=1)
    login, _, _ = place.rpartition("@")
    yield unquote(login.partition(":")[2])
    for part in re.split(r"[/?&=#]", "".join(others)):
        if len(part) >= URL_PART:
            yield unquote(part)


def _written(secret: str) -> set[str]:
    """Return the ways a secret may be written; the part of each that is left in any base64 text around it."""
    percent = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), form) for form in percent}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {secret, html.escape(secret), *percent, *lower, *escaped, *_in_base64(secret.encode())}


def _in_base64(secret: bytes) -> Iterator[str]:
    for before in range(3):
        text = b64encode(bytes(before) + secret).decode()
        # The characters that also hold bits of what stands before and after differ from text to text.
        core = text[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]
        if len(core) >= SHORTEST:
            yield core
            yield core.translate(str.maketrans("+/", "-_"))
