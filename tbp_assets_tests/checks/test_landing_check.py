"""What is said of a day's landed file, for every answer the provider can give."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import dagster as dg
import pytest

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.facts import LandingStatus
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.checks.landing import day_file_is_whole
from tbp_assets.storage.files import sha256_of
from tbp_assets_tests.day_files import NEW_YEAR, TUESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import SOURCE, landing_zone, sending

pytestmark = pytest.mark.unit

WHOLE = day_file(good_rows(TUESDAY))
TODAY = exchange_date(datetime.now(UTC))
EXPECTED = Expectation(frozenset({TUESDAY, TODAY}), time(13))


def test_landed_file_passes_with_its_lines_bytes_and_sha256(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    outcome = day_file_is_whole(zone, EXPECTED, TUESDAY)
    assert (outcome.passed, outcome.description) == (True, f"5 lines, {len(WHOLE)} bytes from {SOURCE}")
    assert outcome.metadata == {
        "lines": dg.MetadataValue.int(5),
        "bytes": dg.MetadataValue.int(len(WHOLE)),
        "sha256": dg.MetadataValue.text(sha256_of(WHOLE)),
    }


@pytest.mark.parametrize(
    ("day", "status", "passed", "words"),
    [
        (NEW_YEAR, "absent", True, "holiday"),
        (TUESDAY, "absent", False, "missing"),
        (TODAY, "absent", False, "late"),
        (TUESDAY, "forbidden", False, "not_entitled (HTTP 403)"),
        (TUESDAY, "unusable", False, "rejected (HTTP 403)"),
    ],
)
def test_answer_without_a_file_is_told_for_what_it_is(
    tmp_path: Path, day: date, status: LandingStatus, passed: bool, words: str
) -> None:
    zone = landing_zone(tmp_path)
    zone.record(day, status, "HTTP 403")
    outcome = day_file_is_whole(zone, EXPECTED, day)
    assert outcome.passed is passed
    assert outcome.description.startswith(words)


def test_day_never_asked_for_is_told(tmp_path: Path) -> None:
    outcome = day_file_is_whole(landing_zone(tmp_path), EXPECTED, TUESDAY)
    assert (outcome.passed, outcome.description) == (False, "missing (never asked for)")


def test_future_holiday_is_a_holiday(tmp_path: Path) -> None:
    assert day_file_is_whole(landing_zone(tmp_path), EXPECTED, TODAY + timedelta(days=1)).passed


@pytest.mark.parametrize("status", ["absent", "forbidden", "unusable"])
def test_bad_answer_after_a_good_file_is_told_with_its_cause(tmp_path: Path, status: LandingStatus) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    zone.record(TUESDAY, status, "what the provider said")
    outcome = day_file_is_whole(zone, EXPECTED, TUESDAY)
    assert not outcome.passed
    assert "what the provider said" in outcome.description


def test_day_with_a_damaged_manifest_was_never_asked_for(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    zone.store.write(f"{zone.directory(TUESDAY)}/{TUESDAY}.json", b"{")
    outcome = day_file_is_whole(zone, EXPECTED, TUESDAY)
    assert (outcome.passed, outcome.description) == (False, "missing (never asked for)")
