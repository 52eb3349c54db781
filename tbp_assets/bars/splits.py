"""Probable splits, told from plain jumps by two witnesses: the price at the open, and the number of shares traded.

A split of f new shares for one old divides the price by f at the open, and multiplies the number of shares traded by f,
so that the dollars traded stay about what they were. A jump on news may land near a small fraction as well, but then
the number of shares traded leaps whatever the price does. Both are weighed as likelihoods; what the spreads below rest
on is in docs/decisions/0008-splits.md.
"""

from __future__ import annotations

import math
from typing import Final

import polars as pl

# New shares per old. Below 3:2 news moves prices as far, and 9:1 or 13:1 hardly occur.
FORWARD: Final = {
    "3:2": 1.5, "2:1": 2.0, "5:2": 2.5, "3:1": 3.0, "4:1": 4.0, "5:1": 5.0, "6:1": 6.0, "7:1": 7.0, "8:1": 8.0,
    "10:1": 10.0, "12:1": 12.0, "15:1": 15.0, "20:1": 20.0, "25:1": 25.0, "30:1": 30.0, "40:1": 40.0, "50:1": 50.0,
    "100:1": 100.0,
}  # fmt: skip
REVERSE: Final = {
    f"1:{n}": 1 / n
    for n in (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 75, 80, 100, 150, 200, 250, 500)
}  # fmt: skip
RATIOS: Final = pl.DataFrame(
    [(name, factor) for name, factor in (FORWARD | REVERSE).items()],
    schema={"ratio": pl.String(), "factor": pl.Float64()},
    orient="row",
).sort("factor")

# USD at the open. Below the one, ticks and thin trading make any ratio; nobody divides a price down to the other.
LEAST_OPEN, LEAST_DIVIDED = 1.0, 5.0
# Of the log of the open, a split's ratio aside. After a reverse split it lies up to a sixth below, seldom above.
PRICE_SPREAD, REVERSE_PRICE_SPREAD, WIDEST_PRICE_SPREAD = 0.015, 0.08, 0.12
# Of the log of the dollars traded, over their median; a reverse split draws attention.
DOLLARS_SPREAD, REVERSE_DOLLARS, REVERSE_DOLLARS_SPREAD = 0.6, 0.5, 0.8
NEWS_VOLUME, NEWS_SPREAD = 3.0, 1.3  # of the log of the shares traded on a jump, over their median
NEWS_PRICES = 1.5  # jumps are spread over about so much of the log of price
# Prices fall by a third on poor earnings far more often than they are split 3:2.
JUMPS_PER_SPLIT, JUMPS_PER_SMALL_SPLIT, SMALL = 10.0, 30.0, 2.0


GAP: Final = (pl.col("open") / pl.col("earlier_close")).log()


def moved_far(least_move: float) -> pl.Expr:
    """Whether a bar can be one of a split at all, by its open and the earlier_close; few can."""
    return ((GAP.exp() - 1).abs() >= least_move) & (pl.col("open") >= LEAST_OPEN)


def with_split_factor(bars: pl.DataFrame, least_move: float) -> pl.DataFrame:
    """Add `ratio` ("10:1") and `factor` (new shares per old), null where a plain jump or nothing is likelier.

    Args:
        bars: With open, volume, earlier_close, usual_volume (median of the days before, null where unknown), and
            overnight (the usual absolute log move from close to open, null where unknown); the last two are looked at
            only where `moved_far`.
        least_move: Share of the close before that the open must be away at least.
    """
    moved = bars.with_row_index("row").filter(moved_far(least_move)).with_columns(GAP.alias("gap"))
    nearest = (
        moved.with_columns((-pl.col("gap")).exp().alias("factor_seen"))
        .sort("factor_seen")
        .join_asof(_log_ratios(), left_on="factor_seen", right_on="factor_from", strategy="backward")
    )
    plausible = (pl.col("factor") < 1) | (pl.col("open") >= LEAST_DIVIDED)
    split = nearest.filter(plausible & _likelier_a_split()).select("row", "ratio", "factor")
    return bars.with_row_index("row").join(split, on="row", how="left", maintain_order="left").drop("row")


def _log_ratios() -> pl.DataFrame:
    """Return the ratios, each with where it begins to be the nearest: the geometric mean of it and the one below."""
    between = (pl.col("factor") * pl.col("factor").shift(1)).sqrt()
    return RATIOS.with_columns(between.fill_null(0.0).alias("factor_from"))


def _likelier_a_split() -> pl.Expr:
    missed = pl.col("gap") + pl.col("factor").log()
    narrowest = pl.when(pl.col("factor") > 1).then(PRICE_SPREAD).otherwise(REVERSE_PRICE_SPREAD)
    spread = pl.max_horizontal("overnight", narrowest).clip(upper_bound=WIDEST_PRICE_SPREAD)
    shares = (pl.col("volume") / pl.col("usual_volume")).log()
    forward, dollars = pl.col("factor") > 1, shares + pl.col("gap")
    usual = pl.when(forward).then(0.0).otherwise(REVERSE_DOLLARS)
    strayed = pl.when(forward).then(DOLLARS_SPREAD).otherwise(REVERSE_DOLLARS_SPREAD)
    split = _log_normal(missed, spread) + _log_normal(dollars - usual, strayed)
    jump = _log_normal(shares - NEWS_VOLUME, pl.lit(NEWS_SPREAD)) - math.log(NEWS_PRICES)
    small = pl.col("factor").is_between(1.0, SMALL, closed="none")
    jumps = pl.when(small).then(JUMPS_PER_SMALL_SPLIT).otherwise(JUMPS_PER_SPLIT)
    return (split > jump + jumps.log()).fill_null(value=False)


def _log_normal(deviation: pl.Expr, spread: pl.Expr) -> pl.Expr:
    """Return the log of a normal density."""
    return -((deviation / spread) ** 2) / 2 - spread.log() - math.log(2 * math.pi) / 2
