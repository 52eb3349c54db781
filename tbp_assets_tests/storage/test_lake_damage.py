"""The lake notices files that were altered or lost, and days that other rules or another file made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tbp_assets.bars.facts import LakeFact, StoredFrame
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.lake import Lake
from tbp_assets_tests.day_files import TUESDAY, good_rows, row
from tbp_assets_tests.storage.days import lake_in, landed_file, validated

pytestmark = pytest.mark.unit

FILE = landed_file(b"", 0)


def written(root: Path) -> tuple[Lake, LakeFact, StoredFrame, StoredFrame]:
    lake = lake_in(root)
    fact = lake.write(validated([*good_rows(TUESDAY, [f"T{n}" for n in range(40)]), row("BAD", low="")]))
    assert fact.bars is not None
    assert fact.quarantine is not None
    return lake, fact, fact.bars, fact.quarantine


def test_altered_parquet_is_named_with_its_cure(tmp_path: Path) -> None:
    lake, fact, bars, _ = written(tmp_path)
    path = lake.path(TUESDAY, bars)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(
        StoredFileError, match=f"2024-01-02: lake file {path} was altered; materialize validated_bars again"
    ):
        lake.bars(fact)


def test_parquet_replaced_by_another_valid_one_is_noticed(tmp_path: Path) -> None:
    lake, fact, bars, _ = written(tmp_path)
    lake.bars(fact).head(3).write_parquet(lake.path(TUESDAY, bars))
    with pytest.raises(StoredFileError, match="was altered"):
        lake.bars(fact)


def test_lost_quarantine_is_named(tmp_path: Path) -> None:
    lake, fact, _, quarantine = written(tmp_path)
    lake.path(TUESDAY, quarantine).unlink()
    with pytest.raises(StoredFileError, match=f"{quarantine.name} is gone"):
        lake.quarantine(fact)


def test_day_with_a_damaged_manifest_was_never_validated(tmp_path: Path) -> None:
    lake, fact, *_ = written(tmp_path)
    (lake.directory(TUESDAY) / "2024-01-02.json").write_text("{}")
    assert lake.fact(TUESDAY) is None
    again, again_fact, *_ = written(tmp_path)
    assert again.fact(TUESDAY) == replace(fact, validated_at=again_fact.validated_at)


def test_day_of_this_file_and_these_rules_is_current(tmp_path: Path) -> None:
    lake, fact, *_ = written(tmp_path)
    assert lake.is_current(fact, replace(FILE, sha256=fact.source_sha256))


def test_day_never_validated_is_not_current(tmp_path: Path) -> None:
    assert not lake_in(tmp_path).is_current(None, FILE)


def test_day_of_another_file_is_not_current(tmp_path: Path) -> None:
    lake, fact, *_ = written(tmp_path)
    assert not lake.is_current(fact, replace(FILE, sha256="0" * 64))


def test_day_of_other_rules_is_not_current(tmp_path: Path) -> None:
    lake, fact, *_ = written(tmp_path)
    assert not lake.is_current(replace(fact, rules="older"), replace(FILE, sha256=fact.source_sha256))


@pytest.mark.parametrize("frame", ["bars", "quarantine"])
@pytest.mark.parametrize("damage", ["altered", "lost"])
def test_damaged_day_is_not_current(tmp_path: Path, frame: str, damage: str) -> None:
    lake, fact, bars, quarantine = written(tmp_path)
    path = lake.path(TUESDAY, bars if frame == "bars" else quarantine)
    path.write_bytes(b"x") if damage == "altered" else path.unlink()
    assert not lake.is_current(fact, replace(FILE, sha256=fact.source_sha256))


def test_refused_day_is_current_without_files(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    fact = lake.write(validated([], header="ticker,price"))
    assert (fact.status, fact.bars, fact.quarantine) == ("refused", None, None)
    assert lake.is_current(fact, replace(FILE, sha256=fact.source_sha256))
