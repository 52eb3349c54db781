"""A day's flags are the same alone, within any range, with or without later days, and however much is known before."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tbp_assets.bars.continuity import HISTORY, flags_across_days
from tbp_assets.bars.flags import FLAG_NAMES
from tbp_assets.storage.lookback import LookBack
from tbp_assets_tests.bars.day_facts import lake_fact
from tbp_assets_tests.bars.flagging import flag_settings
from tbp_assets_tests.bars.random_markets import Market, market, markets

pytestmark = pytest.mark.unit

JUDGED = 12  # days of each market, spread over it
places = st.integers(0, 79)
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of_day(flags: pl.DataFrame, day: date) -> list[tuple[object, ...]]:
    return flags.filter(pl.col("trading_date") == day).rows()


def cut(made: Market, cuts: set[int]) -> list[list[date]]:
    """Return the days of a market in stretches."""
    ends = sorted({0, len(made.days), *(place for place in cuts if place < len(made.days))})
    return [made.days[start:end] for start, end in pairwise(ends)]


@quick
@given(markets, st.integers(0, JUDGED))
def test_a_day_alone_with_the_days_it_is_judged_by_has_the_flags_it_has_within_all(made: Market, offset: int) -> None:
    whole = made.flags(made.days, made.days)
    for day in made.days[offset::JUDGED]:
        assert made.alone([day]).rows() == of_day(whole, day)


@quick
@given(markets, st.integers(0, JUDGED))
def test_later_days_change_no_flag(made: Market, offset: int) -> None:
    whole = made.flags(made.days, made.days)
    for place in range(offset, len(made.days), JUDGED):
        day = made.days[place]
        assert made.flags([day], made.days[: place + 1]).rows() == of_day(whole, day)


@quick
@given(markets, st.integers(1, 40), st.integers(0, JUDGED))
def test_more_history_than_a_day_is_judged_by_changes_no_flag(made: Market, more: int, offset: int) -> None:
    for place in range(offset, len(made.days), JUDGED):
        day = made.days[place]
        known = made.days[max(0, place - HISTORY - more) : place + 1]
        assert made.flags([day], known).rows() == made.alone([day]).rows()


@quick
@given(markets, st.sets(places, max_size=8))
def test_days_in_any_chunks_have_the_flags_they_have_together(made: Market, cuts: set[int]) -> None:
    chunks = [made.alone(days) for days in cut(made, cuts)]
    assert pl.concat(chunks).equals(made.flags(made.days, made.days))


@quick
@given(markets, st.sets(places, max_size=8), st.sets(places, max_size=4))
def test_a_stream_of_days_gives_the_same_flags(made: Market, cuts: set[int], withheld: set[int]) -> None:
    # A day that was withheld has no bars and is no day to look back on.
    missing = {made.days[place] for place in withheld if place < len(made.days)}
    stored = Market([day for day in made.days if day not in missing], made.bars)
    look_back, found = LookBack(), list[pl.DataFrame]()
    for days in cut(made, cuts):
        for day in days:
            status = "withheld" if day in missing else "validated"
            look_back.add(lake_fact(day, status), made.bars.filter(pl.col("trading_date") == day))
        found.append(flags_across_days(look_back.bars(), days, flag_settings()))
        look_back.forget()
    assert pl.concat(found).equals(stored.flags(stored.days, stored.days))


@quick
@given(markets)
def test_a_market_is_judged_without_what_lies_before_a_long_break(made: Market) -> None:
    long = [n for n, (day, after) in enumerate(pairwise(made.days), 1) if after - day > timedelta(days=10)]
    for place in long[:1]:
        after = made.days[place:]
        assert made.flags(after, after).rows() == made.flags(after, made.days).rows()


def test_markets_of_these_kinds_raise_every_flag_across_days() -> None:
    usual = ["up", "down"] * 15
    days = [date(2024, 1, 2) + timedelta(days=n) for n in range(70)]
    first = [*usual, "jump", *usual[:4], "burst", "up", "split", *usual[:5], *["still"] * 5, "up"]
    second, third = [*usual, "absent", "absent", "up"], [*["absent"] * 25, "up"]
    found = market(days, (first, second, third)).flags(days, days)
    assert set(found["rule"]) == set(FLAG_NAMES[FLAG_NAMES.index("price_move") :])
