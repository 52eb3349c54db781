"""A server that accepts no connection: not refused, not answered, as behind a firewall that drops packets."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import Final

from tbp_assets.embedded.provider.proxy import Proxy

_MOST: Final = 16
_TAKEN_SECONDS: Final = 0.2


@dataclass(slots=True)
class Deafness:
    """Turns a proxy deaf and lets it hear again.

    The kernel completes connections until the backlog of a listening socket is full, and drops what comes then. So the
    proxy stops accepting, and connections of our own fill a backlog made as short as can be.
    """

    proxy: Proxy
    _fillers: list[socket.socket] = field(default_factory=list[socket.socket])
    _timer: Timer | None = None
    _deaf: bool = False
    _lock: Lock = field(default_factory=Lock)

    def begin(self, seconds: float | None) -> None:
        """Accept nobody for so long, or until `end`."""
        with self._lock:
            if not self._deaf:
                self._deaf = True
                self.proxy.pause()
                self.proxy.socket.listen(0)
                self._fill()
            if seconds is not None:
                self._timer = Timer(seconds, self.end)
                self._timer.daemon = True
                self._timer.start()

    def end(self) -> None:
        """Accept connections again."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            for filler in self._fillers:
                filler.close()
            self._fillers.clear()
            if self._deaf:
                self._deaf = False
                self.proxy.socket.listen(self.proxy.request_queue_size)
                self.proxy.serve()

    def _fill(self) -> None:
        for _ in range(_MOST):
            filler = socket.socket()
            self._fillers.append(filler)
            filler.settimeout(_TAKEN_SECONDS)
            try:
                filler.connect(self.proxy.server_address[:2])
            except TimeoutError:
                return
        raise RuntimeError(f"{_MOST} connections do not fill the backlog of a listening socket on this system")
