"""Measure the quality of stored days: a bounded frame of days at a time, each judged with the days before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.bars.facts import DayFacts, LakeFact, QualityFact
from tbp_assets.bars.flags import FlagSettings, flags_within_day
from tbp_assets.bars.metrics import identity_of, measure
from tbp_assets.bars.universe import Universe
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.lookback import LookBack, earlier_facts
from tbp_assets.storage.quality import MeasuredDay

DAYS_IN_A_FRAME: Final = 25


@dataclass(frozen=True, slots=True)
class _Read:
    """A day of a frame: as much of it as is needed once the frame's flags are known.

    Attributes:
        accepted: Tickers and lines of the accepted bars.
        within: The flags of bars looked at alone.
    """

    fact: LakeFact
    accepted: pl.DataFrame
    within: pl.DataFrame
    quarantine: pl.DataFrame
    earlier: list[LakeFact]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How stored days are measured.

    Attributes:
        settings: What is flagged.
        universe: Tickers of it that are listed have a row of their own, and only its flags are kept one by one.
    """

    lake: Lake
    settings: FlagSettings
    universe: Universe

    def measure(self, days: Sequence[date]) -> Iterator[tuple[date, MeasuredDay | StoredFileError | None]]:
        """Give each day, oldest first, with its quality; None where nothing is stored, the fault where it is damaged.

        Args:
            days: In order.
        """
        look_back = LookBack.before(self.lake, days[0]) if days else LookBack()
        for start in range(0, len(days), DAYS_IN_A_FRAME):
            batch = days[start : start + DAYS_IN_A_FRAME]
            read = {day: self._read(day, look_back) for day in batch}
            flags = flags_across_days(look_back.bars(), batch, self.settings)
            for day, found in read.items():
                yield day, self._measured(found, flags) if isinstance(found, _Read) else found
            look_back.forget()

    def outdated(self, facts: Collection[DayFacts]) -> list[date]:
        """Return the days whose quality was never measured, or from other files, earlier days, settings or universe."""
        known: dict[date, LakeFact | None] = {day.trading_date: day.lake for day in facts}

        def fact_of(day: date) -> LakeFact | None:
            if day not in known:
                known[day] = self.lake.fact(day)
            return known[day]

        return [day.trading_date for day in facts if day.lake and self._differs(day.lake, day.quality, fact_of)]

    def _differs(self, fact: LakeFact, quality: QualityFact | None, fact_of: Callable[[date], LakeFact | None]) -> bool:
        earlier = earlier_facts(fact_of, fact.trading_date)
        return quality is None or quality.judged_by != identity_of(fact, earlier, self.settings, self.universe)

    def _read(self, day: date, look_back: LookBack) -> _Read | StoredFileError | None:
        try:
            fact = self.lake.whole_fact(day)
            if fact is None:
                return None
            bars, quarantine = self.lake.bars(fact), self.lake.quarantine(fact)
        except StoredFileError as error:
            return error
        earlier = look_back.facts(day)
        if fact.standing:
            look_back.add(fact.standing, bars if fact.standing is fact else self.lake.bars(fact.standing))
        return _Read(fact, bars.select("ticker", "line"), flags_within_day(bars, self.settings), quarantine, earlier)

    def _measured(self, read: _Read, across: pl.DataFrame) -> MeasuredDay:
        day = read.fact.trading_date
        of_the_day = across.filter(pl.col("trading_date") == day)
        flags = pl.concat([read.within, of_the_day]).sort("ticker", "rule")
        named = self.universe.tickers(day)
        return MeasuredDay(
            lake=read.fact,
            metrics=measure(read.fact, read.accepted, read.quarantine, flags, named),
            flags=self.universe.select(flags, day).bars,
            judged_by=identity_of(read.fact, read.earlier, self.settings, self.universe),
        )
