"""Where prices lie: a path that can be entered at any weekday, and the four prices of a day on it.

The path is Brownian motion written as a sum of tents, each twice as wide as the one before (Lévy's and Ciesielski's
construction): ten hashed numbers give any point of it. The widest tent spans four years, after which a security is back
at its level, so no price runs away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tbp_assets.embedded.market.arithmetic import exp2, to_micros
from tbp_assets.embedded.market.hashing import Counts, Floats, Words, mix, normal, salted, uniform
from tbp_assets.embedded.market.securities import Securities

_TENTS: Final = 10
_ROOT_OF_HALF: Final = 0.7071067811865476
# A price lies on one of these grids, in millionths: cents, half cents, hundredths of a cent, millionths.
_CENT: Final = 10_000
_HALF_CENT: Final = 5_000
_FINE: Final = 100
_FINEST: Final = 1
# Dollars between which grids are in use, and shares of the vendor's cheap prices: no grid may be as coarse as a move.
_DEAR: Final = 100.0
_CHEAP: Final = 1.0
_CENTS_FROM: Final = 0.2
_FINEST_BELOW: Final = 0.002
_CENTS_OF_CHEAP: Final = 0.2
_FINE_OF_CHEAP: Final = 0.95
# So few trades mostly come at one price.
_AT_ONE_PRICE: Final = 4


@dataclass(frozen=True, slots=True)
class Prices:
    """Open, close, high and low of each security, in millionths of a dollar; high and low enclose the other two."""

    open: Counts
    close: Counts
    high: Counts
    low: Counts


def path(keys: Words, weekday: int) -> Floats:
    """Return where each security's path is at the close of a weekday; its daily steps have variance 1."""
    moment = keys % np.uint64(1 << _TENTS) + np.uint64(weekday + (1 << _TENTS))
    total = np.zeros(len(keys))
    for level in range(1, _TENTS + 1):
        width = np.uint64(1 << level)
        cell = mix(keys ^ mix(moment // width * np.uint64(64) + np.uint64(level)))
        across = (moment % width).astype(np.float64) * (2.0 / (1 << level))
        # Whole powers only: a fractional one would come from the platform's `pow`.
        height = 2.0 ** (level // 2) * (_ROOT_OF_HALF if level % 2 else 0.5)
        total += normal(cell) * (1.0 - np.abs(across - 1.0)) * height
    return total


def day_prices(securities: Securities, weekday: int, transactions: Counts) -> Prices:
    """Return the day's four prices, the open near the close of the weekday before.

    Args:
        transactions: How often each security traded: the fewest have one price, few have no extremes of their own.
    """
    before, after = path(securities.key, weekday - 1), path(securities.key, weekday)
    keys = salted(securities.key, weekday + 1_000_000)
    several = transactions > _AT_ONE_PRICE
    opened = np.where(several, before + 0.25 * (after - before) + 0.35 * normal(salted(keys, 1)), after)
    reach: Floats = np.minimum(1.0, np.maximum(0, transactions - _AT_ONE_PRICE) * 0.02)
    # Not every day has extremes of its own: about a quarter open or close at them.
    above = reach * np.maximum(0.0, 0.8 * np.abs(normal(salted(keys, 2))) - 0.25)
    below = reach * np.maximum(0.0, 0.8 * np.abs(normal(salted(keys, 3))) - 0.25)
    # Rounded one by one, since the vendor's four prices of a row differ in their decimals.
    points = (opened, after, np.maximum(opened, after) + above, np.minimum(opened, after) - below)
    grids = (salted(keys, 4), np.where(several, salted(keys, 5), salted(keys, 4)), salted(keys, 6), salted(keys, 7))
    first, last, top, bottom = (
        _on_grid(securities.price * exp2(point * securities.swing), uniform(grid), transactions)
        for point, grid in zip(points, grids, strict=True)
    )
    return _enclosed(first, last, top, bottom, reach)


def _enclosed(first: Counts, last: Counts, top: Counts, bottom: Counts, reach: Floats) -> Prices:
    higher, lower = np.maximum(first, last), np.minimum(first, last)
    return Prices(
        open=first,
        close=last,
        high=np.where(reach > 0, np.maximum(higher, top), higher),
        low=np.where(reach > 0, np.minimum(lower, bottom), lower),
    )


def _on_grid(prices: Floats, share: Floats, transactions: Counts) -> Counts:
    """Round prices to cents, or to a finer grid where a share of the vendor's prices is finer."""
    fine = np.where(prices < _DEAR, 0.13, 0.03)
    grid = np.where(share < fine, _FINE, np.where(share < fine + 0.06, _HALF_CENT, _CENT))
    cheap = np.where(
        (share < _CENTS_OF_CHEAP) & (prices > _CENTS_FROM), _CENT, np.where(share < _FINE_OF_CHEAP, _FINE, _FINEST)
    )
    grid = np.where(prices < _CHEAP, cheap, grid)
    # Without a trade the vendor shows a computed value.
    grid = np.where((transactions == 0) & (prices > _CHEAP), _FINE, grid)
    grid = np.where(prices < _FINEST_BELOW, _FINEST, grid)
    return np.maximum((to_micros(prices) + grid // 2) // grid * grid, grid)
