"""Small markets of a few tickers and 60 to 80 stored days, for hypothesis to choose what happens on each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

import polars as pl
from hypothesis import strategies as st

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.storage.lookback import earlier_facts
from tbp_assets_tests.bars.day_facts import lake_fact
from tbp_assets_tests.bars.flagging import Bar, bar, flag_settings, frame

TICKERS: Final = ("A", "a", "B")
FEWEST_DAYS, MOST_DAYS = 60, 80
# What a ticker does on a day; mostly nothing of note.
USUAL: Final = ("up", "down", "still")
EVENTS: Final = (*USUAL * 6, "absent", "jump", "crash", "burst", "split", "reverse", "away")
AWAY: Final = 22  # days
CALENDAR_DAYS: Final = (1,) * 30 + (3, 3, 4, 10, 11)  # from a stored day to the next


@dataclass(frozen=True)
class Market:
    """The stored days of a market and its accepted bars."""

    days: list[date]
    bars: pl.DataFrame

    def judged_by(self, day: date) -> list[date]:
        """Return the stored days that a day is judged by."""
        stored = {each: lake_fact(each) for each in self.days}
        return [fact.trading_date for fact in earlier_facts(stored.get, day)]

    def flags(self, days: Sequence[date], known: Sequence[date]) -> pl.DataFrame:
        """Return the flags of some days where the bars of these days are known."""
        return flags_across_days(self.bars.filter(pl.col("trading_date").is_in(known)), days, flag_settings())

    def alone(self, days: Sequence[date]) -> pl.DataFrame:
        """Return the flags of days in a row where only they and what the first is judged by are known."""
        return self.flags(days, [*self.judged_by(days[0]), *days])


def market(days: Sequence[date], happenings: Sequence[Sequence[str]]) -> Market:
    """Return a market in which these things happen to each ticker; each stays as it was where nothing more is said."""
    bars = [
        each
        for ticker, events in zip(TICKERS, happenings, strict=True)
        for each in _bars(ticker, days, [*events, *["still"] * len(days)][: len(days)])
    ]
    # A ticker that always trades makes every stored day one that is known.
    return Market(list(days), frame([*bars, *_bars("MARKET", days, ["up", "down"] * len(days))]))


def _bars(ticker: str, days: Sequence[date], events: Sequence[str]) -> list[Bar]:
    price, volume, back, made = 20.0, 1000.0, 0, list[Bar]()
    for number, (day, event) in enumerate(zip(days, events, strict=False)):
        if event == "away":
            back = number + AWAY
        if number < back:
            continue
        opens = {"split": price / 2, "reverse": price * 10}.get(event, price)
        volume *= {"split": 2.0, "reverse": 0.1}.get(event, 1.0)
        price = opens * {"up": 1.01, "down": 0.99, "jump": 1.6, "crash": 0.4}.get(event, 1.0)
        price = min(max(price, 1.0), 10_000.0)
        if event == "still" and made and made[-1]["trading_date"] == days[number - 1]:
            made.append(made[-1] | {"trading_date": day})
        elif event != "absent":
            prices = {"open": opens, "high": max(opens, price), "low": min(opens, price), "close": price}
            made.append(bar(ticker, day, **prices, volume=volume * (20 if event == "burst" else 1)))
    return made


def _days(steps: Sequence[int]) -> list[date]:
    return [date(2024, 1, 2) + timedelta(days=days) for days in accumulate(steps)]


some_days = st.lists(st.sampled_from(CALENDAR_DAYS), min_size=FEWEST_DAYS, max_size=MOST_DAYS).map(_days)
some_events = st.lists(st.sampled_from(EVENTS), min_size=FEWEST_DAYS - 10, max_size=MOST_DAYS)
markets = st.builds(market, some_days, st.tuples(*[some_events] * len(TICKERS)))
