"""A mirror on disk has the vendor's keys, and its files appear whole or not at all."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from tbp_assets.embedded.market import SyntheticMarket, write_mirror

pytestmark = pytest.mark.unit

MARKET = SyntheticMarket(tickers=40)
FRIDAY, SATURDAY, MONDAY = date(2024, 1, 5), date(2024, 1, 6), date(2024, 1, 8)


def _files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_mirror_has_the_vendors_keys_and_the_markets_bytes(tmp_path: Path) -> None:
    paths = write_mirror(MARKET, tmp_path, [FRIDAY, MONDAY])
    assert paths == [tmp_path / MARKET.key(FRIDAY), tmp_path / MARKET.key(MONDAY)]
    assert [path.read_bytes() for path in paths] == [MARKET.day_file(FRIDAY), MARKET.day_file(MONDAY)]
    assert _files(tmp_path) == [MARKET.key(FRIDAY), MARKET.key(MONDAY)]


def test_a_day_without_trading_is_passed_over(tmp_path: Path) -> None:
    assert write_mirror(MARKET, tmp_path, [FRIDAY, SATURDAY]) == [tmp_path / MARKET.key(FRIDAY)]


def test_a_second_writing_leaves_equal_files_alone(tmp_path: Path) -> None:
    [path] = write_mirror(MARKET, tmp_path, [FRIDAY])
    before = path.stat()
    assert write_mirror(MARKET, tmp_path, [FRIDAY]) == [path]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    [path] = write_mirror(MARKET, tmp_path, [FRIDAY])
    _ = path.write_bytes(b"cut short")
    _ = write_mirror(MARKET, tmp_path, [FRIDAY])
    assert path.read_bytes() == MARKET.day_file(FRIDAY)


def test_a_writing_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = write_mirror(MARKET, tmp_path, [FRIDAY])

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        _ = write_mirror(SyntheticMarket(seed=8, tickers=40), tmp_path, [FRIDAY])
    assert path.read_bytes() == MARKET.day_file(FRIDAY)
    assert _files(tmp_path) == [MARKET.key(FRIDAY)]
