"""Waiting for work no longer than a scrape may last, and never having it done twice at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class OneAtATime(Generic[T]):
    """Work that is done in a thread of its own, whoever waits for it.

    While it is stuck, a stopped server perhaps, nothing new is begun: scrapes do not pile up, and the first one after
    it came back is right again. The thread does not keep its process alive.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Take work; nothing is begun."""
        self._work = work
        self._lock = Lock()
        self._running: Future[T] | None = None

    def begin(self) -> Future[T]:
        """Return the work that is being done, begun now unless it was.

        Its `result(seconds)` raises what the work raises, or TimeoutError.
        """
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future[T]()
                Thread(target=self._run, args=(self._running,), name="scrape", daemon=True).start()
            return self._running

    def _run(self, future: Future[T]) -> None:
        try:
            future.set_result(self._work())
        except BaseException as error:  # noqa: BLE001  # raised again where the result is asked for
            future.set_exception(error)
