"""The invented securities of a day: lives, tickers, and levels drawn from the market's distributions.

A market is a fixed number of slots, each held by one security at a time: when one is delisted the next is listed, so
the count stays and the names change.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tbp_assets.embedded.market.arithmetic import Quantiles, exp2
from tbp_assets.embedded.market.hashing import Counts, Flags, Words, mix, mix_one, normal, salted, spread, uniform
from tbp_assets.embedded.market.named import NAMED
from tbp_assets.embedded.market.securities import Securities
from tbp_assets.embedded.market.symbols import KINDS, Symbols, kinds_of, spell

# Quantiles of one day of the whole market in January 2024; see the bounds in the tests.
PRICE: Final = Quantiles(
    (
        (0.0, 0.0025),
        (0.0022, 0.0095),
        (0.01, 0.033),
        (0.025, 0.11),
        (0.05, 0.43),
        (0.1, 1.28),
        (0.15, 2.5),
        (0.2, 4.4),
        (0.25, 7.3),
        (0.3, 10.3),
        (0.35, 12.4),
        (0.4, 16.0),
        (0.45, 19.5),
        (0.5, 22.0),
        (0.55, 24.2),
        (0.6, 25.8),
        (0.65, 28.6),
        (0.7, 33.2),
        (0.75, 39.5),
        (0.8, 48.0),
        (0.85, 58.5),
        (0.9, 76.0),
        (0.95, 120.0),
        (0.99, 265.0),
        (0.999, 900.0),
        (1.0, 3000.0),
    ),
)
TRADES: Final = Quantiles(
    (
        (0.0, 1.0),
        (0.05, 6.0),
        (0.1, 16.0),
        (0.2, 58.0),
        (0.3, 140.0),
        (0.4, 280.0),
        (0.5, 580.0),
        (0.6, 1450.0),
        (0.7, 3700.0),
        (0.75, 5400.0),
        (0.8, 7600.0),
        (0.9, 16000.0),
        (0.95, 27000.0),
        (0.99, 62000.0),
        (0.999, 220000.0),
        (1.0, 700000.0),
    ),
)
SHARES_A_TRADE: Final = Quantiles(
    (
        (0.0, 1.0),
        (0.01, 4.0),
        (0.1, 34.0),
        (0.25, 57.0),
        (0.5, 104.0),
        (0.75, 170.0),
        (0.9, 270.0),
        (0.99, 800.0),
        (1.0, 6000.0),
    ),
)
# Cheap shares move more: daily swing by price, before each security's own factor.
SWING: Final = Quantiles(((0.0, 0.07), (1.0, 0.05), (5.0, 0.035), (20.0, 0.02), (100.0, 0.02), (6000.0, 0.016)))
# A path moves 8.2 swings in a day at the very most: this keeps that below 60 %, so that only a split looks like one.
WIDEST_SWING: Final = 0.08
# One security in ten is thin, and a fifth of those rest each day.
TRADING_SHARE: Final = 0.98

_THIN_IN: Final = 10
_THIN_RESTS_IN: Final = 5
# Weekdays: a listing lasts three to ten years, and no slot reaches its 64th security before the market ends.
_MOST_LIVES: Final = 64
_CHURNING_SHARE: Final = 0.25
_SHORTEST_LIFE: Final = 700
_LIFE_RANGE: Final = 1800
_TAKEN: Final = np.array(sorted({named.symbol.encode() for named in NAMED}), dtype=np.bytes_)


def invented_on(weekday: int, *, seed: int, slots: int) -> Securities:
    """Return the invented securities that trade on a weekday (counted from the market's first day), unsorted."""
    slot = np.arange(slots, dtype=np.uint64)
    kind = kinds_of(spread(slots))
    life = _lives(slot, kind, weekday, seed)
    symbol, sort_key = _symbols(kind, life, seed)
    key = mix(slot * np.uint64(_MOST_LIVES) + life + np.uint64(mix_one(seed) >> 1))
    thin: Flags = (slot % np.uint64(_THIN_IN)) == np.uint64(3)
    everyone = _with_levels(symbol, sort_key, key, thin)
    resting: Flags = thin & (
        (slot // np.uint64(_THIN_IN) + np.uint64(weekday)) % np.uint64(_THIN_RESTS_IN) == np.uint64(0)
    )
    return everyone.take(np.flatnonzero(~resting & ~np.isin(symbol, _TAKEN)))


def _lives(slot: Words, kind: Counts, weekday: int, seed: int) -> Words:
    """Return which life, counted from 0, each slot is in: always 0 where one security stays for good."""
    draw = salted(slot, seed * 31 + 1)
    churns = np.array([each.churns for each in KINDS], dtype=np.bool_)[kind] & (uniform(draw) < _CHURNING_SHARE)
    length = np.uint64(_SHORTEST_LIFE) + draw % np.uint64(_LIFE_RANGE)
    begun = salted(slot, seed * 31 + 2) % length
    return np.where(churns, (begun + np.uint64(weekday)) // length, np.uint64(0))


def _symbols(kind: Counts, life: Words, seed: int) -> tuple[Symbols, Symbols]:
    symbol = np.zeros(len(kind), dtype="S9")
    sort_key = np.zeros(len(kind), dtype="S9")
    for index, each in enumerate(KINDS):
        rows = np.flatnonzero(kind == index)
        if len(rows):
            # A slot's later lives take the ranks behind all first lives, so that no symbol comes back.
            ranks = np.arange(len(rows), dtype=np.uint64) + life[rows] * np.uint64(len(rows))
            symbol[rows], sort_key[rows] = spell(each, ranks, seed)
    return symbol, sort_key


def _with_levels(symbol: Symbols, sort_key: Symbols, key: Words, thin: Flags) -> Securities:
    price = PRICE.at(uniform(salted(key, 11)))
    swing = SWING.at(price) * exp2(normal(salted(key, 12)) * 0.9)
    activity = uniform(salted(key, 13)) * np.where(thin, 1 / _THIN_IN, 1 - 1 / _THIN_IN) + np.where(thin, 0.0, 0.1)
    trades = TRADES.at(activity)
    # The thinnest bars are odd lots of a few shares.
    size = SHARES_A_TRADE.at(uniform(salted(key, 14))) * np.where(thin, uniform(salted(key, 15)), 1.0)
    return Securities(
        symbol=symbol,
        sort_key=sort_key,
        key=key,
        price=price,
        swing=np.minimum(swing, WIDEST_SWING),
        volume=trades * size,
        trades=trades,
        thin=thin,
        invented=np.ones(len(key), dtype=np.bool_),
    )
