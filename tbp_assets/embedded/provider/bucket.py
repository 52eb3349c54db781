"""The bucket behind the proxy: a moto server in a process of its own, spoken to directly to fill it."""

from __future__ import annotations

import http.client
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final, Self
from urllib.parse import quote

from tbp_assets.embedded.provider.answers import Answer
from tbp_assets.embedded.provider.listings import blocks_of
from tbp_assets.errors import EmbeddedServerError

HOST: Final = "127.0.0.1"
NAME: Final = "flatfiles"
ACCESS_KEY: Final = "FAKEPROVIDERKEY"
START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 60.0
_MODULE: Final = "tbp_assets.embedded.provider.bucket_process"
_IMPORT_ROOT: Final = Path(__file__).resolve().parents[3]
# Without a credential of some kind moto takes a request for an anonymous one, and refuses it.
_SIGNED: Final = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20240101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=none"
}
_HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A running moto server with one bucket, `flatfiles`.

    Attributes:
        process: Leader of a process group of its own.
        port: Where it listens.
    """

    process: subprocess.Popen[bytes]
    port: int

    @classmethod
    def start(cls) -> Self:
        """Start a server and make the bucket.

        Raises:
            EmbeddedServerError: moto is not installed, or its process ended or said nothing.
        """
        if find_spec("moto") is None or find_spec("werkzeug") is None:
            raise EmbeddedServerError("the fake provider needs the development dependency moto[s3,server]")
        paths = [str(_IMPORT_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                cwd="/",
                start_new_session=True,
            )
            try:
                bucket = cls(process, _said_port(process, log))
                bucket.empty()
            except BaseException:
                _end(process)
                raise
        return bucket

    def stop(self) -> None:
        """End the server and everything in its process group."""
        _end(self.process)

    def put(self, key: str, content: bytes) -> None:
        """Store an object."""
        self._must("PUT", f"/{NAME}/{quote(key)}", content)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        self._must("DELETE", f"/{NAME}/{quote(key)}")

    def empty(self) -> None:
        """Forget everything and make the bucket anew."""
        self._must("POST", "/moto-api/reset")
        self._must("PUT", f"/{NAME}")

    def listed(self, key: str) -> bytes | None:
        """Return the block of XML that a listing holds for a key."""
        path = f"/{NAME}?list-type=2&encoding-type=url&prefix={quote(key, safe='')}"
        return blocks_of(self._must("GET", path).body).get(key)

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return the whole answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            content = response.read()
            fields = tuple(field for field in response.getheaders() if field[0].lower() not in _HOP_BY_HOP)
            length = int(response.getheader("Content-Length") or len(content))
            return Answer(response.status, fields, content, length)
        finally:
            connection.close()

    def _must(self, method: str, path: str, body: bytes = b"") -> Answer:
        answer = self.ask(method, path, _SIGNED, body)
        if answer.status >= http.client.BAD_REQUEST:
            raise EmbeddedServerError(f"the fake provider's bucket: {method} {path}: HTTP {answer.status}")
        return answer


def _said_port(process: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    assert process.stdout is not None  # noqa: S101  # asked for
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    said = process.stdout.readline().strip() if ready else b""
    if not said.isdigit():
        log.seek(0)
        last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
        raise EmbeddedServerError(f"the fake provider's bucket did not start: {last or 'it said nothing'}")
    return int(said)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
