"""A planted market as day files through the whole graph: what is flagged in the database is what is planted."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.detection import detected
from tbp_assets.bars.flags import FLAG_SCHEMA
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.quality import Quality
from tbp_assets_tests.cli.terminal import Tbp, tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import day_file, row
from tbp_assets_tests.planted import PlantedMarket, market, score
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools", "tbp"]
pytestmark = pytest.mark.integration

FIRST, LAST = date(2023, 1, 3), date(2023, 7, 31)
COLUMNS = ("open", "high", "low", "close", "volume", "transactions")


def published(project: Project, made: PlantedMarket) -> None:
    """Publish a market as the provider would: a file a session."""
    for (day,), bars in made.bars.group_by("trading_date"):
        assert isinstance(day, date)
        lines = [row(bar["ticker"], day, **{name: bar[name] for name in COLUMNS}) for bar in bars.to_dicts()]
        project.publish({day: day_file(lines)})


def flags_in_the_database(project: Project) -> pl.DataFrame:
    """Return every flag as it is stored."""
    with project.database().transaction(read_only=True) as connection:
        return Quality(connection, US_STOCKS_DAY_AGGS, "polygon").flags(FIRST, LAST)


def test_what_is_planted_is_flagged_whatever_the_runs(
    project: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TBP_UNIVERSE", "all")
    project.change("pipeline.yml", "max_partitions_per_run: 50", "max_partitions_per_run: 33")
    made = market(7, first=FIRST, last=LAST, tickers=12)
    published(project, made)
    tbp("backfill", FIRST, LAST, "--json").must_be(0)
    stored = flags_in_the_database(project)
    expected = detected(made.bars).sort("trading_date", "ticker", "rule")
    assert_frame_equal(stored, expected.select(FLAG_SCHEMA.names()))
    scored = score(made.planted, stored)
    assert scored["planted"].sum() > 20
    assert scored["found"].to_list() == scored["planted"].to_list()
