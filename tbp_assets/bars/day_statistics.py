"""The statistics of a day as a whole, from its bars, those of stored days near it, and those it replaces.

Pure arithmetic on frames; `whole_day` says what each statistic means and holds it to its band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

import polars as pl

from tbp_assets.bars.schema import PRICES, VALUES
from tbp_assets.bars.sessions import weekdays
from tbp_assets.bars.whole_day import Measured

COMPARED: Final = ("ticker", *VALUES)
SESSIONS: Final = 20  # stored days before that a day is compared with
REGULAR: Final = 5  # of them have every regular ticker
FEWEST_SESSIONS: Final = 3  # for a median, and to call a ticker regular
LONGEST_GAP: Final = 4  # weekdays to the session before: after more, the market may have moved anywhere
LATER: Final = 5  # stored days after it whose content a day may not have
FEWEST_BARS: Final = 20  # of the session before: fewer are no market
FAR: Final = 0.5  # of the log of price; and so many typical moves
FAR_TYPICAL_MOVES: Final = 12
LEAST_COMMON: Final = 0.03  # a smaller move of the market is not set against the spread
DEAR: Final = 10_000.0  # USD
EXACT: Final = 1e-6  # of a cent: closes are decimals in binary
SHARES: Final = ("whole_cents", "flat_bars", "fractional_volumes", "without_volume", "without_transactions",
                 "volume_below_transactions")  # fmt: skip
# Levels that move slowly: the nearer of the session before and of the median counts.
SLOW: Final = {"rows": "rows_ratio", "median_volume": "volume_ratio", "turnover": "turnover_ratio",
               "median_range": "range_ratio"}  # fmt: skip
CONTENT_SEED: Final = 1
MOST_COMPARED: Final = 1_000  # contents of a day with each of the days near it

_dollars: Final = pl.col("close") * pl.col("volume")


@dataclass(frozen=True, slots=True)
class StoredDay:
    """What a stored day is compared by.

    Attributes:
        prints: `ticker`, and `content`, a number that is the same where ticker, prices and volume are.
        levels: What its bars alone say.
    """

    trading_date: date
    prints: pl.DataFrame
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


def stored_day(day: date, bars: pl.DataFrame, levels: Mapping[str, float] | None = None) -> StoredDay:
    """Return what a day is compared by later.

    Args:
        day: Its trading date.
        bars: Its bars (`COMPARED`).
        levels: What they alone say, where that is known.
    """
    return StoredDay(day, prints_of(bars), levels or levels_of(bars))


def prints_of(bars: pl.DataFrame) -> pl.DataFrame:
    """Return ticker and content of each bar."""
    return bars.select("ticker", pl.struct("ticker", *PRICES, "volume").hash(CONTENT_SEED).alias("content"))


def levels_of(bars: pl.DataFrame) -> dict[str, float]:
    """Return what a day's bars alone say: rows, medians in shares and USD, and shares of the bars."""
    if bars.is_empty():
        return {"rows": 0.0}
    cents = pl.col("close") * 100
    found = bars.select(
        pl.len().cast(pl.Float64).alias("rows"),
        pl.col("volume").median().alias("median_volume"),
        _dollars.sum().alias("turnover"),
        (pl.col("high") / pl.col("low")).log().median().alias("median_range"),
        ((cents - cents.round()).abs() < EXACT).mean().alias("whole_cents"),
        (pl.col("high") == pl.col("low")).mean().alias("flat_bars"),
        (pl.col("volume") != pl.col("volume").round()).mean().alias("fractional_volumes"),
        (pl.col("volume") == 0).mean().alias("without_volume"),
        (pl.col("transactions").fill_null(0) == 0).mean().alias("without_transactions"),
        (pl.col("volume") < pl.col("transactions").fill_null(0)).mean().alias("volume_below_transactions"),
    )
    return {name: round(value, 9) for name, value in found.row(0, named=True).items()}


def measure(day: date, bars: pl.DataFrame, near: Neighbours) -> Measured:
    """Return the statistics of a day.

    Args:
        day: Its trading date.
        bars: Its accepted bars (`COMPARED`, and more).
        near: What is stored near it.
    """
    bars = bars.select(COMPARED)
    levels = levels_of(bars)
    found = _Found()
    repeats = _repeated(found, bars, near)
    thin = _thin(day, near)
    if near.session_before is not None and not thin:
        _compare(found, bars, near.session_before, levels, near.before[-1].levels)
        _against_many(found, bars, levels, near.before)
    if near.standing is not None and near.standing.height >= FEWEST_BARS:
        _restated(found, bars, near.standing)
    compared_with = near.before[-1].trading_date if near.before else None
    return Measured(compared_with, found.values, found.bars, levels, repeats, thin)


class _Found:
    """Statistics as they are found, with the bars each rests on."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.bars: dict[str, int] = {}

    def add(self, name: str, value: float | None, bars: int) -> None:
        # A correlation with what never changes is undefined: there is none.
        known = 0.0 if value is None or math.isnan(value) else value
        self.values[name], self.bars[name] = round(float(known), 9), bars


def _thin(day: date, near: Neighbours) -> str:
    if near.session_before is None or not near.before:
        return "no session before it is stored"
    before = near.before[-1].trading_date
    if len(weekdays(before, day)) - 1 > LONGEST_GAP:
        return f"the newest session stored before it is of {before}"
    if near.session_before.height < FEWEST_BARS:
        return f"the session before it ({before}) has {near.session_before.height:,} bars"
    return ""


def _repeated(found: _Found, bars: pl.DataFrame, near: Neighbours) -> date | None:
    content = prints_of(bars)["content"]
    days = [each for each in (*near.before, *near.after) if each.prints.height >= FEWEST_BARS]
    if not days or bars.is_empty():
        return None
    worst = max(days, key=lambda each: _sampled(content).is_in(_sampled(each.prints["content"]).implode()).sum())
    share = _share(float(content.is_in(worst.prints["content"].implode()).sum()), content.len())
    found.add("repeated_rows", share, bars.height)
    return worst.trading_date if share else None


def _sampled(content: pl.Series) -> pl.Series:
    """Return the contents by which the most alike of many days is found: an eighth of them where they are many."""
    return content if content.len() < MOST_COMPARED else content.filter(content % 8 == 0)


def _compare(
    found: _Found,
    bars: pl.DataFrame,
    before: pl.DataFrame,
    levels: Mapping[str, float],
    levels_before: Mapping[str, float],
) -> None:
    """Add what a day and the session before say of each other."""
    both = bars.join(before, on="ticker", suffix="_before")
    shared, union = both.height, bars.height + before.height - both.height
    found.add("tickers_shared", shared / union, union)
    gone = before.join(bars, on="ticker", how="anti").select(_dollars.sum()).item()
    new = bars.join(before, on="ticker", how="anti").select(_dollars.sum()).item()
    found.add("turnover_missing", _share(gone, before.select(_dollars.sum()).item()), before.height)
    found.add("turnover_new", _share(new, levels.get("turnover", 0.0)), bars.height)
    for name in SHARES[2:]:
        if name in levels and name in levels_before:
            found.add(name, levels[name] - levels_before[name], bars.height)
    if shared:
        _agreement(found, both)


def _agreement(found: _Found, both: pl.DataFrame) -> None:
    """Add what the tickers of both days say: moves, and whether values belong to their tickers."""
    move = (pl.col("close") / pl.col("close_before")).log()
    opened = (pl.col("open") / pl.col("close_before")).log()
    size = (pl.col("volume") / pl.col("transactions")) / (pl.col("volume_before") / pl.col("transactions_before"))
    moves = both.select(
        "close", "close_before", "volume", "volume_before", "transactions", "transactions_before",
        move.alias("move"), opened.alias("opened"), pl.when(size.is_finite() & (size > 0)).then(size).alias("size"),
    )  # fmt: skip
    first = moves.select(
        pl.col("move").median().alias("market"),
        pl.col("opened").median(),
        (pl.col("close") == pl.col("close_before")).mean().alias("equal"),
        pl.corr(pl.col("close").log(), pl.col("close_before").log()).alias("prices"),
        pl.corr("close", "close_before", method="spearman").alias("ranks"),
        pl.corr("volume", "volume_before", method="spearman").alias("volumes"),
        pl.corr("transactions", "transactions_before", method="spearman").alias("transactions"),
        pl.col("size").median(),
        pl.col("size").count().alias("sizes"),
        (pl.col("transactions") + pl.col("transactions_before")).count().alias("with_transactions"),
    ).row(0, named=True)
    away = pl.col("move") - first["market"]
    typical, opens = moves.select(
        away.abs().median().alias("typical"), (pl.col("opened") - first["opened"]).abs().median().alias("opens")
    ).row(0)
    far = moves.select((away.abs() > max(FAR, FAR_TYPICAL_MOVES * typical)).mean()).item()
    shared, market = both.height, first["market"]
    found.add("equal_closes", first["equal"], shared)
    found.add("price_correlation", first["prices"], shared)
    found.add("rank_correlation", first["ranks"], shared)
    found.add("far_moves", far, shared)
    found.add("market_move", market, shared)
    found.add("common_move", abs(market) / max(typical, 1e-6) if abs(market) >= LEAST_COMMON else 0.0, shared)
    found.add("typical_move", typical, shared)
    if typical:
        found.add("open_to_close", opens / typical, shared)
    found.add("volume_agreement", first["volumes"], shared)
    if first["sizes"]:
        found.add("trade_size_ratio", first["size"], first["sizes"])
    found.add("transactions_agreement", first["transactions"], first["with_transactions"])


def _against_many(found: _Found, bars: pl.DataFrame, levels: Mapping[str, float], before: Sequence[StoredDay]) -> None:
    """Add what a day says beside the sessions before, the nearest of them and the median of all."""
    for level, name in SLOW.items():
        usual = _usual(level, before)
        if level in levels and usual and min(usual) > 0:
            ratios = [levels[level] / each for each in usual]
            found.add(name, min(ratios, key=lambda ratio: abs(math.log(ratio)) if ratio > 0 else math.inf), bars.height)
    for name in SHARES[:2]:
        usual = _usual(name, before)
        if name in levels and usual:
            found.add(name, min((levels[name] - each for each in usual), key=abs), bars.height)
    last = before[-REGULAR:]
    if len(last) >= FEWEST_SESSIONS:
        regular = last[0].prints["ticker"]
        for each in last[1:]:
            regular = regular.filter(regular.is_in(each.prints["ticker"].implode()))
        if regular.len():
            missing = (~regular.is_in(bars["ticker"].implode())).sum()
            found.add("regulars_missing", float(missing) / regular.len(), regular.len())
    strangers = bars.filter(pl.col("low") > DEAR)["ticker"]
    for each in reversed(before):
        if strangers.len():
            strangers = strangers.filter(~strangers.is_in(each.prints["ticker"].implode()))
    found.add("dear_strangers", float(strangers.len()), bars.height)


def _usual(level: str, before: Sequence[StoredDay]) -> list[float]:
    """Return a level of the session before, and the median of those before where they are enough."""
    values = [each.levels[level] for each in before if level in each.levels]
    if not values or level not in before[-1].levels:
        return []
    middle = [median(values)] if len(values) >= FEWEST_SESSIONS else []
    return [values[-1], *middle]


def _restated(found: _Found, bars: pl.DataFrame, standing: pl.DataFrame) -> None:
    """Add how much of a day as it stands is gone or other in its new file."""
    turnover = standing.select(_dollars.sum()).item()
    gone = standing.join(bars, on="ticker", how="anti")
    both = standing.join(bars, on="ticker", suffix="_new")
    other = both.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_new")) for name in VALUES))
    for name, some in (("removed", gone), ("changed", other)):
        found.add(f"{name}_bars", some.height / standing.height, standing.height)
        found.add(f"{name}_turnover", _share(some.select(_dollars.sum()).item(), turnover), standing.height)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
