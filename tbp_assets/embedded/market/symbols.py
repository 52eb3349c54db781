"""How securities are called: the kinds of invented ticker, their shares of the market, and the vendor's sort order.

Symbols are numbers written in letters, spread over their space by a multiplication that never meets itself, so they are
unique without a list of them being kept. Who bears one on a given day is `universe`'s affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tbp_assets.embedded.market.hashing import Counts, Floats, Words, mix_one, salted

Symbols = npt.NDArray[np.bytes_]
LETTERS: Final = 26

_STEM: Final = re.compile("[A-Z]*")


@dataclass(frozen=True, slots=True)
class Kind:
    """A form of ticker: `stem` letters and one of `suffixes`, for `share` of 10,000 invented securities."""

    stem: int
    share: int
    suffixes: tuple[str, ...] = ("",)
    # Only the wide spaces have names to spare for a security that comes after another.
    churns: bool = False


KINDS: Final = (
    Kind(1, 12),
    Kind(2, 265),
    Kind(3, 2550),
    Kind(4, 6184, churns=True),
    Kind(4, 510, ("W", "W", "W", "P", "L", "R", "U", "O", "Z", "M", "N"), churns=True),
    Kind(3, 270, ("pA", "pB", "pC", "pD", "pE", "pF")),
    Kind(4, 96, ("pA", "pB", "pC")),
    Kind(4, 5, ("r", "w", "p")),
    Kind(4, 75, (".WS",)),
    Kind(3, 33, (".A", ".B", ".U")),
)


def kinds_of(points: Floats) -> Counts:
    """Give each point of [0, 1) the index of a kind, in the proportion of the kinds' shares."""
    ends = np.cumsum(np.array([kind.share for kind in KINDS], dtype=np.int64))
    return np.searchsorted(ends, points * float(ends[-1]), side="right").astype(np.int64)


def spell(kind: Kind, ranks: Words, seed: int) -> tuple[Symbols, Symbols]:
    """Spell the `ranks`-th symbols of a kind.

    Returns:
        The symbols and the vendor's sort keys. Distinct ranks below 26 ** kind.stem give distinct symbols.
    """
    space: int = LETTERS**kind.stem
    salt = mix_one(seed) + kind.stem * 1009 + len(kind.suffixes)
    numbers = (ranks * np.uint64(_multiplier(salt, space)) + np.uint64(mix_one(salt + 1) % space)) % np.uint64(space)
    picked = (salted(numbers, salt) % np.uint64(len(kind.suffixes))).astype(np.int64)
    stems = _letters(numbers, kind.stem)
    suffixes = np.array([suffix.encode() for suffix in kind.suffixes], dtype=np.bytes_)[picked]
    tails = np.array([_tail(suffix) for suffix in kind.suffixes], dtype=np.bytes_)[picked]
    return np.char.add(stems, suffixes), np.char.add(stems, tails)


def sort_key(symbol: str) -> bytes:
    """Return what the vendor sorts by: the stem, then the suffix without its dot and in capitals.

    So ACRpD stands before ACRE, and a preferred share (pB) between a class (.A) and a warrant (.WS).
    """
    found = _STEM.match(symbol)
    stem = found[0] if found else ""
    return stem.encode() + _tail(symbol[len(stem) :])


def _tail(suffix: str) -> bytes:
    return f" {suffix.replace('.', '').upper()}".encode() if suffix else b""


def _multiplier(salt: int, space: int) -> int:
    # Sharing no factor with 26 ** n, so that its multiples visit every number once.
    odd = mix_one(salt) % space | 1
    return odd if odd % 13 else odd + 2


def _letters(numbers: Words, length: int) -> Symbols:
    digits = [numbers // np.uint64(LETTERS**place) % np.uint64(LETTERS) for place in reversed(range(length))]
    letters = (np.stack(digits, axis=1) + np.uint64(ord("A"))).astype(np.uint8)
    return np.ascontiguousarray(letters).view(f"S{length}").ravel()
