"""What is planted is in the bars as the truth says, and far enough apart."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from tbp_assets_tests.planted import KINDS
from tbp_assets_tests.planted.judged import SEEDS, events_of, made, with_before
from tbp_assets_tests.planted.kinds import Planted
from tbp_assets_tests.planted.moves import new_per_old
from tbp_assets_tests.planted.sessions import after, sessions

pytestmark = pytest.mark.unit

FIRST, LAST = date(2020, 1, 2), date(2024, 12, 31)


def on_the_day(kind: str) -> pl.DataFrame:
    """Return the bars, beside those before, of the first days of all events of a kind."""
    found = [
        made(seed)
        .planted.filter(kind=kind)
        .join(with_before(made(seed).bars), left_on=["ticker", "first"], right_on=["ticker", "trading_date"])
        for seed in SEEDS
    ]
    return pl.concat(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_occurs(seed: int) -> None:
    counts = dict(made(seed).planted["kind"].value_counts().iter_rows())
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 4
    assert min(counts[kind] for kind in KINDS if kind not in ("born", "dead")) >= 10


@pytest.mark.parametrize("seed", SEEDS)
def test_events_of_a_ticker_are_thirty_sessions_apart(seed: int) -> None:
    lives: dict[str, list[Planted]] = defaultdict(list)
    for event in events_of(made(seed).planted):
        lives[event.ticker].append(event)
    for life in lives.values():
        for earlier, later in pairwise(life):
            assert len(sessions(earlier.last, later.first)) > 30, (earlier, later)


@pytest.mark.parametrize("seed", SEEDS)
def test_bars_are_absent_exactly_where_the_truth_says(seed: int) -> None:
    bars, planted = made(seed).bars, made(seed).planted
    absent = {(event.ticker, day) for event in events_of(planted) for day in _absent(event)}
    everything = {(ticker, day) for ticker in bars["ticker"].unique() for day in sessions(FIRST, LAST)}
    assert everything - set(bars.select("ticker", "trading_date").iter_rows()) == absent


def _absent(event: Planted) -> tuple[date, ...]:
    if event.kind == "born":
        return sessions(FIRST, event.first)[:-1]
    return sessions(event.first, event.last) if event.kind in ("hole", "dead") else ()


def test_holes_and_stale_runs_are_as_long_as_said() -> None:
    lengths: dict[str, list[int]] = defaultdict(list)
    for event in (event for seed in SEEDS for event in events_of(made(seed).planted)):
        lengths[event.kind].append(len(sessions(event.first, event.last)))
    assert (min(lengths["hole"]), max(lengths["hole"])) == (1, 15)
    assert (min(lengths["stale"]), max(lengths["stale"])) == (4, 12)
    assert {length for kind in ("split", "jump", "spike", "volume", "born") for length in lengths[kind]} == {1}


def test_nothing_is_born_within_two_months() -> None:
    first = pl.concat([made(seed).planted for seed in SEEDS]).filter(kind="born")["first"].min()
    assert isinstance(first, date)
    assert first > date(2020, 3, 1)


def test_stale_prices_repeat_those_before_and_end_after() -> None:
    bars = {(row[1], row[0]): row[2:6] for row in made(SEEDS[0]).bars.iter_rows()}
    for event in events_of(made(SEEDS[0]).planted.filter(kind="stale")):
        run = sessions(event.first, event.last)
        prices = {bars[event.ticker, day] for day in (after(event.first, -1), *run)}
        assert len(prices) == 1
        assert bars[event.ticker, after(event.last)] not in prices


def test_splits_divide_prices_and_multiply_shares() -> None:
    splits = on_the_day("split").with_columns(pl.col("ratio").map_elements(new_per_old, pl.Float64).alias("new"))
    assert (splits["open"] * splits["new"] / splits["before"]).is_between(0.84, 1.16).all()
    assert (splits["close"] * splits["new"] / splits["before"]).is_between(0.51, 1.49).all()
    assert (splits["volume"] / splits["new"] / splits["usual"]).is_between(0.3, 3.1).all()
    assert (splits["new"] < 1).any()
    assert (splits["new"] > 1).any()


def test_only_splits_have_a_ratio() -> None:
    planted = made(SEEDS[0]).planted
    assert planted.filter(pl.col("ratio").is_not_null())["kind"].unique().to_list() == ["split"]
    assert planted.filter(kind="split")["ratio"].str.contains(r"^\d+:\d+$").all()


def test_jumps_are_beyond_a_half_and_much_traded() -> None:
    jumps = on_the_day("jump")
    assert not (jumps["close"] / jumps["before"]).is_between(0.5, 1.5).any()
    assert (jumps["volume"] / jumps["usual"] > 7.5).all()


def test_some_jumps_look_like_splits_but_for_their_volume() -> None:
    moves = on_the_day("jump").select(move=pl.col("close") / pl.col("before"))["move"]
    assert moves.is_between(0.46, 0.5).sum() > 0
    assert moves.is_between(1.94, 2.06).sum() > 0


def test_spikes_are_far_off_and_false_volumes_far_more_than_usual() -> None:
    spikes, volumes = on_the_day("spike"), on_the_day("volume")
    high = spikes["high"] / spikes.select(pl.max_horizontal("open", "close", "before")).to_series()
    low = spikes.select(pl.min_horizontal("open", "close", "before")).to_series() / spikes["low"]
    assert ((high > 1.55) != (low > 1.55)).all()
    assert (volumes["volume"] / volumes["usual"]).is_between(11.99, 201).all()
