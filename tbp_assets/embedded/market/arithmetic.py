"""Real-valued arithmetic that gives the same bits on every machine, Python and numpy.

Additions, multiplications and table look-ups only: `np.exp`, `np.log`, `np.interp`, sums and matrix products may differ
in the last bit between builds and processors, and one bit is enough to turn a cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tbp_assets.embedded.market.hashing import Counts, Floats

MICRO: Final = 1_000_000

# ln(2)**k / k! from k = 9 down to 0: the Taylor series of 2**x, off by less than 1e-10 on [0, 1).
_EXP2_SERIES: Final = (
    1.0178086009239699e-07,
    1.3215486790144309e-06,
    1.5252733804059841e-05,
    1.5403530393381610e-04,
    1.3333558146428443e-03,
    9.6181291076284772e-03,
    5.5504108664821580e-02,
    2.4022650695910072e-01,
    6.9314718055994531e-01,
    1.0,
)


def exp2(exponents: Floats) -> Floats:
    """Raise 2 to each exponent, with a relative error below 1e-8."""
    whole = np.floor(exponents)
    part = exponents - whole
    power = np.full_like(part, _EXP2_SERIES[0])
    for coefficient in _EXP2_SERIES[1:]:
        power = power * part + coefficient
    return np.ldexp(power, whole.astype(np.int32))


def to_micros(values: Floats) -> Counts:
    """Round to whole millionths, as the integers that text and comparisons are made from."""
    return np.rint(values * MICRO).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution by its quantiles: straight lines between (share, value) knots, from share 0 to share 1."""

    knots: tuple[tuple[float, float], ...]

    def at(self, shares: Floats) -> Floats:
        """Return the value below which each share of the distribution lies."""
        share = np.array([knot[0] for knot in self.knots])
        value = np.array([knot[1] for knot in self.knots])
        left = np.clip(np.searchsorted(share, shares, side="right") - 1, 0, len(share) - 2)
        slope = (value[left + 1] - value[left]) / (share[left + 1] - share[left])
        return value[left] + slope * (shares - share[left])
