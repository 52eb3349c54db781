"""What is remembered of files is what they say: replaced, added, removed and grown ones are read again."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from tbp_assets.bars.events import Request
from tbp_assets.bars.facts import LandingFact
from tbp_assets.errors import StorageError
from tbp_assets.metrics.remembering import RememberedDays, RememberedJournal
from tbp_assets.storage.landing import LandingZone
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import SOURCE, landing_zone, sending

pytestmark = pytest.mark.unit

WHOLE = day_file(good_rows(TUESDAY))


def settled(zone: LandingZone, day: date = TUESDAY) -> None:
    """Let a month look as if its last change were an hour ago."""
    directory = zone.directory(day)
    then = directory.stat().st_mtime_ns - 3_600_000_000_000
    os.utime(directory, ns=(then, then))


class Counting:
    """A zone that counts how often a fact of it is read."""

    def __init__(self, zone: LandingZone) -> None:
        self.zone, self.read = zone, 0
        self.dataset, self.data_source, self.directory = zone.dataset, zone.data_source, zone.directory

    def fact(self, day: date) -> LandingFact | None:
        self.read += 1
        return self.zone.fact(day)


def test_month_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    fact = zone.land(TUESDAY, sending(WHOLE), SOURCE)
    settled(zone)
    counting = Counting(zone)
    remembered = RememberedDays(counting)
    for _ in range(3):
        remembered.look()
        assert remembered.fact(TUESDAY) == fact
        assert remembered.fact(WEDNESDAY) is None
    assert counting.read == 2


def test_fact_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    settled(zone)
    remembered = RememberedDays(zone)
    remembered.fact(TUESDAY)
    replaced = zone.record(TUESDAY, "absent", "withdrawn")
    added = zone.record(WEDNESDAY, "forbidden", "403")
    remembered.look()
    assert (remembered.fact(TUESDAY), remembered.fact(WEDNESDAY)) == (replaced, added)


def test_month_that_changed_just_now_is_not_trusted(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.record(TUESDAY, "absent", "first")
    remembered = RememberedDays(zone)
    remembered.fact(TUESDAY)
    stamp = zone.directory(TUESDAY).stat()
    second = zone.record(TUESDAY, "absent", "second")
    # The clock of directories has ticks: two changes can bear the same time.
    os.utime(zone.directory(TUESDAY), ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    remembered.look()
    assert remembered.fact(TUESDAY) == second


def test_first_file_of_a_month_is_found(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    remembered = RememberedDays(zone)
    assert remembered.fact(TUESDAY) is None
    fact = zone.record(TUESDAY, "absent", "not listed")
    settled(zone)
    remembered.look()
    assert remembered.fact(TUESDAY) == fact


def test_journal_grows_and_one_that_was_replaced_is_read_from_its_start(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    remembered = RememberedJournal[Request](zone.requests)
    assert remembered.events() == []
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    zone.land(WEDNESDAY, sending(WHOLE), SOURCE)
    assert [request.trading_date for request in remembered.events()] == [TUESDAY, WEDNESDAY]
    assert remembered.events() is remembered.events()
    first_line = zone.requests.path.read_bytes().splitlines(keepends=True)[0]
    zone.requests.path.write_bytes(first_line)
    assert [request.trading_date for request in remembered.events()] == [TUESDAY]


def test_journal_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    zone = landing_zone(tmp_path)
    zone.requests.path.mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot be read"):
        RememberedJournal(zone.requests).events()
