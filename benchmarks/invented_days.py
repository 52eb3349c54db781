"""An invented market for `benchmarks.whole_days`, independent of the package's own: regimes, splits, thin tickers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from tbp_assets.bars.sessions import expected_sessions

Numbers = np.ndarray[Any, Any]
CRASH: Final = (date(2020, 2, 24), date(2020, 3, 31))
FRACTIONS_FROM: Final = date(2021, 2, 22)
HALF_DAYS: Final = frozenset(
    {date(2019, 7, 3), date(2019, 11, 29), date(2019, 12, 24), date(2020, 11, 27), date(2020, 12, 24)}
)
CALM: Final = ((6, 20), (8, 20))
WITCHING_MONTHS: Final = (3, 6, 9, 12)
LARGEST_RENAMED: Final = 0.014  # share of the market's dollars: above it are a few funds and the best known shares
LETTERS: Final = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def sessions(first: date, last: date) -> list[date]:
    """Return the sessions of a span, both ends included."""
    return sorted(expected_sessions(first, last))


@dataclass(slots=True)
class Listed:
    """The tickers that exist, an array each: log price, scale of moves and of trades, and how often they trade."""

    ticker: Numbers
    price: Numbers
    spread: Numbers
    beta: Numbers
    trades: Numbers
    size: Numbers
    persistent: Numbers
    presence: Numbers
    cents: Numbers

    def keep(self, mask: Numbers) -> None:
        """Leave out what the mask does not name."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[mask])

    def add(self, other: Listed) -> None:
        """Add other tickers."""
        for name in self.__slots__:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(other, name)]))


@dataclass(slots=True)
class Market:
    """Days of an invented market, the same for the same seed."""

    seed: int
    tickers: int = 10_400

    def days(self, first: date, last: date) -> Iterator[tuple[date, pl.DataFrame]]:
        """Yield each session with its bars: ticker, four prices in USD, volume, transactions; sorted by ticker."""
        rng = np.random.default_rng(self.seed)
        names = _names(rng)
        listed = _listed(rng, names, round(self.tickers * 1.035))
        _largest(listed)
        calm, month = 0.0, 0
        crash_volume = 1.0
        for day in sessions(first, last):
            calm = 0.9 * calm + 0.12 * rng.standard_normal()
            crash = CRASH[0] <= day <= CRASH[1]
            summer = CALM[0] <= (day.month, day.day) <= CALM[1]
            level = np.exp(calm) * (0.7 if summer else 1.0)
            move = float(np.clip(0.008 * level * rng.standard_t(4), -0.05, 0.05))
            target = 1.0
            if crash:
                level, move, target = 4.5, float(rng.uniform(-0.12, 0.09)), float(rng.uniform(2.0, 2.5))
            crash_volume += 0.5 * (target - crash_volume)
            if not crash:
                crash_volume = max(1.0, crash_volume)
            volume = crash_volume * np.exp(0.1 * rng.standard_normal())
            witching = day.month in WITCHING_MONTHS and day.weekday() == 4 and 15 <= day.day <= 21
            volume *= 1.5 if witching else 0.45 if day in HALF_DAYS else 1.0
            _list_and_delist(rng, listed, names)
            splits = 3 + (14 if day.month != month else 0)
            month = day.month
            yield day, _bars(rng, listed, day, move=move, level=level, volume=volume, splits=splits)


def _names(rng: np.random.Generator) -> Iterator[str]:
    known = set[str]()
    while True:
        name = "".join(rng.choice(LETTERS, size=int(rng.integers(3, 6))))
        if rng.random() < 0.045:
            name = name[:3] + "p" + name[3:]
        if name not in known:
            known.add(name)
            yield name


def _listed(rng: np.random.Generator, names: Iterator[str], count: int) -> Listed:
    thin = rng.random(count) < 0.11
    quiet = rng.random(count) < 0.05
    trades = np.exp(rng.normal(6.2, 2.2, count)) * np.where(thin, 0.02, 1)
    spread = np.exp(rng.normal(np.log(0.0085), 0.75, count))
    return Listed(
        ticker=np.array([next(names) for _ in range(count)], dtype=object),
        price=np.where(quiet, np.log(rng.normal(10.3, 0.2, count)), rng.normal(np.log(22), 1.6, count)),
        spread=np.where(quiet, 0.0014, np.clip(spread, 0.001, 0.09)),
        beta=np.where(quiet, 0.0, np.clip(rng.normal(0.9, 0.45, count), -1.5, 2.5)),
        trades=np.clip(trades, 1, 1e6),
        size=np.exp(rng.normal(4.1, 0.5, count)),
        persistent=np.zeros(count),
        presence=np.where(
            thin, rng.uniform(0.3, 1, count), np.where(trades > 1000, 1.0, rng.uniform(0.997, 1.0, count))
        ),
        cents=np.clip(rng.normal(0.81, 0.12, count), 0, 1),
    )


def _largest(listed: Listed) -> None:
    """Give a few tickers the dollars that the largest of a real market have."""
    worth = np.argsort(_dollars(listed))[::-1][:12]
    listed.price[worth] = np.log(np.linspace(470, 120, 12))
    listed.trades[worth] = np.linspace(900_000, 200_000, 12)
    listed.size[worth] = 130.0
    listed.trades[worth[0]] *= 0.085 * _dollars(listed).sum() / _dollars(listed)[worth[0]]
    listed.spread[worth], listed.presence[worth] = 0.012, 1.0


def _list_and_delist(rng: np.random.Generator, listed: Listed, names: Iterator[str]) -> None:
    dollars = _dollars(listed)
    listed.keep((rng.random(len(dollars)) > 0.0007) | (dollars > np.quantile(dollars, 0.99)))
    new = _listed(rng, names, int(rng.poisson(8)))
    if rng.random() < 0.004 and len(new.ticker):  # a large public offering
        new.trades[0], new.size[0], new.price[0], new.spread[0] = 250_000, 150.0, np.log(150), 0.05
    listed.add(new)
    share = _dollars(listed) / _dollars(listed).sum()
    for at in rng.integers(0, len(listed.ticker), int(rng.poisson(2))):
        if share[at] < LARGEST_RENAMED:
            listed.ticker[at] = next(names)
    if rng.random() < 0.008:  # one of the large ones
        listed.ticker[np.argmin(np.abs(share - rng.uniform(0.004, LARGEST_RENAMED)))] = next(names)


def _dollars(listed: Listed) -> Numbers:
    return listed.trades * listed.size * np.exp(listed.price)


def _bars(
    rng: np.random.Generator, listed: Listed, day: date, *, move: float, level: float, volume: float, splits: int
) -> pl.DataFrame:
    count = len(listed.ticker)
    own = listed.spread * level * np.clip(rng.standard_t(2.8, count), -40, 40)
    total = np.clip(listed.beta * move + own, -1.6, 1.6)
    part = np.clip(rng.normal(0.45, 0.25, count), -0.5, 1.3)
    for at in rng.integers(0, count, int(rng.poisson(splits))):
        factor = (
            np.log(float(rng.choice([2, 3, 4, 10])))
            if rng.random() < 0.3
            else -np.log(float(rng.choice([5, 10, 20, 30])))
        )
        listed.price[at] -= factor
        listed.trades[at] = max(1.0, listed.trades[at] * np.exp(factor / 2))
    before = listed.price.copy()
    listed.price = np.clip(listed.price + total, np.log(0.02), np.log(9000))
    in_cents = rng.random(count) < listed.cents
    digits = np.where(in_cents & (listed.price > 0), 100.0, 10_000.0)

    def printed(log_price: Numbers) -> Numbers:
        return np.maximum(np.round(np.exp(log_price) * digits), 1.0) / digits

    close, opened = printed(listed.price), printed(before + part * total)
    listed.persistent = 0.45 * listed.persistent + 0.45 * rng.standard_normal(count)
    # The more of the market's dollars a ticker trades, the less that varies: in genuine files by 17 % from a day to the
    # next above a share of 1.4 %, by 40 % above one of 0.02 %.
    share = _dollars(listed) / _dollars(listed).sum()
    calmer = np.select([share > 0.01, share > 0.0002], [0.2, 0.5], 1.0)
    surprise = 0.35 * np.minimum(np.abs(own) / (listed.spread * level + 1e-9), 3) - 0.25
    transactions = np.maximum(np.round(listed.trades * volume * np.exp((listed.persistent + surprise) * calmer)), 1.0)
    size = np.maximum(1.0, listed.size * np.exp(0.42 * calmer * rng.standard_normal(count)))
    shares = np.maximum(np.round(transactions * size), transactions)
    if day >= FRACTIONS_FROM:
        shares = shares + np.where(rng.random(count) < 0.7, np.round(rng.random(count), 6), 0.0)
    wick = 0.45 * listed.spread * level * (transactions > 2)
    high = printed(np.log(np.maximum(opened, close)) + wick * np.abs(rng.standard_normal(count)))
    low = printed(np.log(np.minimum(opened, close)) - wick * np.abs(rng.standard_normal(count)))
    single = transactions == 1
    opened = np.where(single, close, opened)
    high = np.where(single, close, np.maximum(high, np.maximum(opened, close)))
    low = np.where(single, close, np.minimum(low, np.minimum(opened, close)))
    presence = listed.presence * (0.975 if day in HALF_DAYS else 1.0) ** (listed.trades < 60)
    presence = np.where(share > 0.0002, 1.0, presence)
    here = rng.random(count) < presence
    return pl.DataFrame(
        {
            "ticker": listed.ticker[here].tolist(),
            "open": opened[here], "high": high[here], "low": low[here], "close": close[here],
            "volume": shares[here], "transactions": transactions[here].astype(np.int64),
        }
    ).sort("ticker")  # fmt: skip
