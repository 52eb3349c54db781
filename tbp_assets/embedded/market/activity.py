"""How much trades in a day: transactions and volume, around each security's usual level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from tbp_assets.embedded.market.arithmetic import MICRO, exp2, to_micros
from tbp_assets.embedded.market.calendar import DECIMAL_VOLUME_FROM, weekday_number
from tbp_assets.embedded.market.hashing import Counts, Floats, Words, mix_one, normal, salted, uniform
from tbp_assets.embedded.market.securities import Securities

_SILENT_SHARE_OF_THIN: Final = 0.06
_FRACTIONAL_SHARE: Final = 0.9
# Powers of two: how far a day's trading strays from the usual, for one security and for the market as a whole.
_OWN_SWING: Final = 0.5
_MARKET_SWING: Final = 0.12


@dataclass(frozen=True, slots=True)
class Activity:
    """A day's trading of each security: `volume` in millionths of a share, `transactions` as a count."""

    volume: Counts
    transactions: Counts


def day_activity(securities: Securities, day: date, *, seed: int) -> Activity:
    """Return the day's trading; a few thin securities have a bar without a trade, with volume and transactions 0."""
    weekday = weekday_number(day)
    keys = salted(securities.key, weekday + 2_000_000)
    crowd = salted(np.array([mix_one(seed)], dtype=np.uint64), weekday + 3_000_000)
    busy = exp2(_OWN_SWING * normal(salted(keys, 1)) + _MARKET_SWING * normal(crowd))
    silent = securities.thin & (uniform(salted(keys, 2)) < _SILENT_SHARE_OF_THIN)
    transactions = np.maximum(1, np.rint(securities.trades * busy)).astype(np.int64)
    size = exp2(0.3 * normal(salted(keys, 3))) * busy
    volume = _whole_or_fractional(np.maximum(transactions, securities.volume * size), salted(keys, 4), day)
    return Activity(volume=np.where(silent, 0, volume), transactions=np.where(silent, 0, transactions))


def _whole_or_fractional(shares: Floats, draws: Words, day: date) -> Counts:
    whole = np.rint(shares).astype(np.int64) * MICRO
    if day < DECIMAL_VOLUME_FROM:
        return whole
    # Fractions of a share are drawn as such: those of the product would show how the number was made.
    fraction = to_micros(uniform(salted(draws, 1)))
    return whole + np.where(uniform(draws) < _FRACTIONAL_SHARE, fraction, 0)
