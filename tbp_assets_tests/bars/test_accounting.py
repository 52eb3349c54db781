"""The books of a day: a line lost or invented is seen, and said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tbp_assets.bars.accounting import lake_balance, load_balance
from tbp_assets_tests.bars.judging import validated
from tbp_assets_tests.day_files import row

pytestmark = pytest.mark.unit

FACT = validated([row(f"T{n}") for n in range(40)] + [row("BAD", low=-1)]).fact


def test_the_books_of_a_day_say_what_they_add_up() -> None:
    balance = lake_balance(FACT)
    assert balance.holds
    assert balance.sentence == "42 lines - 1 header = 40 accepted + 1 quarantined"


@pytest.mark.parametrize("lines", [41, 43])
def test_a_line_more_or_less_than_the_landing_zone_counted_is_seen(lines: int) -> None:
    balance = lake_balance(replace(FACT, lines=lines))
    assert not balance.holds
    assert (balance.expected, balance.actual) == (lines - 1, 41)


def test_a_lost_quarantined_row_is_seen() -> None:
    assert not lake_balance(replace(FACT, rejected={})).holds


def test_every_accepted_bar_is_in_the_database_or_outside_the_universe() -> None:
    balance = load_balance(40, 12, {"not_in_universe": 25, "outside_validity": 3})
    assert balance.holds
    assert balance.sentence == "40 accepted = 12 in the database + 28 outside the universe"


@pytest.mark.parametrize("accepted", [39, 41])
def test_a_bar_that_is_neither_loaded_nor_outside_is_seen(accepted: int) -> None:
    assert not load_balance(accepted, 12, {"not_in_universe": 28}).holds
