"""Numbers drawn by hashing, so that any of them can be had without drawing the ones before it.

Only integer work on 64-bit words: no generator object, no stream to advance, nothing numpy may change from release to
release. What the numbers mean (a price, a volume, a fault) is said elsewhere.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

# 2 ** 64 over the golden ratio, made odd: its multiples never fall together.
_STEP: Final = 0x9E3779B97F4A7C15
_MASK: Final = 0xFFFFFFFFFFFFFFFF
_LANE: Final = np.uint64(0xFFFF)


def mix(words: Words) -> Words:
    """Scramble each word: the finalizer of splitmix64 (Steele, Lea, Flood 2014), a bijection of 64-bit words."""
    z = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def mix_one(word: int) -> int:
    """Scramble one word given as a Python int, any size; the same bijection as `mix`."""
    return int(mix(np.array([word & _MASK], dtype=np.uint64))[0])


def salted(keys: Words, salt: int) -> Words:
    """Draw one word for each key; another `salt` gives an unrelated draw for the same keys."""
    # Python multiplies without wrapping; numpy scalars would warn about the overflow that is wanted here.
    return mix(keys + np.uint64((mix_one(salt) * _STEP) & _MASK))


def spread(count: int) -> Floats:
    """Place `count` points evenly over [0, 1) in an order without pattern: multiples of the golden ratio, modulo 1."""
    return uniform(np.arange(count, dtype=np.uint64) * np.uint64(_STEP))


def uniform(words: Words) -> Floats:
    """Map words to [0, 1), 53 bits each: exact, since both the integer and the power of two are."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(words: Words) -> Floats:
    """Map words to nearly normal numbers of mean 0 and variance 1, never beyond 3.47: the sum of four 16-bit lanes."""
    # 16 bits each: four lanes fill the word, and their sum needs no logarithm, which would differ between machines.
    lanes = sum((words >> np.uint64(shift)) & _LANE for shift in (16, 32, 48)) + (words & _LANE)
    return (lanes.astype(np.float64) - 131070.0) * (1.7320508075688772 / 65536.0)
