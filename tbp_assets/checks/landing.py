"""What is checked of a landed day file."""

from datetime import UTC, date, datetime

import dagster as dg

from tbp_assets.bars.day_state import Expectation, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.storage.landing import LandingZone


def day_file_is_whole(landing: LandingZone, expectation: Expectation, day: date) -> CheckOutcome:
    """The provider's file is landed whole (length, gzip CRC, header), or none was expected."""
    fact = landing.fact(day)
    if fact and fact.status == "landed" and fact.file:
        file = fact.file
        metadata = {
            "lines": dg.MetadataValue.int(file.lines),
            "bytes": dg.MetadataValue.int(file.bytes),
            "sha256": dg.MetadataValue.text(file.sha256),
        }
        return CheckOutcome(True, f"{file.lines:,} lines, {file.bytes:,} bytes from {file.source}", metadata)
    if fact and fact.file:
        return CheckOutcome(False, f"{fact.status}: {fact.cause}. The file landed before stays.")
    state = day_state(DayFacts(day, landing=fact), expectation, datetime.now(UTC))
    return CheckOutcome(not state.open, str(state))
