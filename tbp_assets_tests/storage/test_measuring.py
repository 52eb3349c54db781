"""A day's quality is the same however it is measured: alone, in a range, across frames, with later days there."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tbp_assets.bars.continuity import HISTORY, LONGEST_BREAK
from tbp_assets.bars.flags import FlagSettings
from tbp_assets.errors import StoredFileError
from tbp_assets.storage import measuring
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.lookback import LookBack
from tbp_assets.storage.measuring import DAYS_IN_A_FRAME, Measuring
from tbp_assets.storage.quality import MeasuredDay
from tbp_assets_tests.day_files import NEW_YEAR, row
from tbp_assets_tests.storage.days import ALL, matching, universe, validated
from tbp_assets_tests.storage.measured import SETTINGS, lake_of, measured, quiet, sessions

pytestmark = pytest.mark.unit

DAYS = sessions(2 * DAYS_IN_A_FRAME + 5)
CHOSEN = universe("AAPL", "MSFT", "SPY")
# What happens on the first and last days of a frame, where a look back crosses its border.
EVENTS: dict[int, Mapping[str, object]] = {
    DAYS_IN_A_FRAME - 1: {"high": 40},
    DAYS_IN_A_FRAME: {"open": 1.0, "close": 1.0, "low": 1.0, "volume": 10_000},
    DAYS_IN_A_FRAME + 1: {"volume": 1_000_000},
    2 * DAYS_IN_A_FRAME: {"close": 40.0, "high": 40.0},
}


def wild(seed: int) -> dict[date, list[str]]:
    """Return days on which every kind of flag across days may be raised, most of all at the borders of frames."""
    chance = random.Random(seed)
    days: dict[date, list[str]] = {}
    for number, day in enumerate(DAYS):
        usual = [row(ticker, day, close=chance.choice((10.5, 10.5, 10.75))) for ticker in "ABCDE"]
        days[day] = [line for line in usual if chance.random() < 0.9]
        days[day] += [row("AAPL", day, **EVENTS.get(number, {})), row("MSFT", day)]
        days[day] += [row("SPY", day, close=10 + number % 3 / 4)] if number != DAYS_IN_A_FRAME - 1 else []
    return days


def ranged(lake: Lake, days: Sequence[date], settings: FlagSettings = SETTINGS) -> dict[date, Any]:
    """Return what is given for each day of a range, a measured day in comparable parts."""
    found = Measuring(lake, settings, CHOSEN).measure(days)
    return {day: parts_of(given) if isinstance(given, MeasuredDay) else given for day, given in found}


def parts_of(day: MeasuredDay) -> tuple[Any, ...]:
    return (day.lake, day.judged_by, day.metrics.rows(), day.flags.rows())


def damage(lake: Lake, day: date, pattern: str = "bars.*.parquet") -> None:
    """Overwrite a file of a day."""
    (key,) = matching(lake.store, lake.directory(day), f"{day}.{pattern}")
    lake.store.write(key, b"{")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_measured_alone_is_as_in_a_range_across_the_borders_of_frames(tmp_path: Path, seed: int) -> None:
    lake = lake_of(tmp_path, wild(seed))
    whole = ranged(lake, DAYS)
    assert list(whole) == DAYS
    assert {day: parts_of(measured(lake, day, CHOSEN)) for day in DAYS} == whole
    raised = {flag[2] for day in DAYS for flag in whole[day][3]}
    assert {"price_move", "probable_split", "volume_spike", "stale_price", "gap", "vanished"} <= raised


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, dict[date, Any]]:
    """Return a lake that is only read, and what is given for its days in frames of the usual size."""
    lake = lake_of(tmp_path_factory.mktemp("stored"), wild(3))
    return lake, ranged(lake, DAYS)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_size_of_a_frame_changes_nothing(
    stored: tuple[Lake, dict[date, Any]], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    lake, whole = stored
    monkeypatch.setattr(measuring, "DAYS_IN_A_FRAME", size)
    assert ranged(lake, DAYS) == whole


def test_a_day_is_measured_the_same_when_later_days_are_there(tmp_path: Path) -> None:
    days = wild(4)
    cut = DAYS[: DAYS_IN_A_FRAME + 2]
    before = ranged(lake_of(tmp_path / "cut", {day: days[day] for day in cut}), cut)
    after = ranged(lake_of(tmp_path / "whole", days), DAYS)
    # The moment of validation is the one thing that is not made of the files.
    assert {day: parts[1:] for day, parts in before.items()} == {day: after[day][1:] for day in cut}


def test_a_day_without_a_file_is_none(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:2], "AAPL"))
    assert list(ranged(lake, [NEW_YEAR, *DAYS[:3]])) == [NEW_YEAR, *DAYS[:3]]
    assert list(ranged(lake, [NEW_YEAR, DAYS[2]]).values()) == [None, None]
    assert list(Measuring(lake, SETTINGS, ALL).measure([])) == []


@pytest.mark.parametrize("pattern", ["bars.*.parquet", "json"])
def test_a_damaged_day_is_its_fault_and_the_range_goes_on(tmp_path: Path, pattern: str) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:4], "AAPL"))
    damage(lake, DAYS[1], pattern)
    found = ranged(lake, DAYS[:4])
    assert isinstance(found[DAYS[1]], StoredFileError)
    assert f"{DAYS[1]}" in str(found[DAYS[1]])
    assert [type(found[day]) for day in (DAYS[0], DAYS[2], DAYS[3])] == [tuple] * 3


def test_a_damaged_quarantine_is_the_fault_of_its_day(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, {DAYS[0]: [row("AAPL", DAYS[0]), row("MSFT", DAYS[0], low=-1)]})
    damage(lake, DAYS[0], "quarantine.*.parquet")
    assert "was altered; materialize validated_bars again" in str(ranged(lake, DAYS[:1])[DAYS[0]])


def test_a_damaged_earlier_day_counts_as_not_stored(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, {DAYS[0]: [row("AAPL", DAYS[0], high=90, close=90)], DAYS[1]: [row("AAPL", DAYS[1])]})
    assert [flag[2] for flag in ranged(lake, DAYS[1:2])[DAYS[1]][3]] == ["price_move"]
    damage(lake, DAYS[0])
    assert [flag[2] for flag in ranged(lake, DAYS[1:2])[DAYS[1]][3]] == []


def test_memory_does_not_grow_with_the_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days, real, seen = sessions(6 * DAYS_IN_A_FRAME), measuring.flags_across_days, list[int]()

    def counting(bars: pl.DataFrame, *rest: Any) -> pl.DataFrame:
        seen.append(bars["trading_date"].n_unique())
        return real(bars, *rest)

    monkeypatch.setattr(measuring, "flags_across_days", counting)
    ranged(lake_of(tmp_path, quiet(days, "AAPL")), days)
    assert (len(seen), max(seen)) == (6, HISTORY + DAYS_IN_A_FRAME)


def test_what_is_looked_back_on_is_the_newest_validated_days(tmp_path: Path) -> None:
    days = sessions(HISTORY + 9)
    lake, look_back = lake_of(tmp_path, quiet(days, "AAPL")), LookBack()
    lake.write(validated([row("AAPL", days[-2], low=-1)], days[-2]))
    for day in days:
        fact = lake.fact(day)
        assert fact is not None
        look_back.add(fact, lake.bars(fact))
        look_back.forget()
    assert list(look_back.days) == [*days[-HISTORY - 1 : -2], days[-1]]
    assert look_back.bars()["trading_date"].to_list() == list(look_back.days)


def test_days_before_a_long_break_are_not_looked_back_on(tmp_path: Path) -> None:
    later = [day for day in sessions(60) if day > DAYS[2] + LONGEST_BREAK][:3]
    lake = lake_of(tmp_path, quiet([*DAYS[:3], *later], "AAPL"))
    assert list(LookBack.before(lake, later[1]).days) == [later[0]]
    assert list(LookBack.before(lake, later[0]).days) == []
    assert ranged(lake, [*DAYS[:3], *later])[later[1]] == parts_of(measured(lake, later[1], CHOSEN))
