"""Nothing of a provider outlives it, however it or its owner ends; nothing of it is loaded by who does not want it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.embedded.postgres.ports import is_free
from tbp_assets.embedded.provider import FakeProvider, Fault, bucket
from tbp_assets.errors import EmbeddedServerError, SourceUnavailableError
from tbp_assets.providers.s3 import S3FlatFiles
from tbp_assets_tests.day_files import TUESDAY
from tbp_assets_tests.embedded.postgres.processes import environment, wait_until
from tbp_assets_tests.embedded.provider.test_faults import downloaded
from tbp_assets_tests.providers.conftest import client_of

pytestmark = pytest.mark.integration

OWNER = """
import time
from tbp_assets.embedded.provider import FakeProvider
provider = FakeProvider.start()
print(provider.server_pid, flush=True)
time.sleep(60)
"""
SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=a/20240101/us-east-1/s3/aws4_request, Signature=b"
READER = "import sys, tbp_assets.definitions; print(*sys.modules)"


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one whose parent does not wait for it lingers as a zombie."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def owner() -> Iterator[subprocess.Popen[str]]:
    """A process that has started a provider."""
    command = [sys.executable, "-c", OWNER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    yield process
    process.kill()
    process.communicate()


def test_the_end_of_the_context_ends_the_server_and_frees_the_ports() -> None:
    with FakeProvider.start() as provider:
        pid, ports = provider.server_pid, provider.ports
        assert not is_gone(pid)
        assert [is_free(port) for port in ports] == [False, False]
    assert not psutil.pid_exists(pid)
    assert [is_free(port) for port in ports] == [True, True]
    provider.close()


def broken_off_amid_faults(started: list[FakeProvider]) -> None:
    with FakeProvider.start() as provider:
        started.append(provider)
        provider.publish(TUESDAY, b"content")
        provider.inject(Fault("stall"))
        downloaded(S3FlatFiles(client_of(provider.endpoint_url, read_timeout=0.2), "flatfiles"))


def test_an_error_amid_faults_ends_it_as_well() -> None:
    started: list[FakeProvider] = []
    with pytest.raises(SourceUnavailableError):
        broken_off_amid_faults(started)
    assert not psutil.pid_exists(started[0].server_pid)
    assert [is_free(port) for port in started[0].ports] == [True, True]


def test_stalled_clients_and_deafness_do_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_STOP_SECONDS", 60)
    with FakeProvider.start() as provider:
        provider.publish(TUESDAY, b"content")
        provider.inject(Fault("stall", at_byte=0))
        with socket.create_connection(("127.0.0.1", provider.ports[0])) as client:
            client.sendall(f"GET /flatfiles/{US_STOCKS_DAY_AGGS.key(TUESDAY)} HTTP/1.1\r\n{SIGNED}\r\n\r\n".encode())
            assert client.recv(15) == b"HTTP/1.1 200 OK"
            provider.inject(Fault("connect_timeout"))
            started = time.monotonic()
            provider.close()
            # Far less than the minute after which a server that does not end is killed.
            assert time.monotonic() - started < 30
            while client.recv(1000):
                pass
    assert [is_free(port) for port in provider.ports] == [True, True]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_ends_with_a_killed_owner(owner: subprocess.Popen[str], number: signal.Signals) -> None:
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert not is_gone(pid)
    owner.send_signal(number)
    owner.wait()
    assert wait_until(lambda: is_gone(pid), 60)


def test_a_server_that_does_not_end_by_itself_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_STOP_SECONDS", 0.3)
    with FakeProvider.start() as provider:
        psutil.Process(provider.server_pid).suspend()
    assert not psutil.pid_exists(provider.server_pid)


def test_a_server_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_MODULE", "tbp_assets.embedded.provider.no_such_module")
    with pytest.raises(EmbeddedServerError, match=r"did not start: .*no_such_module"):
        FakeProvider.start()


def test_a_missing_moto_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "find_spec", dict[str, None]().get)
    with pytest.raises(EmbeddedServerError, match=r"development dependency moto\[s3,server\]"):
        FakeProvider.start()


def test_the_definitions_do_not_load_it() -> None:
    command = [sys.executable, "-c", READER]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(), timeout=170)
    loaded = said.stdout.split()
    assert "tbp_assets.definitions" in loaded
    assert [name for name in loaded if name.startswith(("tbp_assets.embedded.provider", "moto"))] == []
