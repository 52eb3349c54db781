"""Labels are bounded: tickers of the universe alone, none where it is all of them, and nothing a provider sends."""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.metrics.scraping import labels_in, series, values_of

pytestmark = pytest.mark.integration

MANY = [f"X{n:03}" for n in range(300)]


@pytest.fixture
def market(project: Project) -> Project:
    """A file of many tickers, some of them with a rejected row, and their bars in the database."""
    bad = [row(ticker, TUESDAY, high=1) for ticker in ("BAD", "WORSE", "JPM")]
    project.publish({TUESDAY: day_file([*good_rows(TUESDAY), *good_rows(TUESDAY, MANY), *bad])})
    return project


def test_tickers_of_the_universe_alone_are_labels(market: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, TUESDAY, TBP_UNIVERSE="all")
    text = tbp("metrics", TBP_UNIVERSE="high_priority").out
    assert labels_in(text, "symbol") == {"AAPL", "MSFT", "NVDA", "META", "FB", "SPY", "QQQ"}
    told = values_of(text)
    assert told[series("mp_ingest_rows_total", symbol="AAPL")] == 1
    assert told[series("mp_ingest_rows_total", symbol="NVDA")] == 0


def test_universe_of_all_has_no_ticker_labels(market: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, TUESDAY, TBP_UNIVERSE="all")
    text = tbp("metrics", TBP_UNIVERSE="all").out
    assert labels_in(text, "symbol") == set()
    assert values_of(text)[series("mp_ingest_rows_total")] == 304
    assert "X001" not in text


def test_more_days_and_tickers_add_no_series(market: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, TUESDAY, TBP_UNIVERSE="all")
    one = set(values_of(tbp("metrics").out))
    rows = [*good_rows(WEDNESDAY, MANY), *good_rows(WEDNESDAY, [f"Y{n}" for n in range(300)])]
    market.publish({WEDNESDAY: day_file([*rows, row("BAD2", WEDNESDAY, high=1)])})
    tbp("backfill", WEDNESDAY, WEDNESDAY)
    added = set(values_of(tbp("metrics").out)) - one
    assert {key[0] for key in added} <= {"tbp_day_flags", "tbp_checks_failing"}
