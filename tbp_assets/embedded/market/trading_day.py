"""One trading day put together: who trades, how much, at what prices, what the vendor gets wrong, and its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from tbp_assets.embedded.market.activity import day_activity
from tbp_assets.embedded.market.calendar import weekday_number, window_start
from tbp_assets.embedded.market.day_file import compressed, day_text, with_faults
from tbp_assets.embedded.market.defects import faults_on, rows_written
from tbp_assets.embedded.market.prices import day_prices
from tbp_assets.embedded.market.universe import securities_on


def file_of(day: date, *, seed: int, tickers: int) -> bytes:
    """Return the vendor's file of a day, gzip-compressed CSV; whether the day is a session is not asked here."""
    weekday = weekday_number(day)
    securities = securities_on(day, seed=seed, tickers=tickers)
    activity = day_activity(securities, day, seed=seed)
    prices = day_prices(securities, weekday, activity.transactions)
    rows = day_text(securities.symbol, prices, activity, stamp=window_start(day))
    return compressed(with_faults(rows, faults_on(securities, weekday, seed=seed, tickers=tickers)))


def faults_of(day: date, *, seed: int, tickers: int) -> Mapping[str, int]:
    """Return how many bad rows of each kind the day's file holds, sorted by kind."""
    securities = securities_on(day, seed=seed, tickers=tickers)
    counts: Counter[str] = Counter()
    for kind in faults_on(securities, weekday_number(day), seed=seed, tickers=tickers).values():
        counts[kind] += rows_written(kind)
    return dict(sorted(counts.items()))
