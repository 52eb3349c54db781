"""What all tickers share: the market's return, its weeks of stress, and days on which everybody or nobody trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tbp_assets_tests.planted.sessions import closes_early

Array = NDArray[np.float64]
Days = NDArray[np.bool_]

MARKET_DEVIATION: Final = 0.009
WORST_MARKET_DAY: Final = 0.12
_FRIDAY: Final = 4
_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Weather:
    """Of each session: the market's log return, how much wilder than usual all is, and the log of volume over usual."""

    days: tuple[date, ...]
    returns: Array
    strain: Array
    crowd: Array


def soft(values: Array, down: float, up: float) -> Array:
    """Bend values so that they stay between -down and up, small ones almost as they were."""
    return np.where(values < 0, down * np.tanh(values / down), up * np.tanh(values / up))


def fat(rng: np.random.Generator, size: int, *, freedom: float = 4.0) -> Array:
    """Draw Student-t values of variance one."""
    return rng.standard_t(freedom, size) * np.sqrt((freedom - 2) / freedom)


def weather(rng: np.random.Generator, days: Sequence[date]) -> Weather:
    """Draw the market of these sessions."""
    strain, drift = _stress(rng, len(days))
    returns = soft(fat(rng, len(days)) * MARKET_DEVIATION * strain + drift + 0.0003, WORST_MARKET_DAY, WORST_MARKET_DAY)
    crowd = np.log(strain) * 0.55 + rng.normal(0, 0.08, len(days)) + _calendar(rng, days)
    return Weather(tuple(days), returns, strain, crowd)


def _stress(rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    """Return strain and drift; two to four times in five years a fall of one to four weeks that fades over as many."""
    strain, drift = np.ones(count), np.zeros(count)
    for _ in range(1 + rng.poisson(count / 630)):
        start, length = int(rng.integers(0, count)), int(rng.integers(5, 21))
        peak = rng.uniform(2.5, 5.0)
        fall, fade = slice(start, start + length), np.arange(max(0, count - start - length))
        strain[fall] = np.maximum(strain[fall], peak)
        strain[start + length :] = np.maximum(strain[start + length :], 1 + (peak - 1) * np.exp(-fade / length))
        drift[fall] -= rng.uniform(0.004, 0.015)
    return strain, drift


def _calendar(rng: np.random.Generator, days: Sequence[date]) -> Array:
    """Return the log of volume over usual that the calendar brings: half days, and four Fridays of expiry a year."""
    found = np.zeros(len(days))
    for n, day in enumerate(days):
        if closes_early(day):
            found[n] = np.log(rng.uniform(0.35, 0.55))
        elif _expiry(day):
            found[n] = np.log(rng.uniform(1.4, 2.2))
    return found


def _expiry(day: date) -> bool:
    third = 15 <= day.day <= 21
    return day.month % _QUARTER == 0 and day.weekday() == _FRIDAY and third
