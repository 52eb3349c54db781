"""Whether a pooled connection still has a server, found out without asking it each time it is used.

A server that ended or restarted closes its connections, and that is there to be read at once. One that vanished without
a word, with its machine, is not back within the time for which an unread connection is trusted.
"""

from __future__ import annotations

import select
from time import monotonic
from typing import Final
from weakref import WeakKeyDictionary

import psycopg2
import psycopg2.extensions
from sqlalchemy.exc import DisconnectionError

TRUSTED_SECONDS: Final = 1.0

_last_asked: Final[WeakKeyDictionary[psycopg2.extensions.connection, float]] = WeakKeyDictionary()


def require_alive(connection: object, *_: object) -> None:
    """Make a pool open a new connection where the server of this one is gone; listens to its `checkout`.

    Raises:
        DisconnectionError: It is gone; the pool knows what to do.
    """
    if not isinstance(connection, psycopg2.extensions.connection):
        return
    try:
        if _silent(connection) and monotonic() - _last_asked.get(connection, -TRUSTED_SECONDS) < TRUSTED_SECONDS:
            return
        _ask(connection)
    except psycopg2.OperationalError as error:
        raise DisconnectionError from error
    _last_asked[connection] = monotonic()


def _silent(connection: psycopg2.extensions.connection) -> bool:
    """Whether nothing is to be read from the server, which speaks unasked only when it ends or has something to say."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def _ask(connection: psycopg2.extensions.connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not connection.autocommit:
        connection.rollback()
