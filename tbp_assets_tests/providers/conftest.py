"""Real S3 protocol for tests: a moto server in a process of its own, and a server that misbehaves on request."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from tbp_assets.bars.facts import Listed
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = {"POLYGON_S3_ACCESS_KEY": "test-access", "POLYGON_S3_SECRET_KEY": "test-hush"}
START_SECONDS = 120


def client_of(endpoint: str, *, max_attempts: int = 1, read_timeout: float = 10) -> S3Client:
    """Return a client that tries so often and waits so long."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": max_attempts},
        s3={"addressing_style": "path"},
        connect_timeout=5,
        read_timeout=read_timeout,
    )
    return boto3.client(  # pyright: ignore[reportUnknownMemberType]  # overloads per service
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["POLYGON_S3_ACCESS_KEY"],
        aws_secret_access_key=KEYS["POLYGON_S3_SECRET_KEY"],
        config=config,
    )


def count_requests(client: S3Client) -> list[str]:
    """Return a list that grows by method and path with every request the client sends, retries included."""
    sent: list[str] = []

    def note(request: object, **_: object) -> None:
        sent.append(f"{getattr(request, 'method', '')} {getattr(request, 'url', '')}")

    client.meta.events.register("before-send.s3", note)
    return sent


def download_from(files: S3FlatFiles) -> Callable[[str], Listed]:
    """Return a function that downloads a key and throws the bytes away."""
    return lambda key: files.download(key, io.BytesIO())


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return cast("int", taken.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the moto server ended at once"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"no moto server on port {port}")


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a moto server in another process."""
    port, log = free_port(), tmp_path_factory.mktemp("moto") / "log"
    with Path(log).open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tbp_assets_tests.providers.s3_server", str(port)],
            cwd=PROJECT_ROOT,
            stdout=stream,
            stderr=stream,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def bucket(s3_endpoint: str) -> S3FlatFiles:
    """An empty bucket of the test's own; it ends with the server."""
    name = f"test-{uuid4().hex[:12]}"
    client = client_of(s3_endpoint)
    client.create_bucket(Bucket=name)
    return S3FlatFiles(client, name)


@dataclass
class Misbehaving:
    """A server that answers every request in the same way.

    Attributes:
        answer: Status, S3 error code or body, and the length that the answer claims (None: the true one).
        headers: Instead of those of the same name; None: left out.
        asked: Method and path of every request received.
    """

    status: int
    code: str = ""
    body: bytes = b""
    claimed: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    asked: list[str] = field(default_factory=list[str])

    @property
    def content(self) -> bytes:
        """The body: an S3 error document where a code is given."""
        return f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode() if self.code else self.body


Serve = Callable[[Misbehaving], str]


def _handler(answer: Misbehaving) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer.asked.append(f"{self.command} {self.path}")
            content = answer.content
            self.send_response(answer.status)
            length = str(len(content) if answer.claimed is None else answer.claimed)
            usual = {"Content-Length": length, "ETag": '"abc"', "Last-Modified": "Wed, 03 Jan 2024 16:00:00 GMT"}
            for name, value in {**usual, "Connection": "close", **answer.headers}.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
            """Say nothing."""

    return Handler


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that misbehave; they end with the test."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Misbehaving) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
