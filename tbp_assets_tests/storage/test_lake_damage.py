"""The lake notices files that were altered or lost, and days that other rules or another file made."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from polars.testing import assert_frame_equal

from tbp_assets.bars.facts import LakeFact, StoredFrame
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.files import Files
from tbp_assets.storage.lake import Lake
from tbp_assets_tests.day_files import TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import lake_in, landed_file, validated

FILE = landed_file(b"", 0)


def written(store: Files) -> tuple[Lake, LakeFact, StoredFrame, StoredFrame]:
    lake = lake_in(store)
    fact = lake.write(validated([*good_rows(TUESDAY, [f"T{n}" for n in range(40)]), row("BAD", low="")]))
    assert fact.bars is not None
    assert fact.quarantine is not None
    return lake, fact, fact.bars, fact.quarantine


def test_altered_parquet_is_named_with_its_cure(store: Files) -> None:
    lake, fact, bars, _ = written(store)
    found = store.read(lake.key(TUESDAY, bars))
    assert found is not None
    store.write(lake.key(TUESDAY, bars), found.content[:-1] + b"x")
    place = re.escape(lake.address(TUESDAY, bars))
    with pytest.raises(
        StoredFileError, match=f"2024-01-02: lake file {place} was altered; materialize validated_bars again"
    ):
        lake.bars(fact)


def test_parquet_replaced_by_another_valid_one_is_noticed(store: Files) -> None:
    lake, fact, bars, _ = written(store)
    packed = io.BytesIO()
    lake.bars(fact).head(3).write_parquet(packed)
    store.write(lake.key(TUESDAY, bars), packed.getvalue())
    with pytest.raises(StoredFileError, match="was altered"):
        lake.bars(fact)


def test_lost_quarantine_is_named(store: Files) -> None:
    lake, fact, _, quarantine = written(store)
    store.delete(lake.key(TUESDAY, quarantine))
    with pytest.raises(StoredFileError, match=f"{quarantine.name} is gone"):
        lake.quarantine(fact)


def test_day_with_a_damaged_manifest_was_never_validated(store: Files) -> None:
    lake, fact, *_ = written(store)
    store.write(f"{lake.directory(TUESDAY)}/2024-01-02.json", b"{}")
    assert lake.fact(TUESDAY) is None
    again, again_fact, *_ = written(store)
    assert again.fact(TUESDAY) == again_fact
    assert_frame_equal(again.bars(again_fact), lake.bars(fact))


def test_day_of_this_file_and_these_rules_is_current(store: Files) -> None:
    lake, fact, *_ = written(store)
    assert lake.is_current(fact, replace(FILE, sha256=fact.source_sha256))


def test_day_never_validated_is_not_current(store: Files) -> None:
    assert not lake_in(store).is_current(None, FILE)


def test_day_of_another_file_is_not_current(store: Files) -> None:
    lake, fact, *_ = written(store)
    assert not lake.is_current(fact, replace(FILE, sha256="0" * 64))


def test_day_of_other_rules_is_not_current(store: Files) -> None:
    lake, fact, *_ = written(store)
    assert not lake.is_current(replace(fact, rules="older"), replace(FILE, sha256=fact.source_sha256))


@pytest.mark.parametrize("frame", ["bars", "quarantine"])
@pytest.mark.parametrize("damage", ["altered", "lost"])
def test_damaged_day_is_not_current(store: Files, frame: str, damage: str) -> None:
    lake, fact, bars, quarantine = written(store)
    key = lake.key(TUESDAY, bars if frame == "bars" else quarantine)
    store.write(key, b"x") if damage == "altered" else store.delete(key)
    assert not lake.is_current(fact, replace(FILE, sha256=fact.source_sha256))


def test_refused_day_is_current_without_files(store: Files) -> None:
    lake = lake_in(store)
    fact = lake.write(validated([], header="ticker,price"))
    assert (fact.status, fact.bars, fact.quarantine) == ("refused", None, None)
    assert lake.is_current(fact, replace(FILE, sha256=fact.source_sha256))
