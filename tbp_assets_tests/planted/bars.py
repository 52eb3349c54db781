"""A ticker's daily bars as arrays, and what spoils them: holes, bad prints, false volumes, prices that stand still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tbp_assets_tests.planted.characters import Character, between
from tbp_assets_tests.planted.paths import MONTH, MOST_VOLUME, Path
from tbp_assets_tests.planted.weather import Array, Days

BAR_SCHEMA: Final = {
    "trading_date": pl.Date(),
    "ticker": pl.String(),
    "open": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "close": pl.Float64(),
    "volume": pl.Float64(),
    "transactions": pl.Int64(),
}
_MOST_REPEATS: Final = 2


@dataclass(frozen=True, slots=True)
class Bars:
    """One value a session; `there` tells which sessions have a bar. The arrays are changed in place."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    transactions: NDArray[np.int64]
    there: Days

    @property
    def prices(self) -> tuple[Array, Array, Array, Array]:
        """Return open, high, low and close."""
        return self.open, self.high, self.low, self.close

    def frame(self, ticker: str, days: Sequence[date]) -> pl.DataFrame:
        """Return the bars that are there."""
        columns = dict(zip(("open", "high", "low", "close"), self.prices, strict=True))
        numbers = {**columns, "volume": self.volume, "transactions": self.transactions}
        frame = pl.DataFrame({"trading_date": days, "ticker": [ticker] * len(days), **numbers}, schema=BAR_SCHEMA)
        return frame.filter(pl.Series(self.there))


def rendered(rng: np.random.Generator, who: Character, path: Path) -> Bars:
    """Return a path as a vendor prints it: unadjusted, in cents (below a dollar in hundredths of one), whole shares."""
    close = path.close(who.price)
    opened = close * np.exp(-path.body)
    high = np.maximum(opened, close) * np.exp(path.rise)
    low = np.minimum(opened, close) * np.exp(-path.fall)
    volume = np.maximum(np.round(np.exp(path.shares + np.cumsum(path.split))), 1.0)
    # A trade is of as many dollars after a split as before, nearly: its shares follow the ratio.
    trades = np.exp(path.shares + 0.1 * np.cumsum(path.split) + rng.normal(0, 0.12, len(close))) / who.trade
    transactions = np.clip(np.round(trades), 1, volume).astype(np.int64)
    there = np.ones(len(close), dtype=bool)
    bars = Bars(ticks(opened), ticks(high), ticks(low), ticks(close), volume, transactions, there)
    _limit_repeats(bars)
    return bars


def ticks(prices: Array) -> Array:
    """Round to the tick of the exchange."""
    return np.where(prices < 1, np.round(np.maximum(prices, 0.0001), 4), np.round(prices, 2))


def spike(rng: np.random.Generator, bars: Bars, day: int) -> None:
    """Print a high of 1.6 to 10 times all prices around it, or a low as far below them."""
    around, times = slice(max(0, day - 1), day + 2), between(rng, 1.6, 10.0)
    if rng.random() < 0.5:
        bars.high[day] = ticks(np.append(bars.high[around], bars.close[around]).max(keepdims=True) * times)[0]
    else:
        bars.low[day] = ticks(bars.low[around].min(keepdims=True) / times)[0]


def volume(rng: np.random.Generator, bars: Bars, day: int) -> None:
    """Let 12 to 200 times the last month's median change hands; sometimes in as many trades, sometimes in a block."""
    shares = bars.volume[max(0, day - MONTH) : day]
    times = between(rng, 12.0, 200.0)
    bars.volume[day] = max(np.ceil(np.median(shares) * times), 1.0)
    trades = float(bars.transactions[day]) * times ** rng.uniform(0, 1)
    bars.transactions[day] = round(min(max(trades, 1.0), float(bars.volume[day])))


def stale(rng: np.random.Generator, bars: Bars, days: range) -> None:
    """Repeat the prices of the day before, in two of five cases its volume too."""
    source, run = days.start - 1, slice(days.start, days.stop)
    for prices in bars.prices:
        prices[run] = prices[source]
    if rng.random() < 0.4:
        bars.volume[run], bars.transactions[run] = bars.volume[source], bars.transactions[source]
    if _repeats(bars)[days.stop]:
        _step(bars, days.stop)
    _calm(bars, days)


def hole(bars: Bars, days: range) -> None:
    """Take the bars of these days away."""
    bars.there[days.start : days.stop] = False
    _calm(bars, days)


def _calm(bars: Bars, days: range) -> None:
    """Cut the volumes of the month after to what is natural, measured against the bars that are now before them."""
    for day in range(days.stop, min(days.stop + MONTH, len(bars.volume))):
        before = bars.volume[:day][bars.there[:day]][-MONTH:]
        bars.volume[day] = min(bars.volume[day], max(1.0, np.floor(np.exp(MOST_VOLUME) * np.median(before))))
        bars.transactions[day] = min(bars.transactions[day], int(bars.volume[day]))


def _repeats(bars: Bars) -> Days:
    """Tell of each day whether its four prices are those of the day before."""
    return np.logical_and.reduce([np.diff(prices, prepend=np.nan) == 0 for prices in bars.prices])


def _limit_repeats(bars: Bars) -> None:
    """Let no day repeat more than twice by nature, as a quiet shell might."""
    run = 0
    for day in range(1, len(bars.open)):
        run = run + 1 if all(prices[day] == prices[day - 1] for prices in bars.prices) else 0
        if run > _MOST_REPEATS:
            _step(bars, day)
            run = 0


def _step(bars: Bars, day: int) -> None:
    """Raise a day's high by a cent."""
    bars.high[day] = np.round(bars.high[day] + 0.01, 2)
