"""Which stored days a day is judged by, and what is kept of them as a stream of days moves on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import pytest

from tbp_assets.bars.continuity import LOOKED_AT
from tbp_assets.bars.facts import LakeFact, LakeStatus
from tbp_assets.storage.lookback import LookBack, earlier_facts
from tbp_assets_tests.bars.day_facts import lake_fact
from tbp_assets_tests.bars.flagging import DAYS, bar, frame

pytestmark = pytest.mark.unit

JUDGED = DAYS[40]


def judged_by(facts: Sequence[LakeFact], day: date = JUDGED) -> list[date]:
    """Return the days that a day is judged by where these are stored."""
    stored = {fact.trading_date: fact for fact in facts}
    return [fact.trading_date for fact in earlier_facts(stored.get, day)]


def stored(*days: date) -> list[LakeFact]:
    return [lake_fact(day) for day in days]


def kept(days: Sequence[date]) -> LookBack:
    """Return what is kept of days of one bar each."""
    look_back = LookBack()
    for day in days:
        look_back.add(lake_fact(day), frame([bar(day=day)]))
    return look_back


def test_a_day_is_judged_by_the_21_stored_days_before_it_oldest_first() -> None:
    assert judged_by(stored(*DAYS)) == DAYS[19:40]


def test_of_fewer_stored_days_all_are_taken() -> None:
    assert judged_by(stored(*DAYS[35:])) == DAYS[35:40]
    assert judged_by([]) == []


@pytest.mark.parametrize("status", ["withheld", "refused"])
def test_a_day_that_was_not_validated_is_not_looked_back_on(status: LakeStatus) -> None:
    facts = [lake_fact(day, status if day == DAYS[30] else "validated") for day in DAYS]
    assert judged_by(facts) == [day for day in DAYS[18:40] if day != DAYS[30]]


@pytest.mark.parametrize(("days", "taken"), [(1, True), (10, True), (11, False)])
def test_days_before_a_break_of_more_than_ten_days_are_not_looked_back_on(days: int, taken: bool) -> None:
    newest = JUDGED - timedelta(days=3)
    older = newest - timedelta(days=days)
    assert judged_by(stored(older, newest)) == [older] * taken + [newest]
    assert judged_by(stored(older), newest) == [older] * taken


def test_what_is_kept_are_the_columns_that_are_looked_at() -> None:
    bars = kept(DAYS[:3]).bars()
    assert bars.columns == list(LOOKED_AT)
    assert bars["trading_date"].to_list() == DAYS[:3]


def test_nothing_kept_is_a_frame_without_rows() -> None:
    assert LookBack().bars().schema == kept(DAYS[:1]).bars().schema
    assert LookBack().bars().is_empty()


@pytest.mark.parametrize("status", ["withheld", "refused"])
def test_a_day_that_was_not_validated_is_not_kept(status: LakeStatus) -> None:
    look_back = kept(DAYS[:2])
    look_back.add(lake_fact(DAYS[2], status), frame([bar(day=DAYS[2])]))
    assert list(look_back.days) == DAYS[:2]


def test_days_that_no_later_day_looks_back_on_are_forgotten() -> None:
    look_back = kept(DAYS[:40])
    before = [fact.trading_date for fact in look_back.facts(JUDGED)]
    look_back.forget()
    assert list(look_back.days) == before == DAYS[19:40]
    assert [fact.trading_date for fact in look_back.facts(JUDGED)] == before
    assert look_back.bars().filter(pl.col("trading_date") < DAYS[19]).is_empty()


def test_of_few_days_none_is_forgotten() -> None:
    look_back = kept(DAYS[:21])
    look_back.forget()
    assert list(look_back.days) == DAYS[:21]
