"""The HTTP server that clients speak to: forwards each request to the bucket and answers as the faults say.

One request a connection, so that what a fault does to a connection strikes that request alone.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Final, cast
from urllib.parse import parse_qs, unquote, urlsplit

from tbp_assets.embedded.provider.answers import Answer, struck
from tbp_assets.embedded.provider.bucket import HOST, NAME, Bucket
from tbp_assets.embedded.provider.faults import FaultKind, Method
from tbp_assets.embedded.provider.listings import listed_wrong
from tbp_assets.embedded.provider.recording import Record, Request

_POLL_SECONDS: Final = 0.02
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Proxy(ThreadingHTTPServer):
    """The server; it answers from a thread of its own for each connection, and listens until `close`.

    Attributes:
        bucket: Where requests go.
        record: Faults to come and requests answered.
        former: Blocks of listings by key, as they were before a file was replaced last.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bucket: Bucket, record: Record, former: Mapping[str, bytes]) -> None:
        """Listen on a free port; nothing is answered before `serve`."""
        self.bucket = bucket
        self.record = record
        self.former = former
        self.closing = False
        self.connections: set[socket.socket] = set()
        super().__init__((HOST, 0), _Handler)

    def serve(self) -> None:
        """Begin, or go on, to accept connections."""
        self._serving = Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True, name="fake-provider")
        self._serving.start()

    def pause(self) -> None:
        """Accept no more connections and end those that are open, in whatever they are doing."""
        self.shutdown()
        # Asked to stop before it had begun, the thread stops only when it begins.
        self._serving.join()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop for good."""
        self.closing = True
        self.pause()
        self.record.heal()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # wider
        """Say nothing: clients that go away are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self._proxy().connections.add(self.connection)

    def finish(self) -> None:
        self._proxy().connections.discard(self.connection)
        super().finish()

    def _answer(self) -> None:
        self.close_connection = True
        proxy, (method, key) = self._proxy(), self._asked()
        # Before anything is awaited: a stall waits for the healing of its own faults, not of later ones.
        healed = proxy.record.healed
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = proxy.record.strike(method, key)
        answer = proxy.bucket.ask(self.command, self.path, dict(self.headers.items()), content)
        faults: list[FaultKind] = []
        if method == "LIST":
            answer = self._relisted(answer, key, faults)
        if fault is not None:
            answer = struck(answer, fault, method, key)
            faults.append(fault.kind)
        if method == "HEAD":
            answer = replace(answer, body=b"")
        sent = len(answer.body[: answer.stop_at])
        proxy.record.requests.append(Request(method, key, answer.status, sent, tuple(faults)))
        self._send(answer, healed)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Say nothing; requests are recorded."""

    def _proxy(self) -> Proxy:
        return cast("Proxy", self.server)

    def _asked(self) -> tuple[Method, str]:
        parts = urlsplit(self.path)
        key = unquote(parts.path).removeprefix(f"/{NAME}").removeprefix("/")
        query = parse_qs(parts.query)
        if self.command == "GET" and not key and "list-type" in query:
            return "LIST", query.get("prefix", [""])[0]
        return cast("Method", self.command), key

    def _relisted(self, answer: Answer, prefix: str, faults: list[FaultKind]) -> Answer:
        record = self._proxy().record
        for number, fault in record.listing_faults(prefix):
            changed = listed_wrong(answer, fault, self._proxy().former)
            if changed != answer:
                record.count(number)
                faults.append(fault.kind)
            answer = changed
        return answer

    def _send(self, answer: Answer, healed: Event) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body[: answer.stop_at])
        if answer.ending == "stall":
            healed.wait(answer.silence)
            if not self._proxy().closing:
                self.wfile.write(answer.body[answer.stop_at :])
        elif answer.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            # The descriptor closes with the last of its users, and the server would send a FIN first.
            self.rfile.close()
            self.connection.close()
