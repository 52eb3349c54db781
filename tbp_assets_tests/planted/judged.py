"""What tests of the market and of the scorer share: markets, bars beside the day before, and flags made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Final

import polars as pl

from tbp_assets_tests.planted.kinds import TRUTH_SCHEMA, Planted
from tbp_assets_tests.planted.market import PlantedMarket, market
from tbp_assets_tests.planted.paths import MONTH
from tbp_assets_tests.planted.scoring import FLAG_SCHEMA, RULES, SETTLING
from tbp_assets_tests.planted.sessions import after, sessions

Flag = tuple[date, str, str, str]
SEEDS: Final = (0, 1, 2)


@cache
def made(seed: int) -> PlantedMarket:
    """Return the market of a seed, made once a process."""
    return market(seed)


def truth(*events: Planted) -> pl.DataFrame:
    """Return a frame of events."""
    rows = [(event.kind, event.ticker, event.first, event.last, event.ratio) for event in events]
    return pl.DataFrame(rows, schema=TRUTH_SCHEMA, orient="row")


def events_of(planted: pl.DataFrame) -> list[Planted]:
    """Return the events of a frame."""
    return [Planted(**row) for row in planted.iter_rows(named=True)]


def flags(rows: Iterable[Flag] = ()) -> pl.DataFrame:
    """Return a frame of flags of day, ticker, rule and detail."""
    full = [(day, ticker, rule, 2.0, 1.0, detail) for day, ticker, rule, detail in rows]
    return pl.DataFrame(full, schema=FLAG_SCHEMA, orient="row")


def perfect(planted: pl.DataFrame) -> list[Flag]:
    """Return the flags of a detector that knows the truth."""
    found = list[Flag]()
    for event in events_of(planted):
        for rule in RULES[event.kind]:
            day = after(event.last) if rule == "gap" else event.first
            found.append((day, event.ticker, rule, f"{event.ratio} by price" if event.ratio else ""))
    return found


def beside(made: PlantedMarket) -> pl.DataFrame:
    """Return the bars with the close and volume of before, without the days on which an event may show."""
    shown = [(event.ticker, day) for event in events_of(made.planted) for day in _shows(event)]
    days = pl.DataFrame(shown, schema={"ticker": pl.String(), "trading_date": pl.Date()}, orient="row").unique()
    return with_before(made.bars).join(days, on=["ticker", "trading_date"], how="anti")


def with_before(bars: pl.DataFrame) -> pl.DataFrame:
    """Return the bars with `before`, the last close, and `usual`, the median volume of the month before."""
    median = pl.col("volume").rolling_median(MONTH).shift(1)
    return bars.sort("ticker", "trading_date").with_columns(
        before=pl.col("close").shift(1).over("ticker"), usual=median.over("ticker")
    )


def _shows(event: Planted) -> tuple[date, ...]:
    """Return the sessions of an event and those after it on which it still shows, in prices or in usual volumes."""
    lasting = {"jump": SETTLING, "split": MONTH}.get(event.kind, 1)
    return sessions(event.first, after(event.last, lasting))
