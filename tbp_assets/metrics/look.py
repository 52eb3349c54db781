"""One look at the database: what its subjects are asked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.events import Request, Validation
from tbp_assets.bars.facts import LakeFact, LandingFact
from tbp_assets.bars.sessions import at_exchange
from tbp_assets.datasets import Dataset
from tbp_assets.metrics.remembering import RememberedDays
from tbp_assets.settings import Settings
from tbp_assets.storage.database import Database
from tbp_assets.storage.journal import FollowedEvents


@dataclass(frozen=True, slots=True)
class Look:
    """What a subject reads from, at a moment.

    Attributes:
        requests: Of the landing zone.
        validations: Of the lake.
    """

    settings: Settings
    database: Database
    landing: RememberedDays[LandingFact]
    lake: RememberedDays[LakeFact]
    requests: FollowedEvents[Request]
    validations: FollowedEvents[Validation]
    now: datetime

    @property
    def dataset(self) -> Dataset:
        """Whose days."""
        return self.landing.dataset

    @property
    def data_source(self) -> str:
        """Whose data."""
        return self.landing.data_source

    @property
    def whose(self) -> dict[str, str]:
        """What most statements are bound to."""
        return {"dataset": self.dataset.name, "data_source": self.data_source}

    @property
    def tickers(self) -> list[str]:
        """Tickers that may be labels: those of the universe, none where it is all of them."""
        universe = self.settings.universe
        return [] if universe.everything else sorted({listing.ticker for listing in universe.listings})

    def expectation(self, first: date, last: date) -> Expectation:
        """Return what is expected of the provider from a day to another, both included."""
        return self.settings.pipeline.schedule.expectation([first, last])


def start_of(day: date) -> float:
    """Return the start of a trading date in New York as seconds since 1970."""
    return at_exchange(day, time()).timestamp()
