"""Stored days with the days before them, in frames of bounded size: what the flags across days look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

from tbp_assets.bars.continuity import HISTORY, LONGEST_BREAK, LOOKED_AT
from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.schema import BAR_SCHEMA
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.lake import Lake

EMPTY: Final = pl.DataFrame(schema={name: BAR_SCHEMA[name] for name in LOOKED_AT})


def earlier_facts(fact_of: Callable[[date], LakeFact | None], day: date) -> list[LakeFact]:
    """Return the facts of the validated days that a day is judged by, oldest first.

    Of a day whose file was kept out it is the validated file before it, where there was one.
    """
    found, oldest, looked_at = list[LakeFact](), day, day - timedelta(days=1)
    while len(found) < HISTORY and oldest - looked_at <= LONGEST_BREAK:
        fact = fact_of(looked_at)
        if fact and (standing := fact.standing):
            found.append(standing)
            oldest = looked_at
        looked_at -= timedelta(days=1)
    return found[::-1]


@dataclass(slots=True)
class LookBack:
    """The newest validated days of a lake, oldest first, as a stream of days moves on.

    Attributes:
        days: Facts with their bars (`LOOKED_AT`).
    """

    days: dict[date, tuple[LakeFact, pl.DataFrame]] = field(default_factory=dict[date, tuple[LakeFact, pl.DataFrame]])

    @classmethod
    def before(cls, lake: Lake, day: date) -> LookBack:
        """Read the days before a day; one that cannot be read counts as not stored."""
        look_back = cls()
        for fact in earlier_facts(lake.fact, day):
            try:
                look_back.add(fact, lake.bars(fact))
            except StoredFileError:
                continue
        return look_back

    def facts(self, day: date) -> list[LakeFact]:
        """Return the facts of the days that a day is judged by."""
        return earlier_facts(lambda each: self.days[each][0] if each in self.days else None, day)

    def add(self, fact: LakeFact, bars: pl.DataFrame) -> None:
        """Take in a validated day, the next of the stream."""
        if fact.status == "validated":
            self.days[fact.trading_date] = (fact, bars.select(LOOKED_AT))

    def bars(self) -> pl.DataFrame:
        """Return the bars of all days kept."""
        return pl.concat([EMPTY, *(bars for _, bars in self.days.values())])

    def forget(self) -> None:
        """Drop the days that no later day looks back on."""
        for day in list(self.days)[:-HISTORY]:
            del self.days[day]
