"""A market of daily bars with planted faults, and the truth about them: the same for the same seed, always."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from tbp_assets_tests.planted import bars as blemishes
from tbp_assets_tests.planted import moves
from tbp_assets_tests.planted.bars import Bars, rendered
from tbp_assets_tests.planted.characters import Character, character, names
from tbp_assets_tests.planted.kinds import TRUTH_SCHEMA, Planted
from tbp_assets_tests.planted.paths import natural_path
from tbp_assets_tests.planted.plans import Plan, plans
from tbp_assets_tests.planted.sessions import sessions
from tbp_assets_tests.planted.weather import Weather, weather

FEWEST_SESSIONS: Final = 120


@dataclass(frozen=True, slots=True)
class PlantedMarket:
    """Bars by day and ticker, as `bars.BAR_SCHEMA` has them, and the truth, as `kinds.TRUTH_SCHEMA` has it."""

    bars: pl.DataFrame
    planted: pl.DataFrame


def market(
    seed: int, *, first: date = date(2020, 1, 2), last: date = date(2024, 12, 31), tickers: int = 40
) -> PlantedMarket:
    """Return the market of a seed over the sessions from `first` to `last`.

    Args:
        seed: Anything from zero.
        tickers: How many; from four on every kind occurs, as long as the range is of years.

    Raises:
        ValueError: The range is shorter than half a year.
    """
    days = sessions(first, last)
    if len(days) < FEWEST_SESSIONS:
        raise ValueError(f"{first} to {last} has {len(days)} sessions; a market needs {FEWEST_SESSIONS}")
    common, *own = (
        np.random.Generator(np.random.PCG64(part)) for part in np.random.SeedSequence(seed).spawn(tickers + 1)
    )
    air, called = weather(common, days), names(common, tickers)
    lives = [
        _life(rng, name, plan, air)
        for rng, name, plan in zip(own, called, plans(common, tickers, len(days)), strict=True)
    ]
    bars = pl.concat([frame for frame, _ in lives]).sort("trading_date", "ticker")
    events = [asdict(event) for _, planted in lives for event in planted]
    return PlantedMarket(bars, pl.DataFrame(events, schema=TRUTH_SCHEMA).sort("ticker", "first"))


def _life(rng: np.random.Generator, name: str, plan: Plan, air: Weather) -> tuple[pl.DataFrame, list[Planted]]:
    """Return a ticker's bars and what is planted in them."""
    who = character(rng)
    path = natural_path(rng, who, air)
    ratios = _move(rng, who, path, plan)
    bars = rendered(rng, who, path)
    _spoil(rng, bars, plan)
    bars.there[: plan.alive.start] = False
    bars.there[plan.alive.stop :] = False
    return bars.frame(name, air.days), [*_truth(name, plan, ratios, air.days)]


def _move(rng: np.random.Generator, who: Character, path: moves.Path, plan: Plan) -> dict[int, str]:
    """Lay splits and jumps over the path; return the ratios of the splits by day."""
    ratios = dict[int, str]()
    for kind, days in plan.events:
        price = float(path.close(who.price)[days.start - 1])
        if kind == "split":
            ratios[days.start] = moves.split(rng, path, days.start, price)
        elif kind == "jump":
            moves.jump(rng, who, path, days.start, price)
    return ratios


def _spoil(rng: np.random.Generator, bars: Bars, plan: Plan) -> None:
    """Lay what a vendor gets wrong over the bars."""
    for kind, days in plan.events:
        if kind == "spike":
            blemishes.spike(rng, bars, days.start)
        elif kind == "volume":
            blemishes.volume(rng, bars, days.start)
        elif kind == "stale":
            blemishes.stale(rng, bars, days)
        elif kind == "hole":
            blemishes.hole(bars, days)


def _truth(name: str, plan: Plan, ratios: dict[int, str], days: Sequence[date]) -> Iterator[Planted]:
    """Yield the events of a plan as the truth knows them."""
    if plan.alive.start > 0:
        yield Planted("born", name, days[plan.alive.start], days[plan.alive.start])
    for kind, taken in plan.events:
        yield Planted(kind, name, days[taken.start], days[taken.stop - 1], ratios.get(taken.start))
    if plan.alive.stop < len(days):
        yield Planted("dead", name, days[plan.alive.stop], days[-1])
