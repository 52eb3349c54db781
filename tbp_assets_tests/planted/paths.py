"""What a ticker does by itself: overnight and daily moves, extremes, shares traded, earnings; nothing planted yet.

All is in logs and in shares of the first day, so that splits can be laid over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tbp_assets_tests.planted.characters import Character
from tbp_assets_tests.planted.weather import Array, Days, Weather, fat, soft

# No day without an event closes lower than 0.58 or higher than 1.45 times the day before, nor prints beyond 1.36 times
# its open and close, nor trades more than 10.5 times the last month's median.
MOST_DOWN: Final = 0.545
MOST_UP: Final = 0.36
MOST_EXTREME: Final = 0.31
MUCH_VOLUME: Final = float(np.log(5))
MOST_VOLUME: Final = float(np.log(10.5))
MONTH: Final = 21
_OVERNIGHT: Final = 0.35
_PULL: Final = 1 / 300
_QUARTER: Final = 63
_WILDEST: Final = 6.0


@dataclass(frozen=True, slots=True)
class Path:
    """Logs of a ticker's life, one value a session; the arrays are changed in place by what is planted.

    `gap` is open over the close before, `body` close over open, `rise` high over the higher of both, `fall` the lower
    of both over low, `shares` the shares traded and `split` the new shares per old of that morning.
    """

    gap: Array
    body: Array
    rise: Array
    fall: Array
    shares: Array
    split: Array

    def close(self, first_price: float) -> Array:
        """Return the prices of all closes."""
        return first_price * np.exp(np.cumsum(self.gap + self.body - self.split))


def natural_path(rng: np.random.Generator, who: Character, weather: Weather) -> Path:
    """Draw a life without events."""
    count = len(weather.days)
    deviation = who.deviation * _restless(rng, count) * np.where(who.sort.beta, weather.strain**0.5, 1.0)
    earnings = _earnings(rng, count) if who.sort.beta else np.zeros(count, dtype=bool)
    gap, body = _moves(rng, who, weather, deviation, earnings)
    rise, fall = (_extremes(rng, deviation) for _ in range(2))
    squeezed = _squeezes(rng, who, rise)
    surprise = np.minimum(np.abs(gap + body) / who.deviation, _WILDEST)
    shares = _shares(rng, who, surprise) + weather.crowd * (who.sort.beta > 0)
    shares += earnings * rng.uniform(np.log(1.5), np.log(4), count) + squeezed * rng.uniform(0.5, 1.5, count)
    return Path(gap, body, rise, fall, _without_excess(shares), np.zeros(count))


def bounded(gap: Array, body: Array) -> tuple[Array, Array]:
    """Bend moves so that neither the open nor the close leaves what a day without an event may reach."""
    gap = soft(gap, MOST_DOWN, MOST_UP)
    return gap, soft(gap + body, MOST_DOWN, MOST_UP) - gap


def usual(values: Array) -> Array:
    """Return of each day the median of the month before; of the first days the median of the first month."""
    before = np.concatenate([np.full(MONTH, np.median(values[:MONTH])), values[:-1]])
    return np.median(sliding_window_view(before, MONTH), axis=1)


def _without_excess(shares: Array) -> Array:
    """Bend what is far above usual so that it stays below MOST_VOLUME."""
    typical = usual(shares)
    excess, room = shares - typical - MUCH_VOLUME, MOST_VOLUME - MUCH_VOLUME
    return np.where(excess > 0, typical + MUCH_VOLUME + room * np.tanh(excess / room), shares)


def _restless(rng: np.random.Generator, count: int) -> Array:
    """Return the stochastic factor of the deviation: a log-AR(1) of half a year's memory."""
    return np.exp(_memory(rng, count, 0.97, 0.30) - 0.045)


def _memory(rng: np.random.Generator, count: int, keep: float, deviation: float) -> Array:
    """Return an AR(1) of this standard deviation."""
    drawn = rng.normal(0, deviation * np.sqrt(1 - keep**2), count)
    drawn[0] /= np.sqrt(1 - keep**2)
    for n in range(1, count):
        drawn[n] += keep * drawn[n - 1]
    return drawn


def _moves(
    rng: np.random.Generator, who: Character, weather: Weather, deviation: Array, earnings: Days
) -> tuple[Array, Array]:
    """Return gaps and bodies whose sum wanders about the first price."""
    count = len(deviation)
    market = weather.returns * who.sort.beta * min(1.0, who.deviation / 0.012)
    gap = fat(rng, count) * deviation * np.sqrt(_OVERNIGHT) + market * _OVERNIGHT
    gap += earnings * fat(rng, count, freedom=3.5) * who.deviation * 3
    body = fat(rng, count) * deviation * np.sqrt(1 - _OVERNIGHT) + market * (1 - _OVERNIGHT)
    gap, body = bounded(gap, body)
    level = 0.0
    for n in range(count):
        body[n] -= level * _PULL
        level += gap[n] + body[n]
    return gap, body


def _extremes(rng: np.random.Generator, deviation: Array) -> Array:
    return soft(rng.exponential(0.45 * deviation), MOST_EXTREME, MOST_EXTREME)


def _squeezes(rng: np.random.Generator, who: Character, rise: Array) -> Days:
    """Let small companies rise by a tenth to a third and fall back within some days; return those days."""
    days = (rng.random(len(rise)) < 0.003) & who.wild
    rise[days] = soft(rng.uniform(0.1, 0.45, int(days.sum())), MOST_EXTREME, MOST_EXTREME)
    return days


def _earnings(rng: np.random.Generator, count: int) -> Days:
    """Return one day a quarter, a few sessions early or late."""
    found = np.zeros(count, dtype=bool)
    due = np.arange(rng.integers(0, _QUARTER), count, _QUARTER)
    found[np.clip(due + rng.integers(-4, 5, len(due)), 0, count - 1)] = True
    return found


def _shares(rng: np.random.Generator, who: Character, surprise: Array) -> Array:
    """Return the log of shares: a memory of weeks, noise of the day, more on a day that moves."""
    count = len(surprise)
    noise = rng.normal(0, who.sort.volume_noise, count)
    return np.log(who.dollars / who.price) + _memory(rng, count, 0.93, 0.33) + noise + 0.2 * surprise
