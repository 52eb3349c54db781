"""Stored days near the days of a range: what each is compared with as a whole before it enters the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from tbp_assets.bars.continuity import LONGEST_BREAK
from tbp_assets.bars.day_statistics import COMPARED, LATER, SESSIONS, Neighbours, StoredDay, stored_day
from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.sessions import weekdays
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.lake import Lake


@dataclass(slots=True)
class NearDays:
    """The standing files of the days of a range and of those around it, as a stream of days moves on.

    Attributes:
        facts: Of the standing file of each day; what the stream judged replaces what the lake held.
    """

    lake: Lake
    facts: dict[date, LakeFact] = field(default_factory=dict[date, LakeFact])
    _read: dict[tuple[date, str], StoredDay] = field(default_factory=dict[tuple[date, str], StoredDay])
    _newest: tuple[LakeFact, pl.DataFrame] | None = None

    @classmethod
    def around(cls, lake: Lake, days: Sequence[date]) -> NearDays:
        """Look up the days around some days.

        Args:
            lake: Where they are stored.
            days: In order; at least one.
        """
        first, last = days[0] - 2 * timedelta(days=SESSIONS), days[-1] + timedelta(days=2 * LATER)
        known = lake.facts(weekdays(first, last))
        return cls(lake, {day: fact.standing for day, fact in known.items() if fact and fact.standing})

    def of(self, day: date, sha256: str) -> Neighbours:
        """Return what a day is compared with.

        Args:
            day: The day.
            sha256: Of the file that is judged: the day is restated where another one stands.
        """
        self._forget(day)
        before = self._before(day)
        standing = self.facts.get(day)
        restated = standing is not None and standing.source_sha256 != sha256
        return Neighbours(
            before=[self._stored(fact) for fact in before],
            session_before=self._bars(before[-1]) if before else None,
            after=[self._stored(fact) for fact in self._after(day)],
            standing=self._bars(standing) if standing and restated else None,
        )

    def take(self, day: ValidatedDay) -> None:
        """Take in a day that was judged, before it is stored."""
        if day.fact.status != "validated":
            return
        fact, bars = day.fact, day.bars.select(COMPARED)
        self.facts[fact.trading_date] = fact
        self._newest = fact, bars
        levels = fact.whole_day.levels if fact.whole_day else None
        self._read[fact.trading_date, fact.source_sha256] = stored_day(fact.trading_date, bars, levels)

    def _before(self, day: date) -> list[LakeFact]:
        found, oldest = list[LakeFact](), day
        for known in sorted((each for each in self.facts if each < day), reverse=True):
            if len(found) == SESSIONS or oldest - known > LONGEST_BREAK:
                break
            if self._readable(self.facts[known]):
                found.append(self.facts[known])
                oldest = known
        return found[::-1]

    def _after(self, day: date) -> list[LakeFact]:
        later = sorted(each for each in self.facts if each > day and each - day <= LONGEST_BREAK)[:LATER]
        return [self.facts[each] for each in later if self._readable(self.facts[each])]

    def _readable(self, fact: LakeFact) -> bool:
        """Whether the bars of a day can be read; one that cannot counts as not stored."""
        try:
            self._stored(fact)
        except StoredFileError:
            return False
        return True

    def _stored(self, fact: LakeFact) -> StoredDay:
        key = fact.trading_date, fact.source_sha256
        if key not in self._read:
            levels = fact.whole_day.levels if fact.whole_day else None
            self._read[key] = stored_day(fact.trading_date, self.lake.bars(fact).select(COMPARED), levels)
        return self._read[key]

    def _bars(self, fact: LakeFact) -> pl.DataFrame:
        if self._newest and self._newest[0] is fact:
            return self._newest[1]
        return self.lake.bars(fact).select(COMPARED)

    def _forget(self, day: date) -> None:
        """Drop what no later day of the range is compared with."""
        for known, sha256 in [key for key in self._read if key[0] < day - 2 * timedelta(days=SESSIONS)]:
            del self._read[known, sha256]
