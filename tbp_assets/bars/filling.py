"""Which days' cells are filled: what keeps a day's file, or its bars, from being there, or nothing.

Every asset asks here, so that a cell is filled in none where the day lacks what the asset is about.
"""

from __future__ import annotations

from datetime import date, datetime

from tbp_assets.bars.day_state import DayState, Expectation, day_state
from tbp_assets.bars.facts import DayFacts, LakeFact, LandingFact


def file_lacks(
    trading_date: date, landing: LandingFact | None, expectation: Expectation, now: datetime
) -> DayState | None:
    """Return why the newest file of a day is not landed; None where it is, or where none was expected."""
    if landing and landing.file and landing.status not in {"unusable", "unreachable"}:
        return None
    state = day_state(DayFacts(trading_date, landing), expectation, now)
    return state if state.open else None


def bars_lack(
    trading_date: date, landing: LandingFact | None, lake: LakeFact | None, expectation: Expectation, now: datetime
) -> DayState | None:
    """Return why there are no good bars of the newest file of a day; None where they are, or where none are expected.

    Args:
        trading_date: The day.
        landing: The provider's last answer.
        lake: What validation made of a file: of the newest, or of an older one that stays.
        expectation: What is expected of the provider.
        now: The present.
    """
    if lake is None:
        state = day_state(DayFacts(trading_date, landing), expectation, now)
        return state if state.open else None
    if landing and landing.status in {"unusable", "unreachable"}:
        return file_lacks(trading_date, landing, expectation, now)
    if landing and landing.file and landing.file.sha256 != lake.source_sha256:
        return DayState("missing", "a restated file is landed, not yet validated")
    if lake.status == "validated":
        return None
    state = day_state(DayFacts(trading_date, landing, lake), expectation, now)
    if lake.cause in state.detail:
        return state
    # The landing zone no longer knows the file.
    held = lake.status == "held"
    return DayState("held" if held else "rejected", lake.cause, "parsing" if lake.status == "refused" else "quality")
