"""Where alerts arrive: a real mail server in a thread, and what a webhook's server was sent."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import monotonic
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tbp_assets_tests.providers.conftest import free_port

PATIENCE_SECONDS = 60
HOOK = "/services/T0SECRET/B0SECRET/K0SECRET"
LOGIN = ("desk", "mail-s3cret")


@dataclass
class Mailbox:
    """What arrived, and what the server answers.

    Attributes:
        answer: Its answer to a message.
        refused: Recipients it does not know.
    """

    port: int
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    answer: str = "250 OK"
    refused: set[str] = field(default_factory=set[str])
    logins: list[str] = field(default_factory=list[str])

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's protocol
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            content = cast("bytes", envelope.content)
            self.mails.append(message_from_bytes(content, policy=policy.default))
        return self.answer

    @property
    def texts(self) -> list[str]:
        """The bodies of what arrived."""
        return [mail.get_content().replace("\r\n", "\n").rstrip("\n") for mail in self.mails]

    def admit(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: LoginPassword
    ) -> AuthResult:
        """Judge a login."""
        said = (data.login.decode(), data.password.decode())
        self.logins.append(said[0])
        return AuthResult(success=said == LOGIN, handled=False, message="535 no" if said != LOGIN else None)


@contextmanager
def mail_server(*, login: bool = False, tls: ssl.SSLContext | None = None, wrapped: bool = False) -> Generator[Mailbox]:
    """Start a mail server on a free port; it ends with the block.

    Args:
        login: It asks for LOGIN.
        tls: Its certificate; None for none.
        wrapped: TLS from the first byte instead of STARTTLS.
    """
    box = Mailbox(free_port())
    options: dict[str, Any] = {"ssl_context" if wrapped else "tls_context": tls} if tls else {}
    if login:
        options |= {
            "authenticator": box.admit,
            "auth_required": True,
            "auth_require_tls": tls is not None and not wrapped,
        }
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Hook:
    """A webhook's server: what it was sent, and what it answers next; after that 200."""

    server: HTTPServer
    posted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: list[Callable[[], Response]] = field(default_factory=list[Callable[[], Response]])
    asked: int = 0

    def __post_init__(self) -> None:
        self.server.expect_request(HOOK, method="POST").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked += 1
        answer = self.answers.pop(0)() if self.answers else Response("ok")
        if answer.status_code == 200:
            self.posted.append(json.loads(request.data))
        return answer

    @property
    def url(self) -> str:
        """Its address, a secret."""
        return self.server.url_for(HOOK)

    @property
    def texts(self) -> list[str]:
        """The plain texts it took."""
        return [body["text"] for body in self.posted]

    def answer(self, status: int, body: str = "", *, times: int = 1, **headers: str) -> None:
        """Answer the next posts otherwise."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers += [lambda: Response(body, status, named)] * times


@dataclass
class Silence:
    """A server that takes a connection and says nothing.

    Attributes:
        url: Its address.
        borne: Seconds until the caller hung up: measured here, so what the caller does before and after is not in it.
    """

    url: str
    borne: float = 0


@contextmanager
def silence() -> Generator[Silence]:
    """Serve one caller with silence; at the end it is known how long the caller bore it."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        listening.settimeout(PATIENCE_SECONDS)
        server = Silence(f"http://127.0.0.1:{listening.getsockname()[1]}/hook")
        borne = pool.submit(_borne, listening)
        yield server
        server.borne = borne.result()


def _borne(listening: socket.socket) -> float:
    caller, _ = listening.accept()
    began = monotonic()
    with caller:
        caller.settimeout(PATIENCE_SECONDS)
        while caller.recv(10_000):
            pass
    return monotonic() - began
