"""Cancels statements that run in this process, so that an interrupt need not wait for the server.

psycopg2 waits in C: a handler of Python's runs when the server has answered. Another thread may cancel a statement
meanwhile; the server then gives it up with SQLSTATE 57014 and its transaction is rolled back.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Final
from weakref import WeakSet

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE, connection
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tbp_assets.interrupts import when_interrupted

PATIENCE_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 0.05
ANSWER_SECONDS: Final = 1.0
# "Do you speak TLS?": https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest.
SSL_REQUEST: Final = bytes((0, 0, 0, 8, 4, 210, 22, 47))

_connections: Final[WeakSet[connection]] = WeakSet()
_lock: Final = threading.Lock()


def cancel_when_interrupted() -> None:
    """Let an interrupt cancel what runs on any connection that a pool of this process opens from now on."""
    if not event.contains(Pool, "connect", _opened):
        event.listen(Pool, "connect", _opened)
        when_interrupted(_cancel_statements)


def _cancel_statements() -> None:
    """Cancel every statement that takes longer than half a second, for as long as the process goes on.

    What is short is left to end: among it is what a process writes down while it comes to an end.
    """
    since = dict[connection, float]()
    while True:
        with _lock:
            active = {each for each in _connections if _is_active(each)}
        since = {each: since.get(each, time.monotonic()) for each in active}
        for each in [each for each, began in since.items() if time.monotonic() - began > PATIENCE_SECONDS]:
            _cancel(each)
            del since[each]
        time.sleep(LOOK_SECONDS)


def _opened(opened: object, _record: object) -> None:
    if isinstance(opened, connection):
        with _lock:
            _connections.add(opened)


def _is_active(each: connection) -> bool:
    return not each.closed and each.info.transaction_status == TRANSACTION_STATUS_ACTIVE


def _cancel(each: connection) -> None:
    # The lock of the interpreter is held until the server has answered: one that stands still would stop this process.
    with suppress(psycopg2.Error, OSError):
        if _answers(each):
            each.cancel()


def _answers(each: connection) -> bool:
    host, port = each.info.host, each.info.port
    local = host.startswith("/")
    with socket.socket(socket.AF_UNIX) if local else socket.create_connection((host, port), ANSWER_SECONDS) as probe:
        probe.settimeout(ANSWER_SECONDS)
        if local:
            probe.connect(f"{host}/.s.PGSQL.{port}")
        probe.sendall(SSL_REQUEST)
        return bool(probe.recv(1))
