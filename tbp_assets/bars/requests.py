"""The one answer to "what to ask for": the days a schedule, a sensor or a backfill should request now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from tbp_assets.bars.day_state import Expectation, day_state
from tbp_assets.bars.facts import DayFacts, Listed
from tbp_assets.bars.failures import Patience


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
