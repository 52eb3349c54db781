"""Posts messages to a webhook as Slack gives it. Its address is the key to it, so it is in no log and no error.

With urllib, because urllib3 (and with it requests) writes the path of every request, and of every retry, into its log.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from ssl import SSLCertVerificationError
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from pydantic import SecretStr

from tbp_assets.alerts.message import Message
from tbp_assets.alerts.slack import payload
from tbp_assets.errors import AlertDelayedError, AlertRefusedError, TbpError
from tbp_assets.settings.alerts import Channel

LONGEST_WAIT_SECONDS: Final = 5  # inside one delivery: a sensor's tick may last a minute
REASON: Final = re.compile(
    rb"[a-z_]{2,40}"
)  # Slack's own words, such as invalid_payload; anything else may hold a secret
LATER: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
CURE: Final = "(TBP_ALERT_WEBHOOK_URL, pipeline.yml: alerts.webhook_url)"


# Redirections are followed by nobody: the message would go to a place that was not configured.
HANDLERS: Final = (ProxyHandler, HTTPHandler, HTTPSHandler, HTTPErrorProcessor, HTTPDefaultErrorHandler)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook.

    Attributes:
        url: Its address, a secret.
        timeout_seconds: Longest wait for a step of an answer.
        max_attempts: Tries of a message.
        sleep: How to wait between them.
    """

    url: SecretStr
    timeout_seconds: float
    max_attempts: int
    sleep: Callable[[float], None] = time.sleep
    name: Channel = "webhook"

    def send(self, message: Message) -> None:
        """Deliver a message.

        A time-out may hide that it was taken; it is sent again all the same, for it might be lost.

        Raises:
            AlertDelayedError: Not reached, out of order, or called too often: worth another try, perhaps after a wait.
            AlertRefusedError: Another try cannot help.
        """
        body = json.dumps(payload(message)).encode()
        for attempt in range(1, self.max_attempts + 1):
            try:
                return self._post(body)
            except AlertDelayedError as error:
                wait = error.wait_seconds or 2 ** (attempt - 1)
                if attempt == self.max_attempts or wait > LONGEST_WAIT_SECONDS:
                    raise
            self.sleep(wait)
        return None

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "tbp_assets"}
        request = Request(self.url.get_secret_value(), body, headers, method="POST")  # noqa: S310  # http(s), by settings
        try:
            with _opener().open(request, timeout=self.timeout_seconds) as answer:
                answer.read(1)
        except HTTPError as error:
            with error:
                raise _refused(error) from None
        except (URLError, HTTPException, OSError) as error:
            raise _unreached(error) from None


def _opener() -> OpenerDirector:
    opener = OpenerDirector()
    for handler in HANDLERS:
        opener.add_handler(handler())
    return opener


def _refused(error: HTTPError) -> TbpError:
    status, said = error.code, f"the webhook answers HTTP {error.code}{_reason(error)}"
    if status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AlertDelayedError(said, _wait(error.headers.get("Retry-After")))
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return AlertRefusedError(f"{said}, which leads elsewhere and is not followed: set its own address {CURE}")
    return AlertRefusedError(f"{said}: is its address still the right one? {CURE}")


def _reason(answer: IO[bytes]) -> str:
    try:
        said = answer.read(100).strip()
    except (HTTPException, OSError):
        return ""
    return f" ({said.decode()})" if REASON.fullmatch(said) else ""


def _unreached(error: Exception) -> TbpError:
    cause: Any = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, SSLCertVerificationError):
        return AlertRefusedError(f"the certificate of the webhook's server is not trusted: {cause.verify_message}")
    if isinstance(cause, TimeoutError):
        return AlertDelayedError("the webhook does not answer in time (pipeline.yml: alerts.timeout_seconds)")
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return AlertDelayedError(f"the webhook cannot be reached: {words}")


def _wait(retry_after: str | None) -> float:
    """Return the seconds of a Retry-After header: a number, or a date (RFC 9110, 10.2.3); 0 for none."""
    text = (retry_after or "").strip()
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0)
