"""What is planted where: how many events of each kind, on which tickers and sessions, far enough apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tbp_assets_tests.planted.kinds import Kind

APART: Final = 30
FEW: Final = 4
LISTED_TOGETHER: Final = 10
_WITHIN: Final[tuple[Kind, ...]] = ("hole", "split", "jump", "spike", "volume", "stale")
_NOT_YET: Final = 45


@dataclass(frozen=True, slots=True)
class Plan:
    """A ticker's life: it trades on the sessions `alive`, and each event takes the sessions of its range."""

    alive: range
    events: tuple[tuple[Kind, range], ...]


def plans(rng: np.random.Generator, tickers: int, count: int) -> list[Plan]:
    """Draw the plans of so many tickers over `count` sessions."""
    lives = _lives(rng, tickers, count)
    kinds = _kinds(rng, tickers)
    return [Plan(alive, _placed(rng, alive, planned)) for alive, planned in zip(lives, kinds, strict=True)]


def _kinds(rng: np.random.Generator, tickers: int) -> list[list[Kind]]:
    """Give every few tickers one to four events of each kind."""
    found: list[list[Kind]] = [[] for _ in range(tickers)]
    for start in range(0, tickers, FEW):
        for kind in _WITHIN:
            for _ in range(rng.integers(1, 5)):
                found[int(rng.integers(start, min(start + FEW, tickers)))].append(kind)
    return found


def _lives(rng: np.random.Generator, tickers: int, count: int) -> list[range]:
    """Let one or two of every ten tickers begin late and as many others end early."""
    lives = [range(count)] * tickers
    for start in range(0, tickers, LISTED_TOGETHER):
        some = [start + n for n in _shuffled(rng, min(LISTED_TOGETHER, tickers - start))]
        born, dead = int(rng.integers(1, 3)), int(rng.integers(1, 3))
        for ticker in some[:born]:
            lives[ticker] = range(int(rng.integers(_NOT_YET, max(_NOT_YET + 1, count * 3 // 5))), count)
        for ticker in some[born : born + dead]:
            lives[ticker] = range(int(rng.integers(count * 2 // 5, count - 9)))
    return lives


def _placed(rng: np.random.Generator, alive: range, kinds: Sequence[Kind]) -> tuple[tuple[Kind, range], ...]:
    """Place events in random order, uniformly over all places that leave APART sessions before, between and after.

    What a short life has no room for is left out.
    """
    order: list[Kind] = [kinds[n] for n in _shuffled(rng, len(kinds))]
    lengths = [_length(rng, kind) for kind in order]
    while (room := len(alive) - sum(lengths) - APART * (len(lengths) + 1)) < 0:
        order, lengths = order[:-1], lengths[:-1]
        if not order:
            return ()
    found, earliest = list[tuple[Kind, range]](), alive.start + APART
    delays = sorted(int(delay) for delay in rng.integers(0, room + 1, len(order)))
    for kind, length, delay in zip(order, lengths, delays, strict=True):
        found.append((kind, range(earliest + delay, earliest + delay + length)))
        earliest += length + APART
    return tuple(found)


def _shuffled(rng: np.random.Generator, count: int) -> list[int]:
    return [int(n) for n in rng.permutation(count)]


def _length(rng: np.random.Generator, kind: Kind) -> int:
    """Draw how many sessions an event takes; short holes are the most frequent."""
    if kind == "hole":
        return int(min(15, rng.geometric(0.25)))
    return int(rng.integers(4, 13)) if kind == "stale" else 1
