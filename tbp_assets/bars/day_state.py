"""The state of a day: one pure function of facts, expectation and time. Status, checks and schedule all ask it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from tbp_assets.bars.facts import DayFacts, LakeFact, LandedFile, LandingFact
from tbp_assets.bars.sessions import at_exchange
from tbp_assets.errors import Category

State = Literal["loaded", "holiday", "late", "missing", "not_entitled", "rejected", "held"]
CLOSED_STATES: frozenset[State] = frozenset({"loaded", "holiday"})
WITHDRAWN = {
    "absent": "the provider has withdrawn the file since",
    "forbidden": "the provider refuses the file since (HTTP 403)",
}


@dataclass(frozen=True, slots=True)
class DayState:
    """A state, the sentence that explains it to a person, and the kind of fault behind it where something failed."""

    state: State
    detail: str = ""
    error: Category | None = None

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

    A file that was rejected, or did not arrive, is reported even where an older version of the day is loaded; what is
    loaded stays.
    """
    landing = facts.landing
    absent: State = "missing" if now >= expectation.due(facts.trading_date) else "late"
    if landing and landing.status == "unusable":
        return DayState("rejected", landing.cause, "parsing")
    if landing and landing.status == "unreachable":
        older = "an older file is loaded, the newest did not arrive: " if facts.load else ""
        return DayState(absent, older + landing.cause, landing.error)
    if landing and landing.file:
        return _state_of_file(facts, landing, landing.file)
    if facts.load:
        return DayState("loaded", "the landing zone no longer knows the file")
    return _without_file(facts, expectation, absent)


def _without_file(facts: DayFacts, expectation: Expectation, absent: State) -> DayState:
    landing = facts.landing
    if landing and landing.status == "forbidden":
        return DayState("not_entitled", landing.cause, "not_entitled")
    if facts.trading_date not in expectation.sessions:
        return DayState("holiday")
    if landing is None:
        return DayState(absent, "never asked for")
    return DayState(absent, "the provider has no file yet", "not_published" if absent == "missing" else None)


def _state_of_file(facts: DayFacts, landing: LandingFact, file: LandedFile) -> DayState:
    lake, load = facts.lake, facts.load
    if lake and lake.source_sha256 == file.sha256 and lake.status == "held":
        return DayState("held", f"{lake.cause} until `tbp approve {facts.trading_date}` or a newer file", "quality")
    if lake and lake.source_sha256 == file.sha256 and lake.status != "validated":
        return DayState("rejected", lake.cause, "quality" if lake.status == "withheld" else "parsing")
    if load and load.source_sha256 == file.sha256:
        return DayState("loaded", WITHDRAWN.get(landing.status) or _of_loaded(lake))
    return DayState("missing", "a restated file is landed, not yet loaded" if load else "landed, not yet loaded")


def _of_loaded(lake: LakeFact | None) -> str:
    if lake is None:
        return "the lake no longer knows the day"
    decision = lake.approval
    return f"approved by {decision.approved_by}: {decision.reason}" if decision else ""
