"""Any history of loads can be read back at any of its points, bit for bit."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.storage import load as load_module
from tbp_assets.storage.database import Database
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY
from tbp_assets_tests.storage.days import ALL, count, load, query, universe, validated
from tbp_assets_tests.storage.history import BAD, GOOD, Model, Table, everything, file_rows, frame_of, revisions, table

pytestmark = pytest.mark.integration

TICKERS = ("A", "B", "Ba", "NA")
LAST_YEAR = date(2023, 12, 29)
# The last two have a ticker that names another instrument on these days.
UNIVERSES = (
    ALL,
    universe("A", "B"),
    universe("A"),
    universe("Ba", "NA"),
    ALL.narrowed(["B"]),
    Universe("renamed", (Listing("A", last=LAST_YEAR),), everything=True),
    Universe("renamed, chosen", (Listing("A"), Listing("B", last=LAST_YEAR))),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A load; the file of None is the one the day had last."""

    day: date
    file: Mapping[str, str] | None
    universe: Universe
    ends: str


ABSENT = "absent"
NAMES = ("plain", *GOOD, BAD, ABSENT)
ENDS = (*["commit"] * 6, "crash before the ledger row", "crash before the commit")


def history(seed: int, length: int) -> list[Step]:
    """Return as many steps; those of a shorter history are the first of a longer one with its seed."""
    chance = random.Random(seed)
    return [_step(chance) for _ in range(length)]


def _step(chance: random.Random) -> Step:
    given_names = {ticker: chance.choice(NAMES) for ticker in TICKERS}
    file = {ticker: name for ticker, name in given_names.items() if name != ABSENT}
    return Step(
        chance.choice((TUESDAY, TUESDAY, WEDNESDAY)),
        file if chance.random() < 0.8 else None,
        chance.choice((*[ALL] * 3, *UNIVERSES, *UNIVERSES[-2:])),
        chance.choice(ENDS),
    )


# Steps drawn one by one are mostly alike (hypothesis likes repetition): of sixty such histories none changed a bar.
HISTORIES = st.builds(history, st.integers(0, 2**32 - 1), st.integers(4, 10))
CAUSES = {"changed", "dropped", "rejected", "outside_validity"}


class CrashedError(Exception):
    """The process died."""


def crashing_load(database: Database, step: Step, file: Mapping[str, str]) -> None:
    """Load a day and die inside the transaction: before the ledger row is written, or after."""
    record = load_module.record

    def die(*arguments: object) -> None:
        if step.ends == "crash before the commit":
            record(*arguments)  # pyright: ignore[reportArgumentType]
        raise CrashedError

    with patch.object(load_module, "record", die), pytest.raises(CrashedError):
        load(database, validated(file_rows(file, step.day), step.day, share=1.0), step.universe)


def replay(database: Database, steps: list[Step]) -> Model:
    """Load a history into an empty table, and write it down."""
    query(database, "TRUNCATE market_data_raw, market_data_revisions, load_ledger")
    model, files = Model(), dict[date, Mapping[str, str]]()
    for step in steps:
        file = {"Z": "plain"} | dict(files.get(step.day, {}) if step.file is None else step.file)
        if step.ends == "commit":
            files[step.day] = file
            bars = validated(file_rows(file, step.day), step.day, share=1.0)
            model.load(file, step.universe, load(database, bars, step.universe))
        else:
            crashing_load(database, step, file)
        assert table(database) == model.now
    return model


def check(database: Database, model: Model) -> None:
    """Compare the database with what was written down, at each point of the history."""
    assert revisions(database) == model.revisions
    assert count(database, "load_ledger") == len(model.points)
    before: Table = {}
    for fact, then in model.points:
        batch, moment = fact.batch_id, fact.loaded_at
        just_before = moment - timedelta(microseconds=1)
        assert table(database, "market_data_at_batch(:batch)", batch=batch) == then
        assert table(database, "market_data_at_batch(:batch)", batch=batch - 1) == before
        assert table(database, "market_data_as_of(:moment)", moment=moment) == then
        assert table(database, "market_data_as_of(:moment)", moment=just_before) == before
        assert everything(database, batch).equals(frame_of(then))
        assert everything(database, moment).equals(frame_of(then))
        assert everything(database, just_before).equals(frame_of(before))
        before = then
    if model.points:
        assert everything(database, None).equals(frame_of(model.now))


def replay_many(database: Database, examples: int) -> Counter[str]:
    """Check as many histories, and return in how many of them each cause occurred, and how many had a crash."""
    seen = Counter[str]()

    @given(HISTORIES)
    @settings(max_examples=examples, deadline=None)
    def holds(steps: list[Step]) -> None:
        model = replay(database, steps)
        check(database, model)
        seen.update({change for _, _, change in model.revisions.values()})
        seen["crash"] += len(model.points) < len(steps)

    holds()
    return seen


def test_every_point_of_any_history_can_be_read_back(project: Project) -> None:
    # A history in which nothing happens can always be read back: each cause must have occurred.
    seen = replay_many(project.database(), 25)
    assert {cause for cause, times in seen.items() if times} >= {*CAUSES, "crash"}, seen


def test_values_that_change_and_change_back_are_three_versions(project: Project) -> None:
    steps = [Step(TUESDAY, {"A": name}, ALL, "commit") for name in ("plain", "other close", "plain")]
    database = project.database()
    model = replay(database, steps)
    check(database, model)
    assert [change for _, _, change in model.revisions.values()] == ["changed", "changed"]


def test_bar_that_goes_and_returns_was_absent_in_between(project: Project) -> None:
    database = project.database()
    model = replay(database, [Step(TUESDAY, file, ALL, "commit") for file in ({"A": "plain"}, {}, {"A": "plain"})])
    check(database, model)
    assert [(TUESDAY, "A") in then for _, then in model.points] == [True, False, True]
