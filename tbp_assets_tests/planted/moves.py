"""Events that are true: splits and news, laid over a path in the order of time."""

from __future__ import annotations

from typing import Final

import numpy as np

from tbp_assets_tests.planted.characters import Character, between
from tbp_assets_tests.planted.paths import MONTH, Path, bounded
from tbp_assets_tests.planted.weather import soft

# How often each ratio is drawn, the rare ones more often than seen: new shares for one old (3 for 2 is usual too), and
# one new share for so many old.
FORWARD: Final = {
    "2:1": 20, "3:1": 12, "3:2": 12, "4:1": 10, "5:1": 9, "7:1": 5, "8:1": 5, "10:1": 12, "15:1": 8, "20:1": 9,
    "25:1": 6, "50:1": 8,
}  # fmt: skip
REVERSE: Final = {
    "1:2": 4, "1:3": 5, "1:4": 7, "1:5": 9, "1:6": 4, "1:7": 3, "1:8": 7, "1:10": 20, "1:12": 3, "1:15": 8,
    "1:20": 12, "1:25": 7, "1:30": 7, "1:40": 6, "1:50": 8, "1:100": 12,
}  # fmt: skip

# A company is split to a price within these; cheaper than the first is reverse split, dearer than the second forward.
_AFTER_FORWARD: Final = (8.0, 400.0)
_AFTER_REVERSE: Final = (3.0, 300.0)
_CHEAP: Final = 12.0
_DEAR: Final = 40.0
_PENNY: Final = 10.0
_SETTLING: Final = 10


def new_per_old(ratio: str) -> float:
    """Return what "3:2" multiplies shares by."""
    new, _, old = ratio.partition(":")
    return int(new) / int(old)


def split(rng: np.random.Generator, path: Path, day: int, price: float) -> str:
    """Split on the morning of `day` after a close of `price`; return the ratio.

    The day keeps its body; its overnight move is drawn anew, wider for a penny stock's reverse split. On half of the
    days the dollars traded differ as on any day, on the other half they are 0.4 to 2.5 times the usual.
    """
    ratio = _ratio(rng, price)
    path.split[day] = np.log(new_per_old(ratio))
    nervous = price < _PENNY and new_per_old(ratio) < 1
    night = rng.normal(-0.02, 0.07) if nervous else rng.standard_t(5) * _calm_night(path, day)
    path.gap[day] = np.log1p(np.clip(night, -0.15, 0.15))
    times = between(rng, 0.4, 2.5) if rng.random() < 0.5 else np.exp(path.shares[day] - _usual(path, day))
    path.shares[day] = _usual(path, day) + np.log(np.clip(times, 0.35, 2.8))
    return ratio


def jump(rng: np.random.Generator, who: Character, path: Path, day: int, price: float) -> None:
    """Let news move the price beyond half on `day`, at the open or within the day, and trading rise for days."""
    move = np.log(_move(rng, price))
    if rng.random() < 0.6:
        path.gap[day] = move * rng.uniform(0.85, 1.1)
    path.body[day] = move - path.gap[day]
    for extreme in (path.rise, path.fall):
        extreme[day] = soft(np.array([rng.exponential(0.05)]), 0.3, 0.3)[0]
    path.shares[day] = _usual(path, day) + (more := np.log(_multiple(rng, who)))
    _settle(path, day, more)


def _ratio(rng: np.random.Generator, price: float) -> str:
    """Draw a ratio that makes sense at this price: forward where dear, reverse where cheap, either between."""
    upward = price > _DEAR or (price > _CHEAP and rng.random() < 0.6)
    weights, (low, high) = (FORWARD, _AFTER_FORWARD) if upward else (REVERSE, _AFTER_REVERSE)
    sensible = {ratio: weight for ratio, weight in weights.items() if low <= price / new_per_old(ratio) <= high}
    sensible = sensible or weights
    chances = np.array(list(sensible.values()), dtype=float)
    return list(sensible)[int(rng.choice(len(chances), p=chances / chances.sum()))]


def _move(rng: np.random.Generator, price: float) -> float:
    """Draw close over close: 0.15 to 0.45 or 1.6 to 4, a third of them close to what a split would do."""
    upward = price < 3 or rng.random() < 0.45
    if rng.random() < 0.35:
        return _near_split(rng, upward=upward)
    return between(rng, 1.6, 4.0) if upward else 1 - rng.uniform(0.55, 0.85)


def _near_split(rng: np.random.Generator, *, upward: bool) -> float:
    """Draw a move within some percent of a half, a third, a quarter, a fifth, two, three or four, beyond a half."""
    near = float(np.exp(np.clip(rng.normal(0, 0.025), -0.08, 0.08)))
    whole = int(rng.choice([2, 3, 4, 5], p=[0.5, 0.3, 0.1, 0.1]))
    if upward:
        return min(whole, 4) * near
    return near / whole if whole > 2 else float(np.exp(-rng.uniform(0.012, 0.06))) / whole


def _multiple(rng: np.random.Generator, who: Character) -> float:
    """Draw shares traded over usual: some ten times of a large company, ten to a thousand times of a small one."""
    middle, width, most = (70.0, 1.1, 1200.0) if who.wild else (20.0, 0.5, 80.0)
    return float(np.clip(middle * np.exp(rng.normal(0, width)), 8, most))


def _settle(path: Path, day: int, more: float) -> None:
    """Let trading fall back by some two fifths of its log excess a day, and prices swing for three days."""
    days = np.arange(1, min(_SETTLING, len(path.shares) - day))
    path.shares[day + days] += more * 0.6**days
    wild = slice(day + 1, day + 4)
    path.gap[wild], path.body[wild] = bounded(path.gap[wild] * 2, path.body[wild] * 2)


def _usual(path: Path, day: int) -> float:
    return float(np.median(path.shares[max(0, day - MONTH) : day]))


def _calm_night(path: Path, day: int) -> float:
    """Return a robust deviation of the quarter's overnight moves."""
    return float(np.median(np.abs(path.gap[max(0, day - 63) : day])))
