"""What is remembered of a zone is what its files say: replaced, added and removed manifests are read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from tbp_assets.bars.facts import LandingFact
from tbp_assets.metrics.remembering import RememberedDays
from tbp_assets.storage.files import Files
from tbp_assets.storage.landing import LandingZone
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows
from tbp_assets_tests.storage.days import SOURCE, landing_zone, sending
from tbp_assets_tests.storage.stores import s3_endpoint, store

__all__ = ["s3_endpoint", "store"]

WHOLE = day_file(good_rows(TUESDAY))


class Counting:
    """A zone that counts how many facts of it are read."""

    def __init__(self, zone: LandingZone) -> None:
        self.zone, self.read = zone, 0
        self.dataset, self.data_source, self.store, self.root = zone.dataset, zone.data_source, zone.store, zone.root

    def manifest(self, day: date) -> str:
        return self.zone.manifest(day)

    def facts(self, days: Sequence[date]) -> Mapping[date, LandingFact | None]:
        self.read += len(days)
        return self.zone.facts(days)


def test_a_day_that_did_not_change_is_not_read_again(store: Files) -> None:
    zone = landing_zone(store)
    fact = zone.land(TUESDAY, sending(WHOLE), SOURCE)
    counting = Counting(zone)
    remembered = RememberedDays(counting)
    for _ in range(3):
        remembered.look()
        assert remembered.facts([TUESDAY, WEDNESDAY]) == {TUESDAY: fact, WEDNESDAY: None}
    assert counting.read == 1


def test_replaced_added_and_removed_facts_are_noticed(store: Files) -> None:
    zone = landing_zone(store)
    zone.land(TUESDAY, sending(WHOLE), SOURCE)
    remembered = RememberedDays(zone)
    remembered.look()
    remembered.facts([TUESDAY])
    replaced = zone.record(TUESDAY, "absent", "withdrawn")
    added = zone.record(WEDNESDAY, "forbidden", "403")
    remembered.look()
    assert remembered.facts([TUESDAY, WEDNESDAY]) == {TUESDAY: replaced, WEDNESDAY: added}
    store.delete(zone.manifest(TUESDAY))
    remembered.look()
    assert remembered.facts([TUESDAY, WEDNESDAY]) == {TUESDAY: None, WEDNESDAY: added}


def test_a_damaged_manifest_is_read_again_once_it_is_mended(store: Files, caplog: pytest.LogCaptureFixture) -> None:
    zone = landing_zone(store)
    zone.record(TUESDAY, "absent", "not listed")
    remembered = RememberedDays(zone)
    store.write(zone.manifest(TUESDAY), b"{")
    remembered.look()
    assert remembered.facts([TUESDAY]) == {TUESDAY: None}
    assert "is damaged" in caplog.text
    mended = zone.record(TUESDAY, "absent", "still not listed")
    remembered.look()
    assert remembered.facts([TUESDAY]) == {TUESDAY: mended}
