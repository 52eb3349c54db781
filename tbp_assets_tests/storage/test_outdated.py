"""A day's quality is out of date when what it rests on is another: files, earlier days, settings or universe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tbp_assets.bars.continuity import HISTORY
from tbp_assets.bars.facts import DayFacts, QualityFact
from tbp_assets.bars.flags import FlagSettings
from tbp_assets.bars.universe import Universe
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.measuring import Measuring
from tbp_assets.storage.quality import MeasuredDay
from tbp_assets_tests.day_files import NEW_YEAR, row
from tbp_assets_tests.storage.days import ALL, universe, validated
from tbp_assets_tests.storage.measured import SETTINGS, flagging, lake_of, quiet, sessions

pytestmark = pytest.mark.unit

AT = datetime(2024, 6, 1, tzinfo=UTC)
DAYS = sessions(HISTORY + 9)
CHOSEN = universe("AAPL", "MSFT", "SPY")


def known(lake: Lake, days: Sequence[date], chosen: Universe = CHOSEN) -> list[DayFacts]:
    """Return the facts of days that were all measured as the lake is now."""
    facts: list[DayFacts] = []
    for day, found in Measuring(lake, SETTINGS, chosen).measure(days):
        assert isinstance(found, MeasuredDay)
        facts.append(DayFacts(day, quality=QualityFact(day, found.lake.source_sha256, found.judged_by, "run", AT)))
    return facts


def outdated(
    lake: Lake, facts: Sequence[DayFacts], settings: FlagSettings = SETTINGS, chosen: Universe = CHOSEN
) -> list[date]:
    """Return the days that call for another look, the lake being as it is now."""
    now = [replace(fact, lake=lake.fact(fact.trading_date)) for fact in facts]
    return Measuring(lake, settings, chosen).outdated(now)


def test_nothing_is_outdated_when_nothing_changed(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:6], "AAPL"))
    facts = known(lake, DAYS[:6])
    assert outdated(lake, [*facts, DayFacts(NEW_YEAR)]) == []
    louder = flagging(appeared="error", price_move="info")
    assert outdated(lake, facts, louder) == [], "how loudly is said changes no flag"


def test_a_day_never_measured_is_outdated(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:3], "AAPL"))
    facts = known(lake, DAYS[:3])
    assert outdated(lake, [facts[0], replace(facts[1], quality=None), facts[2]]) == [DAYS[1]]


def test_a_restated_day_and_those_that_look_back_on_it_are_outdated(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, quiet(DAYS, "AAPL"))
    facts = known(lake, DAYS)
    lake.write(validated([row("AAPL", DAYS[2])], DAYS[2]))
    assert outdated(lake, facts) == DAYS[2 : 2 + HISTORY + 1]


def test_days_after_one_that_was_validated_later_are_outdated(tmp_path: Path) -> None:
    days = quiet(DAYS[:5], "AAPL")
    late = days.pop(DAYS[1])
    lake = lake_of(tmp_path, days)
    facts = known(lake, list(days))
    lake.write(validated(late, DAYS[1]))
    assert outdated(lake, facts) == DAYS[2:5]


def test_a_day_that_was_withheld_since_is_outdated_and_those_after_it_look_back_on_what_stands(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:5], "AAPL"))
    facts = known(lake, DAYS[:5])
    lake.write(validated([row("AAPL", DAYS[1], low=-1)], DAYS[1]))
    assert outdated(lake, facts) == [DAYS[1]]


@pytest.mark.parametrize(
    "settings", [flagging(gap="off"), flagging({"price_move": 0.25}), replace(SETTINGS, test_tickers=())],
    ids=["flag turned off", "limit", "test tickers"],
)  # fmt: skip
def test_other_settings_make_every_day_outdated(tmp_path: Path, settings: FlagSettings) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:3], "AAPL"))
    assert outdated(lake, known(lake, DAYS[:3]), settings) == DAYS[:3]


def test_another_universe_makes_every_day_outdated(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, quiet(DAYS[:3], "AAPL"))
    facts = known(lake, DAYS[:3])
    assert outdated(lake, facts, chosen=ALL) == DAYS[:3]
    assert outdated(lake, facts, chosen=replace(CHOSEN, name="the same tickers by another name")) == []
