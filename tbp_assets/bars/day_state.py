"""The state of a day: one pure function of facts, expectation and time. Status, checks and schedule all ask it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from tbp_assets.bars.facts import DayFacts, LandedFile
from tbp_assets.bars.sessions import at_exchange

State = Literal["loaded", "holiday", "late", "missing", "not_entitled", "rejected"]
CLOSED_STATES: frozenset[State] = frozenset({"loaded", "holiday"})


@dataclass(frozen=True, slots=True)
class DayState:
    """A state and the sentence that explains it to a person."""

    state: State
    detail: str = ""

    def __str__(self) -> str:
        """Return state and detail."""
        return f"{self.state} ({self.detail})" if self.detail else self.state

    @property
    def open(self) -> bool:
        """Whether something is still to be done for the day."""
        return self.state not in CLOSED_STATES


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of the provider.

    Attributes:
        sessions: Dates on which the exchange trades.
        expected_by: New York time of the day after a session at which its file is due.
    """

    sessions: frozenset[date]
    expected_by: time

    def due(self, day: date) -> datetime:
        """Return the moment (UTC) from which an absent file counts as missing."""
        return at_exchange(day + timedelta(days=1), self.expected_by)


def day_state(facts: DayFacts, expectation: Expectation, now: datetime) -> DayState:
    """Derive the state of a day.

    A file that was rejected is reported even where an older version of the day is loaded; what is loaded stays.
    """
    landing, load = facts.landing, facts.load
    if landing and landing.status == "unusable":
        return DayState("rejected", landing.cause)
    if landing and landing.file:
        return _state_of_file(facts, landing.file)
    if load:
        return DayState("loaded", "the landing zone no longer knows the file")
    if landing and landing.status == "forbidden":
        return DayState("not_entitled", landing.cause)
    if facts.trading_date not in expectation.sessions:
        return DayState("holiday")
    asked = "the provider has no file yet" if landing else "never asked for"
    return DayState("missing" if now >= expectation.due(facts.trading_date) else "late", asked)


def _state_of_file(facts: DayFacts, file: LandedFile) -> DayState:
    lake, load = facts.lake, facts.load
    if lake and lake.source_sha256 == file.sha256 and lake.status != "validated":
        return DayState("rejected", lake.cause)
    if load and load.source_sha256 == file.sha256:
        return DayState("loaded", "" if lake else "the lake no longer knows the day")
    return DayState("missing", "a restated file is landed, not yet loaded" if load else "landed, not yet loaded")
