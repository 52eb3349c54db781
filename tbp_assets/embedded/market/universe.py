"""Who trades on a day: the named securities under the ticker of that day, the invented ones beside them."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from tbp_assets.embedded.market.arithmetic import exp2
from tbp_assets.embedded.market.calendar import WEEKDAYS_A_YEAR, weekday_number
from tbp_assets.embedded.market.hashing import Floats, Words, mix_one
from tbp_assets.embedded.market.invented import TRADING_SHARE, invented_on
from tbp_assets.embedded.market.named import NAMED, Named, splits_ahead
from tbp_assets.embedded.market.securities import Securities, joined
from tbp_assets.embedded.market.symbols import sort_key

_LEVELS_OF: Final = weekday_number(date(2024, 1, 2))
# Growth told from today's leaders must not run on for ever, nor back to fractions of a cent.
_GROWTH_YEARS: Final = (-8.0, 3.0)


def securities_on(day: date, *, seed: int, tickers: int) -> Securities:
    """Return who trades on `day`, about `tickers` of them, in the vendor's order."""
    known = [named for named in NAMED if named.trades_on(day)]
    slots = round((tickers - len(known)) / TRADING_SHARE)
    everyone = joined(_named(known, day, seed), invented_on(weekday_number(day), seed=seed, slots=slots))
    return everyone.take(np.argsort(everyone.sort_key, kind="stable"))


def _named(known: list[Named], day: date, seed: int) -> Securities:
    # Before a split there are fewer shares, each dearer by the same ratio.
    shares = _column([float(splits_ahead(named.symbol, day)) for named in known])
    return Securities(
        symbol=np.array([named.symbol.encode() for named in known], dtype=np.bytes_),
        sort_key=np.array([sort_key(named.symbol) for named in known], dtype=np.bytes_),
        key=_keys(known, seed),
        price=_column([named.price for named in known]) * shares * _grown(known, day),
        swing=_column([named.swing for named in known]),
        volume=_column([named.volume for named in known]) / shares,
        trades=_column([named.trades for named in known]),
        thin=np.zeros(len(known), dtype=np.bool_),
        invented=np.zeros(len(known), dtype=np.bool_),
    )


def _grown(known: list[Named], day: date) -> Floats:
    earliest, latest = _GROWTH_YEARS
    years = min(max((weekday_number(day) - _LEVELS_OF) / WEEKDAYS_A_YEAR, earliest), latest)
    return exp2(_column([named.growth * years for named in known]))


def _keys(known: list[Named], seed: int) -> Words:
    names = [int.from_bytes((named.path or named.symbol).encode(), "big") for named in known]
    # Folded word by word: a long name must not lose its first letters to the 64 bits.
    folded = [mix_one(seed + 1) ^ mix_one(mix_one(name) + (name >> 64)) for name in names]
    return np.array([mix_one(word) for word in folded], dtype=np.uint64)


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)
