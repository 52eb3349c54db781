"""What the provider was asked and what it answered; which faults are still to strike. Safe between threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Lock

from tbp_assets.embedded.provider.faults import LISTING_FAULTS, Fault, FaultKind, Method


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was answered.

    Attributes:
        method: LIST, or the method of HTTP.
        key: Object key; the prefix of a LIST.
        status: HTTP status given.
        sent: Bytes of the body that were sent, or were to be.
        faults: Kinds of the faults that struck it.
    """

    method: Method
    key: str
    status: int
    sent: int
    faults: tuple[FaultKind, ...] = ()


@dataclass(slots=True)
class Record:
    """Requests so far and faults to come; `healed` is set, and made anew, whenever the faults are taken away."""

    requests: list[Request] = field(default_factory=list[Request])
    healed: Event = field(default_factory=Event)
    _left: dict[int, tuple[Fault, int | None]] = field(default_factory=dict[int, tuple[Fault, int | None]])
    _injected: int = 0
    _lock: Lock = field(default_factory=Lock)

    def inject(self, fault: Fault) -> None:
        """Let a fault strike, after those injected before it."""
        with self._lock:
            self._left[self._injected] = (fault, fault.times)
            self._injected += 1

    def heal(self) -> None:
        """Forget all faults and wake the answers that wait for it."""
        with self._lock:
            self._left.clear()
            self.healed.set()
            self.healed = Event()

    def strike(self, method: Method, key: str) -> Fault | None:
        """Return the first fault that strikes a request, faults of listings apart, and count it."""
        with self._lock:
            for number, (fault, _) in self._left.items():
                if fault.kind not in LISTING_FAULTS and fault.strikes(method, key):
                    self._count(number)
                    return fault
        return None

    def listing_faults(self, prefix: str) -> list[tuple[int, Fault]]:
        """Return the faults that may change a listing, all of them, with the numbers to `count` them by."""
        with self._lock:
            found = [(number, fault) for number, (fault, _) in self._left.items() if fault.kind in LISTING_FAULTS]
            return [(number, fault) for number, fault in found if fault.strikes("LIST", prefix)]

    def count(self, number: int) -> None:
        """Count a fault that has struck."""
        with self._lock:
            self._count(number)

    def _count(self, number: int) -> None:
        fault, left = self._left.get(number, (None, None))
        if fault is None or left is None:
            return
        if left > 1:
            self._left[number] = (fault, left - 1)
        else:
            del self._left[number]
