"""All that alerts are found in: facts of days, failed runs, results of checks, restated bars. Values only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tbp_assets.bars.day_state import DayState, Expectation
from tbp_assets.bars.facts import DayFacts
from tbp_assets.storage.failed_downloads import FailedDownload
from tbp_assets.storage.revisions import RestatedBars


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run of Dagster that failed, whoever started it.

    Attributes:
        days: Trading dates it was about; none of a job without partitions.
        left_open: Days for which alone a step failed, as it left them.
        causes: What the steps that failed for another reason said; one at least where no day was left open.
    """

    run_id: str
    job: str
    ended_at: datetime
    days: tuple[date, ...]
    left_open: Mapping[date, DayState]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """An evaluation of an asset check; `day` is None where it looks at all days together."""

    asset: str
    check: str
    day: date | None
    passed: bool
    severity: Literal["warn", "error"]
    description: str
    run_id: str
    at: datetime

    @property
    def key(self) -> str:
        """What is checked: results with the same key replace each other."""
        return f"check {self.asset}:{self.check} {self.day or 'all days'}"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at a moment.

    Attributes:
        days: Facts of the days watched, and of those that were told to be wrong.
        states: Their states.
        watched: Days of which an absent file is told.
        running: Days that a run is about: what is missing may be there in a minute.
        failed_runs: Oldest first.
        checks: The newest result by key.
        given_up: Failures whose attempts are used up.
    """

    now: datetime
    expectation: Expectation
    days: Mapping[date, DayFacts]
    states: Mapping[date, DayState]
    watched: Collection[date]
    running: Collection[date]
    failed_runs: Sequence[FailedRun]
    checks: Mapping[str, CheckResult]
    restated: Sequence[RestatedBars]
    given_up: Sequence[FailedDownload]
