"""A provider that refuses everybody and repeats in its answer what it was sent: URL, login, signature."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSAL = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{code}</Code><Message>{message}</Message><RequestId>1</RequestId></Error>"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        sent = "; ".join(f"{name}: {value}" for name, value in self.headers.items())
        body = REFUSAL.format(code="InvalidAccessKeyId", message=escape(f"refused {self.path} with {sent}")).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Say nothing."""


@contextmanager
def echoing_provider() -> Generator[str]:
    """Serve, and give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
