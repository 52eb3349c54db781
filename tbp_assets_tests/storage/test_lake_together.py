"""Two processes that write a day of the lake at once end with one manifest, and every file that it names is there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.errors import StorageError
from tbp_assets.storage import lake as module
from tbp_assets.storage.files import Files
from tbp_assets.storage.lake import Lake
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import SOURCE, lake_in, landing_zone, names_in, sending, validated
from tbp_assets_tests.storage.stores import Deviating, Meanwhile

TICKERS = [f"T{n}" for n in range(40)]
OLD = validated([*good_rows(TUESDAY, TICKERS), row("BAD", low="")])
NEW = validated([*good_rows(TUESDAY, TICKERS[:-1]), row("WORSE", low="")])


def intact(lake: Lake) -> LakeFact:
    """Return the fact of the day, which names what lies there: all of it whole, and nothing else."""
    fact = lake.whole_fact(TUESDAY)
    assert fact is not None
    named = [frame for frame in (fact.bars, fact.quarantine) if frame]
    assert [lake.read(TUESDAY, frame).height for frame in named] == [frame.rows for frame in named]
    assert set(names_in(lake.store)) == {"2024-01-02.json", *(frame.name for frame in named)}
    return fact


def tickers(lake: Lake, fact: LakeFact) -> set[str]:
    return {*lake.bars(fact)["ticker"], *lake.quarantined_tickers(fact)}


def overtaken(store: Files, mine: ValidatedDay, theirs: Sequence[ValidatedDay]) -> Lake:
    """Write a day while somebody else, right before the manifest is replaced, writes it, too."""
    others = lake_in(store)
    lake_in(Meanwhile(store, lambda: [others.write(day) for day in theirs])).write(mine)
    return others


@pytest.mark.parametrize("mine", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("theirs", [[OLD], [NEW], [OLD, NEW], [NEW, OLD]], ids=["old", "new", "old-new", "new-old"])
@pytest.mark.parametrize("before", [None, OLD], ids=["first", "again"])
def test_who_comes_last_wins_and_every_file_of_the_manifest_is_there(
    store: Files, before: ValidatedDay | None, mine: ValidatedDay, theirs: list[ValidatedDay]
) -> None:
    if before:
        lake_in(store).write(before)
    lake = overtaken(store, mine, theirs)
    assert tickers(lake, intact(lake)) == {*mine.bars["ticker"], *mine.quarantine["ticker"].drop_nulls()}


def test_a_file_put_back_while_it_is_removed_is_there_in_the_end(store: Files) -> None:
    # NEW replaces OLD and is about to remove OLD's files when another process writes OLD again.
    class Slow(Deviating):
        """Files of a process that is stopped right before it removes the first one."""

        stopped = False

        def delete(self, key: str) -> None:
            if not self.stopped:
                self.stopped = True
                lake_in(store).write(OLD)
            super().delete(key)

    lake_in(store).write(OLD)
    slow = Slow(store)
    lake_in(slow).write(NEW)
    assert slow.stopped
    lake = lake_in(store)
    assert tickers(lake, intact(lake)) >= {"BAD", "T39"}


def test_many_at_once_leave_one_day(store: Files) -> None:
    days = [validated(good_rows(TUESDAY, TICKERS[: 10 + n])) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        facts = list(pool.map(lake_in(store).write, days))
    assert intact(lake_in(store)) in facts


def test_a_write_that_fails_half_way_leaves_the_former_day(store: Files) -> None:
    class FullAt(Deviating):
        """Files whose place is full at the given write."""

        def __init__(self, files: Files, number: int) -> None:
            super().__init__(files)
            self.left = number

        def write(self, key: str, content: bytes) -> None:
            self.left -= 1
            if self.left < 0:
                raise StorageError("full")
            super().write(key, content)

    lake = lake_in(store)
    before = lake.write(OLD)
    for number in (0, 1):
        with pytest.raises(StorageError, match="full"):
            lake_in(FullAt(store, number)).write(NEW)
        assert (lake.whole_fact(TUESDAY), lake.bars(before).height) == (before, 40)


def test_what_a_process_that_died_left_is_removed_a_day_later(store: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = lake_in(store)
    lake.write(OLD)
    left = f"{lake.directory(TUESDAY)}/2024-01-02.bars.0123456789abcdef-01234567.parquet"
    store.write(left, b"half of a day")
    lake.write(NEW)
    assert store.read(left) is not None, "a process may still be writing its day"
    monkeypatch.setattr(module, "LONGEST_WRITE", timedelta(seconds=-60))
    lake.write(OLD)
    intact(lake)


def test_an_answer_recorded_while_a_file_lands_does_not_forget_it(store: Files) -> None:
    content = day_file(good_rows(TUESDAY))
    zone = landing_zone(store)
    late = replace(zone, store=Meanwhile(store, lambda: zone.land(TUESDAY, sending(content), SOURCE)))
    fact = late.record(TUESDAY, "absent", "not listed")
    assert (fact.status, fact.file is not None) == ("absent", True)
    assert zone.fact(TUESDAY) == fact
