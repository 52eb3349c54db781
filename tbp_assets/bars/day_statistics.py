"""The statistics of a day as a whole, from its bars, those of stored days near it, and those it replaces.

Pure arithmetic; `whole_day` says what each statistic means and holds it to its band. Bars are put in one order before
anything is computed, so that the order of the rows changes no digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tbp_assets.bars.schema import PRICES, VALUES
from tbp_assets.bars.sessions import weekdays
from tbp_assets.bars.whole_day import FEWEST_BARS, Measured

Numbers = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

COMPARED: Final = ("ticker", *VALUES)
SESSIONS: Final = 20  # stored days before that a day is compared with
REGULAR: Final = 5  # of them have every regular ticker
FEWEST_SESSIONS: Final = 3  # for a median, and to call a ticker regular
LONGEST_GAP: Final = 4  # weekdays to the session before: after more, the market may have moved anywhere
LATER: Final = 5  # stored days after it whose content a day may not have
FAR: Final = 0.7  # of the log of price; and so many typical moves
FAR_TYPICAL_MOVES: Final = 20
LEAST_COMMON: Final = 0.03  # a smaller move of the market is not set against the spread
DEAR: Final = 10_000.0  # USD
LEAST_VOLUME: Final = 1e-6  # shares, for a size of trades
CENTS_EXACT: Final = 1e-6
# Levels held beside the session before, and beside the 20 before where that is nearer.
CHANGES: Final = ("fractional_volumes", "without_volume", "without_transactions", "volume_below_transactions")
STEADY: Final = ("whole_cents", "flat_bars", "no_wicks")
RATIOS: Final = {"rows": "rows_ratio", "median_volume": "volume_ratio", "turnover": "turnover_ratio",
                 "median_range": "range_ratio"}  # fmt: skip
HASH_SEED: Final = 1
MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # spreads the bits of a number over 64
SAMPLED: Final = np.uint64(16)  # of the contents one in so many finds the day most alike
MOST_COMPARED: Final = 2_000  # contents; more are sampled


@dataclass(frozen=True, slots=True)
class StoredDay:
    """What a stored day is compared by.

    Attributes:
        tickers: A number for each ticker, sorted.
        contents: A number for each bar that is the same where ticker, prices and volume are, sorted.
        sample: Those contents by which the day most alike is found.
        levels: What its bars alone say.
    """

    trading_date: date
    tickers: Hashes
    contents: Hashes
    sample: Hashes
    levels: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Stored days near a day.

    Attributes:
        before: At most `SESSIONS` before it, oldest first.
        session_before: Bars (`COMPARED`) of the newest of them; None without one.
        after: At most `LATER` after it.
        standing: Bars (`COMPARED`) of the day as it stands, where it is restated.
    """

    before: Sequence[StoredDay] = ()
    session_before: pl.DataFrame | None = None
    after: Sequence[StoredDay] = ()
    standing: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class _Bars:
    """The columns of a day's bars, ordered by the number of the ticker; `transactions` is NaN where null."""

    ticker: Hashes
    columns: Mapping[str, Numbers]
    dollars: Numbers
    content: Hashes

    @classmethod
    def of(cls, bars: pl.DataFrame) -> _Bars:
        ticker = bars["ticker"].hash(HASH_SEED).to_numpy()
        columns = {name: bars[name].cast(pl.Float64).to_numpy() for name in VALUES}
        content = ticker.copy()
        for name in (*PRICES, "volume"):
            content = (content ^ (content >> np.uint64(29))) * MIX + columns[name].view(np.uint64)
        content = (content ^ (content >> np.uint64(32))) * MIX
        order = np.argsort(ticker)
        if (np.diff(ticker[order]) == 0).any():  # a ticker with bars at two moments
            order = np.lexsort((columns["transactions"], content, ticker))
        columns = {name: values[order] for name, values in columns.items()}
        return cls(ticker[order], columns, columns["close"] * columns["volume"], content[order])

    def __len__(self) -> int:
        return len(self.ticker)

    @property
    def turnover(self) -> float:
        return float(self.dollars.sum())

    def at(self, name: str, rows: npt.NDArray[np.intp]) -> Numbers:
        return self.columns[name][rows]


def stored_day(day: date, bars: pl.DataFrame, levels: Mapping[str, float] | None = None) -> StoredDay:
    """Return what a day is compared by later.

    Args:
        day: Its trading date.
        bars: Its bars (`COMPARED`).
        levels: What they alone say, where that is known.
    """
    of = _Bars.of(bars)
    contents = np.sort(of.content)
    return StoredDay(day, of.ticker, contents, _sampled(contents), levels or _levels(of))


def levels_of(bars: pl.DataFrame) -> dict[str, float]:
    """Return what a day's bars alone say: rows, medians in shares and USD, and shares of the bars."""
    return _levels(_Bars.of(bars))


def measure(day: date, bars: pl.DataFrame, near: Neighbours, fewest: int = FEWEST_BARS) -> Measured:
    """Return the statistics of a day.

    Args:
        day: Its trading date.
        bars: Its accepted bars (`COMPARED`, and more).
        near: What is stored near it.
        fewest: Bars that a stored day must have for a day to be compared with it.
    """
    of = _Bars.of(bars)
    levels = _levels(of)
    found = _Found()
    repeats = _repeated(found, of, near, fewest)
    thin = _thin(day, near, fewest)
    if near.session_before is not None and not thin:
        _compare(found, of, _Bars.of(near.session_before), levels, near.before[-1].levels)
        _against_many(found, of, levels, near.before)
    if near.standing is not None and near.standing.height >= fewest:
        _restated(found, of, _Bars.of(near.standing))
    compared_with = near.before[-1].trading_date if near.before else None
    return Measured(compared_with, found.values, found.bars, levels, repeats, thin)


class _Found:
    """Statistics as they are found, with the bars each rests on."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.bars: dict[str, int] = {}

    def add(self, name: str, value: float, bars: int) -> None:
        # A correlation with what never changes is undefined: there is none.
        self.values[name], self.bars[name] = 0.0 if math.isnan(value) else round(float(value), 9), bars


def _levels(of: _Bars) -> dict[str, float]:
    if not len(of):
        return {"rows": 0.0}
    opened, high, low, close, volume, transactions = (of.columns[name] for name in VALUES)
    trades = np.nan_to_num(transactions)
    found = {
        "rows": float(len(of)),
        "median_volume": _median(volume),
        "turnover": of.turnover,
        "median_range": _median(np.log(high / low)),
        "whole_cents": _mean(np.abs(close * 100 - np.rint(close * 100)) < CENTS_EXACT),
        "flat_bars": _mean(high == low),
        "no_wicks": _mean((high == np.maximum(opened, close)) & (low == np.minimum(opened, close))),
        "fractional_volumes": _mean(volume != np.rint(volume)),
        "without_volume": _mean(volume == 0),
        "without_transactions": _mean(trades == 0),
        "volume_below_transactions": _mean(volume < trades),
    }
    return {name: round(value, 9) for name, value in found.items()}


def _thin(day: date, near: Neighbours, fewest: int) -> str:
    if near.session_before is None or not near.before:
        return "no session before it is stored"
    before = near.before[-1].trading_date
    if len(weekdays(before, day)) - 1 > LONGEST_GAP:
        return f"the newest session stored before it is of {before}"
    if near.session_before.height < fewest:
        return f"the session before it ({before}) has {near.session_before.height:,} bars"
    return ""


def _repeated(found: _Found, of: _Bars, near: Neighbours, fewest: int) -> date | None:
    days = [each for each in (*near.before, *near.after) if len(each.contents) >= fewest]
    if not days or not len(of):
        return None
    contents = np.sort(of.content)
    sample = _sampled(contents)
    # The first day of those equally alike.
    worst = max(days, key=lambda each: int(_within(sample, each.sample).sum()))
    share = _mean(_within(contents, worst.contents))
    found.add("repeated_rows", share, len(of))
    return worst.trading_date if share else None


def _sampled(content: Hashes) -> Hashes:
    """Return the contents by which the most alike of many days is found: one in `SAMPLED` where they are many."""
    return content if len(content) < MOST_COMPARED else content[content % SAMPLED == 0]


def _within(some: Hashes, ordered: Hashes) -> Mask:
    """Return which of some numbers are among others, which are sorted."""
    if not len(ordered):
        return np.zeros(len(some), dtype=np.bool_)
    return ordered[_positions(some, ordered)] == some


def _positions(some: Hashes, ordered: Hashes) -> npt.NDArray[np.intp]:
    """Return where numbers are among others, which are sorted and not none, if they are there at all."""
    return np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)


def _compare(
    found: _Found, of: _Bars, before: _Bars, levels: Mapping[str, float], levels_before: Mapping[str, float]
) -> None:
    """Add what a day and the session before say of each other."""
    then = _positions(of.ticker, before.ticker)
    in_both = before.ticker[then] == of.ticker
    kept = np.zeros(len(before), dtype=np.bool_)
    kept[then[in_both]] = True
    shared = int(in_both.sum())
    union = len(of) + len(before) - shared
    found.add("tickers_shared", shared / union, union)
    found.add("turnover_missing", _share(float(before.dollars[~kept].sum()), before.turnover), len(before))
    found.add("turnover_new", _share(float(of.dollars[~in_both].sum()), of.turnover), len(of))
    active = before.dollars >= _median(before.dollars)
    found.add("active_missing", _mean(~kept[active]), int(active.sum()))
    for name in CHANGES:
        if name in levels and name in levels_before:
            found.add(name, levels[name] - levels_before[name], len(of))
    if shared:
        _agreement(found, of, np.flatnonzero(in_both), before, then[in_both])


def _agreement(found: _Found, of: _Bars, here: npt.NDArray[np.intp], before: _Bars, then: npt.NDArray[np.intp]) -> None:
    """Add what the tickers of both days say: moves, and whether values belong to their tickers."""
    close, close_before = of.at("close", here), before.at("close", then)
    log_close, log_before = np.log(close), np.log(close_before)
    move, opened = log_close - log_before, np.log(of.at("open", here)) - log_before
    volume, volume_before = of.at("volume", here), before.at("volume", then)
    trades, trades_before = of.at("transactions", here), before.at("transactions", then)
    shared, market = len(here), _median(move)
    distance = np.abs(move - market)
    typical, opens = _median(distance), _median(np.abs(opened - _median(opened)))
    found.add("equal_closes", _mean(close == close_before), shared)
    found.add("price_correlation", _correlation(log_close, log_before), shared)
    found.add("far_moves", _mean(distance > max(FAR, FAR_TYPICAL_MOVES * typical)), shared)
    found.add("market_move", market, shared)
    found.add("common_move", abs(market) / max(typical, 1e-6) if abs(market) >= LEAST_COMMON else 0.0, shared)
    found.add("typical_move", typical, shared)
    if typical:
        found.add("open_to_close", opens / typical, shared)
    found.add("volume_agreement", _correlation(np.log1p(volume), np.log1p(volume_before)), shared)
    # NaN where either day has no number of trades.
    sized = (volume >= LEAST_VOLUME) & (volume_before >= LEAST_VOLUME) & (trades > 0) & (trades_before > 0)
    if sized.any():
        size = np.log(volume[sized] / trades[sized]) - np.log(volume_before[sized] / trades_before[sized])
        found.add("trade_size_ratio", math.exp(_median(size)), len(size))
    known = ~np.isnan(trades + trades_before)
    agreement = _correlation(np.log1p(trades[known]), np.log1p(trades_before[known]))
    found.add("transactions_agreement", agreement, int(known.sum()))


def _against_many(found: _Found, of: _Bars, levels: Mapping[str, float], before: Sequence[StoredDay]) -> None:
    """Add what a day says beside the sessions before, the nearest of them and the median of all."""
    for level, name in RATIOS.items():
        usual = _usual(level, before)
        if level in levels and usual and min(usual) > 0:
            ratios = [levels[level] / each for each in usual]
            found.add(name, min(ratios, key=lambda ratio: abs(math.log(ratio)) if ratio > 0 else math.inf), len(of))
    for name in STEADY:
        usual = _usual(name, before)
        if name in levels and usual:
            found.add(name, min((levels[name] - each for each in usual), key=abs), len(of))
    last = before[-REGULAR:]
    if len(last) >= FEWEST_SESSIONS:
        regular = last[0].tickers
        for each in last[1:]:
            regular = regular[_within(regular, each.tickers)]
        if len(regular):
            found.add("regulars_missing", _mean(~_within(regular, of.ticker)), len(regular))
    strangers = of.ticker[of.columns["low"] > DEAR]
    for each in reversed(before):
        if len(strangers):
            strangers = strangers[~_within(strangers, each.tickers)]
    found.add("dear_strangers", float(len(strangers)), len(of))


def _usual(level: str, before: Sequence[StoredDay]) -> list[float]:
    """Return a level of the session before, and the median of those before where they are enough."""
    values = [each.levels[level] for each in before if level in each.levels]
    if not values or level not in before[-1].levels:
        return []
    return [values[-1], *([median(values)] if len(values) >= FEWEST_SESSIONS else [])]


def _restated(found: _Found, of: _Bars, standing: _Bars) -> None:
    """Add how much of a day as it stands is gone or other in its new file."""
    kept = _within(standing.ticker, of.ticker)
    rows, now = np.flatnonzero(kept), np.searchsorted(of.ticker, standing.ticker[kept])
    differs = np.zeros(len(rows), dtype=np.bool_)
    for name in VALUES:
        stood, stands = standing.at(name, rows), of.at(name, now)
        differs |= (stood != stands) & ~(np.isnan(stood) & np.isnan(stands))
    for name, some in (("removed", np.flatnonzero(~kept)), ("changed", rows[differs])):
        found.add(f"{name}_bars", len(some) / len(standing), len(standing))
        found.add(f"{name}_turnover", _share(float(standing.dollars[some].sum()), standing.turnover), len(standing))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _mean(mask: Mask) -> float:
    return float(mask.mean()) if len(mask) else 0.0


def _median(values: Numbers) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _correlation(one: Numbers, other: Numbers) -> float:
    """Return Pearson's correlation; NaN where one of them never changes."""
    if len(one) < 2:  # noqa: PLR2004 - nothing correlates with itself alone
        return math.nan
    one, other = one - one.mean(), other - other.mean()
    # No dot product: for so few numbers the threads of BLAS cost more than they save.
    spread = math.sqrt(float((one * one).sum()) * float((other * other).sum()))
    return float((one * other).sum()) / spread if spread > 1e-9 else math.nan  # noqa: PLR2004 - what rounding leaves
