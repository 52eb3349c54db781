"""When a day is measured anew: another file, other rules, earlier days, settings or universe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.metrics import identity_of
from tbp_assets.bars.universe import Listing, Universe
from tbp_assets_tests.bars.day_facts import lake_fact
from tbp_assets_tests.bars.flagging import LIMITS, flag_settings
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY

pytestmark = pytest.mark.unit

UNIVERSE = Universe("two", (Listing("A"), Listing("B")))
DAY, EARLIER = lake_fact(THURSDAY), [lake_fact(TUESDAY), lake_fact(WEDNESDAY)]
IDENTITY = identity_of(DAY, EARLIER, flag_settings(), UNIVERSE)


def identity(day: LakeFact = DAY, earlier: Sequence[LakeFact] = EARLIER) -> str:
    return identity_of(day, earlier, flag_settings(), UNIVERSE)


def changed(day: date) -> list[LakeFact]:
    """Return facts of a day that differ from the first in what its bars are made of."""
    return [lake_fact(day, version="other"), replace(lake_fact(day), rules="other"), lake_fact(day, "withheld")]


def test_the_identity_of_a_day_is_twelve_digits_and_the_same_again() -> None:
    assert identity() == IDENTITY
    assert len(IDENTITY) == len(bytes.fromhex(IDENTITY)) * 2 == 12


@pytest.mark.parametrize("n", range(3))
def test_another_file_or_other_rules_are_another_identity(n: int) -> None:
    assert identity(changed(THURSDAY)[n]) != IDENTITY


@pytest.mark.parametrize("n", range(3))
def test_an_earlier_day_of_another_file_is_another_identity(n: int) -> None:
    assert identity(earlier=[changed(TUESDAY)[n], EARLIER[1]]) != IDENTITY


def test_other_earlier_days_are_another_identity() -> None:
    others = [[], EARLIER[:1], EARLIER[1:], [lake_fact(FRIDAY), *EARLIER]]
    assert len({identity(earlier=earlier) for earlier in others} | {IDENTITY}) == 5


def test_other_settings_are_another_identity() -> None:
    others = [flag_settings("gap"), flag_settings(limits={"price_move": 0.6}), flag_settings(test_tickers=())]
    assert len({identity_of(DAY, EARLIER, each, UNIVERSE) for each in others} | {IDENTITY}) == 4
    assert flag_settings(limits=LIMITS) == flag_settings()


def test_another_universe_is_another_identity_and_another_name_for_it_is_not() -> None:
    others = [Universe("two", (Listing("A"),)), Universe("two", UNIVERSE.listings, everything=True)]
    assert len({identity_of(DAY, EARLIER, flag_settings(), each) for each in others} | {IDENTITY}) == 3
    assert identity_of(DAY, EARLIER, flag_settings(), replace(UNIVERSE, name="ii")) == IDENTITY
