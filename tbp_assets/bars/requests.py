"""The one answer to "what to ask for": the days a schedule, a sensor or a backfill should request now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tbp_assets.bars.day_state import Expectation, day_state
from tbp_assets.bars.facts import DayFacts, Listed
from tbp_assets.bars.failures import Failure, Patience
from tbp_assets.bars.sessions import exchange_date, weekdays


@dataclass(frozen=True, slots=True)
class Window:
    """How far back days are asked for without a person.

    Attributes:
        start: The first trading date there is.
        look_back_days: Days that are open, whether or not they were ever asked for.
        correction_days: Days that were asked for before, and failed or whose file changed.
    """

    start: date
    look_back_days: int
    correction_days: int

    def days(self, now: datetime) -> list[date]:
        """Return the days that may be in it, oldest first."""
        today = exchange_date(now)
        first = today - timedelta(days=max(self.correction_days, self.look_back_days))
        return weekdays(max(first, self.start), today - timedelta(days=1))

    def includes(self, day: date, *, asked: bool, now: datetime) -> bool:
        """Whether a day is asked for where it is open.

        Args:
            day: The day.
            asked: The provider answered for it before.
            now: The present.
        """
        today = exchange_date(now)
        far = max(self.correction_days, self.look_back_days) if asked else self.look_back_days
        return max(today - timedelta(days=far), self.start) <= day < today


@dataclass(frozen=True, slots=True)
class NextRequest:
    """When a failed day is asked for without a person.

    Attributes:
        due: From then on; None where no moment is known.
        why: Why none is.
        person: It is never asked for, so that a person has to.
    """

    due: datetime | None
    why: str = ""
    person: bool = False


def next_request(day: DayFacts, failure: Failure, window: Window, patience: Patience, now: datetime) -> NextRequest:
    """Return what will become of a failed day, as schedule and sensor decide it."""
    if not window.includes(day.trading_date, asked=day.landing is not None, now=now):
        days = max(window.correction_days if day.landing else 0, window.look_back_days)
        return NextRequest(None, f"not asked for by itself: older than the {days} days looked back on", person=True)
    due = patience.next_attempt(failure)
    if due is None:
        return NextRequest(None, "left to a person: its attempts are used up", person=True)
    if day.landing and day.landing.status == "absent" and not _landed(day):
        return NextRequest(None, "once the provider lists its file")
    return NextRequest(due)


def days_to_request(
    facts: Iterable[DayFacts],
    listing: Mapping[date, Listed],
    *,
    in_progress: Collection[date],
    expectation: Expectation,
    now: datetime,
    patience: Patience | None = None,
) -> list[date]:
    """Return the days worth a run, oldest first.

    A day is worth a run when the provider lists a version of its file that was never asked for; when it is open, or
    lost by the lake, and the file is listed or landed; or when it is a holiday whose absence was never recorded, so
    that its cells fill. A day that cannot be had is not asked for.

    Args:
        facts: What is known of each day.
        listing: The provider's files.
        in_progress: Days that a run is about already.
        expectation: What is expected of the provider.
        now: The present.
        patience: How long a day that failed is left alone; None where a person asks, who need not wait.
    """

    def wanted(day: DayFacts) -> bool:
        state = day_state(day, expectation, now)
        file = listing.get(day.trading_date)
        if file and (is_new(day, file) or (day.lake is None and not state.open)):
            return True
        if state.open and (file or _landed(day)):
            return patience is None or patience.over(day.failure, now)
        return not file and state.state == "holiday" and day.landing is None

    return sorted(day.trading_date for day in facts if day.trading_date not in in_progress and wanted(day))


def is_new(day: DayFacts, file: Listed) -> bool:
    """Whether a listed version of a file was never asked for: another ETag, or another size."""
    if day.landing is None:
        return True
    landed = day.landing.file
    # A file replaced between the listing and the download is known by both its ETags.
    if landed is None or landed.etag != file.etag:
        return day.landing.etag != file.etag
    return file.bytes is not None and landed.bytes != file.bytes


def _landed(day: DayFacts) -> bool:
    return day.landing is not None and day.landing.file is not None
