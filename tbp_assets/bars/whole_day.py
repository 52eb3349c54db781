"""The verdict on a day as a whole: what its statistics are held to, and what is said where they fall out.

Rows that keep every rule can still be of the wrong day, of half the market or in other units. So a day is compared
with the session before it, with the median of the sessions before that, and, where it is restated, with what it was.
What the bands rest on is in docs/decisions/0023-whole-day.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from tbp_assets.bars.facts import DayFinding, FindingSeverity, WholeDay

Kind = Literal["share", "number"]
Limits = tuple[float | None, float | None]
OPEN: Final[Limits] = (None, None)
FEWEST_BARS: Final = 20  # of a stored day: fewer are no market
TOLERANCE: Final = 3.0  # standard errors of a share of few bars


@dataclass(frozen=True, slots=True)
class Band:
    """From where on a statistic is worth a look, and from where on a day is held: (lowest, highest), None for none."""

    warn: Limits = OPEN
    hold: Limits = OPEN


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number that says whether a day is of this market.

    Attributes:
        text: What it is, as the page of checks and the report say it.
        fault: What is likely wrong where it falls out of its band.
        band: Its limits, unless the configuration has others.
        kind: A `share` of bars is less certain the fewer there are, so its limits are widened by its standard error.
        fewest: Bars below which it says nothing.
    """

    text: str
    fault: str
    band: Band
    kind: Kind = "number"
    fewest: int = 20


# Enough for one odd ticker not to move them; below, one reverse split or one large ticker does.
MANY: Final = 200
MARKET: Final = 1_000

STATISTICS: Final[Mapping[str, Statistic]] = {
    "repeated_rows": Statistic(
        "Share of the bars that another stored day has with the same prices and volume.",
        "bars of another day under this day's stamps",
        Band((None, 0.005), (None, 0.02)), "share",
    ),
    "equal_closes": Statistic(
        "Share of the tickers whose close is that of the session before.",
        "closes of the session before",
        Band((None, 0.1), (None, 0.15)), "share",
    ),
    "price_correlation": Statistic(
        "Correlation of the logarithms of the closes with the session before.",
        "prices that belong to other tickers",
        Band((0.993, None), (0.975, None)), fewest=MARKET,
    ),
    "far_moves": Statistic(
        "Share of the tickers that moved from the session before to half or to twice, the market's own move and spread "
        "allowed for.",
        "prices that belong to other tickers, or are in another unit",
        Band((None, 0.0035), (None, 0.005)), "share", fewest=MANY,
    ),
    "market_move": Statistic(
        "Median of the moves since the session before, as a logarithm.",
        "prices in another unit",
        Band((-0.13, 0.13), (-0.4, 0.4)),
    ),
    "common_move": Statistic(
        "The market's move, in units of how far tickers lie from it; 0 where it moved by less than 3 %.",
        "prices multiplied by one factor",
        Band((None, 4.5), (None, 6.0)), fewest=MANY,
    ),
    "typical_move": Statistic(
        "Median distance of the tickers' moves from the market's, as a logarithm.",
        "prices of another day, or that belong to other tickers",
        Band((0.001, 0.09), (0.0005, 0.16)), fewest=MANY,
    ),
    "range_ratio": Statistic(
        "Median of high to low, as a logarithm, to that of the session before or of the 20 before.",
        "highs or lows in another unit, or made from other prices",
        Band((0.2, 6.0), (0.1, 10.0)), fewest=MANY,
    ),
    "open_to_close": Statistic(
        "How far opens lie from the closes before, to how far closes do; both without the market's move.",
        "opens and closes exchanged",
        Band((None, 1.15), OPEN), fewest=MANY,
    ),
    "tickers_shared": Statistic(
        "Tickers of this day and of the session before, as a share of the tickers of either.",
        "a part of the market missing, or other tickers",
        Band((0.93, None), (0.88, None)), "share",
    ),
    "rows_ratio": Statistic(
        "Bars to those of the session before, or to the median of the 20 before, whichever is nearer.",
        "a part of the file missing",
        Band((0.95, 1.08), (0.9, 1.15)), "share",
    ),
    "regulars_missing": Statistic(
        "Share of the tickers with a bar on each of the last sessions that have none.",
        "a part of the market missing",
        Band((None, 0.03), (None, 0.05)), "share",
    ),
    "turnover_missing": Statistic(
        "Dollars traded the session before in tickers that have no bar, as a share of all.",
        "the largest tickers missing",
        Band((None, 0.025), (None, 0.05)), fewest=MARKET,
    ),
    "active_missing": Statistic(
        "Share of the tickers with more dollars traded than the median the session before that have no bar.",
        "a part of the market missing",
        Band((None, 0.008), (None, 0.02)), "share",
    ),
    "turnover_new": Statistic(
        "Dollars traded in tickers without a bar the session before, as a share of all.",
        "tickers that do not exist, or renamed ones",
        Band((None, 0.05), (None, 0.2)), fewest=MANY,
    ),
    "dear_strangers": Statistic(
        "Tickers above 10,000 USD that no session before had.",
        "tickers that do not exist",
        Band((None, 0), (None, 3)), fewest=1,
    ),
    "trade_size_ratio": Statistic(
        "Median of shares a trade, to the session before.",
        "volumes in another unit",
        Band((0.8, 1.25), (0.6, 1.6)), fewest=40,
    ),
    "volume_ratio": Statistic(
        "Median volume to that of the session before, or to the median of the 20 before, whichever is nearer.",
        "volumes in another unit",
        Band((0.4, 2.5), (0.2, 5.0)),
    ),
    "turnover_ratio": Statistic(
        "Dollars traded to the session before, or to the median of the 20 before, whichever is nearer.",
        "volumes or prices in another unit",
        Band((0.3, 3.5), (0.12, 8.0)), fewest=MARKET,
    ),
    "volume_agreement": Statistic(
        "Correlation of the logarithms of volume with the session before.",
        "volumes that belong to other tickers, or are made up",
        Band((0.87, None), (0.75, None)), fewest=MANY,
    ),
    "transactions_agreement": Statistic(
        "Correlation of the logarithms of transactions with the session before.",
        "transactions that belong to other tickers, or are made up",
        Band((0.9, None), (0.8, None)), fewest=MANY,
    ),
    "volume_below_transactions": Statistic(
        "Share of the bars with fewer shares than trades, less that of the session before.",
        "volume and transactions exchanged, or volumes in another unit",
        Band((None, 0.002), (None, 0.01)), "share",
    ),
    "without_transactions": Statistic(
        "Share of the bars without transactions, less that of the session before.",
        "transactions missing",
        Band((None, 0.02), (None, 0.05)), "share",
    ),
    "without_volume": Statistic(
        "Share of the bars without volume, less that of the session before.",
        "volumes missing",
        Band((None, 0.02), (None, 0.05)), "share",
    ),
    "whole_cents": Statistic(
        "Share of the closes in whole cents, less that of the session before or of the 20 before.",
        "prices rounded, adjusted or in another unit",
        Band((-0.05, 0.05), (-0.12, 0.12)), "share",
    ),
    "flat_bars": Statistic(
        "Share of the bars whose high is their low, less that of the session before or of the 20 before.",
        "highs and lows made from one price",
        Band((-0.04, 0.04), (-0.1, 0.1)), "share",
    ),
    "no_wicks": Statistic(
        "Share of the bars whose high and low are open and close, less that of the session before or of the 20 before.",
        "highs and lows made from other prices",
        Band((-0.07, 0.07), (-0.2, 0.2)), "share",
    ),
    "fractional_volumes": Statistic(
        "Share of the volumes that are no whole number, less that of the session before.",
        "another way to count volume",
        Band((-0.1, 0.1), OPEN), "share",
    ),
    "removed_bars": Statistic(
        "Of a restated day: share of the bars that stood and are gone.",
        "a part of the file missing",
        Band((None, 0.005), (None, 0.02)), "share",
    ),
    "removed_turnover": Statistic(
        "Of a restated day: dollars traded in the bars that are gone, as a share of all that stood.",
        "the largest tickers missing",
        Band((None, 0.005), (None, 0.02)),
    ),
    "changed_bars": Statistic(
        "Of a restated day: share of the bars that stood and have other values.",
        "another day's bars, or another unit",
        Band((None, 0.05), (None, 0.25)), "share",
    ),
    "changed_turnover": Statistic(
        "Of a restated day: dollars traded in the bars that have other values, as a share of all that stood.",
        "another day's bars, or another unit",
        Band((None, 0.1), (None, 0.5)), fewest=MANY,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """A day's statistics before they are judged.

    Attributes:
        compared_with: The session before, as far as it is stored.
        values: Statistics by name; one that cannot be computed is absent.
        bars: How many bars each rests on.
        levels: What the day alone says, kept for the days after it.
        repeats: The stored day that most of `repeated_rows` are of.
        thin: Why nothing, or not everything, could be compared; empty where it could.
    """

    compared_with: date | None
    values: Mapping[str, float]
    bars: Mapping[str, int]
    levels: Mapping[str, float]
    repeats: date | None
    thin: str


def judge(measured: Measured, bands: Mapping[str, Band]) -> WholeDay:
    """Hold a day's statistics to their bands.

    Args:
        measured: The statistics.
        bands: Limits by name; a statistic without an entry has those of `STATISTICS`.
    """
    found: list[DayFinding] = []
    for name, value in measured.values.items():
        statistic, bars = STATISTICS[name], measured.bars[name]
        if bars < statistic.fewest:
            continue
        band = bands.get(name, statistic.band)
        held: tuple[tuple[FindingSeverity, Limits], ...] = (("hold", band.hold), ("warn", band.warn))
        for severity, limits in held:
            limit = _passed(value, limits, bars if statistic.kind == "share" else None)
            if limit is not None:
                found.append(DayFinding(name, value, limit, severity))
                break
    found.sort(key=lambda finding: finding.severity != "hold")
    return WholeDay(
        compared_with=measured.compared_with,
        statistics=dict(measured.values),
        levels=dict(measured.levels),
        findings=tuple(found),
        repeats=measured.repeats,
        thin=measured.thin,
    )


def _passed(value: float, limits: Limits, bars: int | None) -> float | None:
    """Return the limit that a value lies beyond, or None."""
    lowest, highest = limits
    if lowest is not None and not value >= lowest - _tolerance(lowest, bars):
        return lowest
    if highest is not None and not value <= highest + _tolerance(highest, bars):
        return highest
    return None


def _tolerance(limit: float, bars: int | None) -> float:
    """Return how far a share of few bars may lie beyond its limit by chance."""
    if bars is None:
        return 0.0
    share = abs(limit) if abs(limit) < 1 else abs(limit) - 1
    return TOLERANCE * math.sqrt(share * (1 - share) / bars)


def sentence(finding: DayFinding, whole: WholeDay) -> str:
    """Return what a finding says, in words."""
    fault = STATISTICS[finding.statistic].fault
    of = f" ({whole.repeats})" if finding.statistic == "repeated_rows" and whole.repeats else ""
    side = "above" if finding.value > finding.limit else "below"
    return f"{finding.statistic} is {finding.value:.4g}, {side} {finding.limit:g}: perhaps {fault}{of}"
