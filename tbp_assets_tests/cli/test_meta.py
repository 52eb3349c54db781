"""One company, two tickers, and somebody else's fund under the new one before: FB and META in 2022."""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.table import rows
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows

pytestmark = pytest.mark.integration
MARKET = {"TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
BY_TICKER = """
    SELECT ticker, array_agg(timestamp::date::text ORDER BY timestamp) FROM market_data_raw
    WHERE ticker IN ('FB', 'META') GROUP BY ticker ORDER BY ticker
"""


def test_fb_ends_and_meta_begins_with_the_change_of_the_ticker(project: Project, tbp: Tbp) -> None:
    tbp("backfill", "2022-06-06", "2022-06-10", **MARKET).must_be(0)
    assert rows(project.database(), BY_TICKER) == [
        ("FB", ["2022-06-06", "2022-06-07", "2022-06-08"]),
        ("META", ["2022-06-09", "2022-06-10"]),
    ]


def test_the_fund_that_was_called_meta_stays_outside_with_that_reason(project: Project, tbp: Tbp) -> None:
    said = tbp("backfill", "2022-01-24", "2022-01-28", "--json", **MARKET)
    said.must_be(0)
    assert [ticker for ticker, _ in rows(project.database(), BY_TICKER)] == ["FB"]
    assert [day["outside"]["outside_validity"] for day in said.json["per_day"]] == [1] * 5


def test_not_even_the_whole_market_takes_the_fund_for_the_company(project: Project, tbp: Tbp) -> None:
    tbp("backfill", "2022-01-28", "2022-01-31", TBP_UNIVERSE="all", **MARKET).must_be(0)
    assert [ticker for ticker, _ in rows(project.database(), BY_TICKER)] == ["FB"]
    assert rows(project.database(), "SELECT count(DISTINCT ticker) > 50 FROM market_data_raw") == [(True,)]


def test_invented_and_real_bars_do_not_meet_in_one_database(project: Project, tbp: Tbp) -> None:
    tbp("backfill", "2022-06-08", "2022-06-08", **MARKET).must_be(0)
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    said = tbp("backfill", TUESDAY, TUESDAY, TBP_FLAT_FILES_URL=project.mirror.as_uri())
    said.must_be(1, "holds synthetic bars", "polygon bars", "another TBP_HOME or database")
    assert rows(project.database(), "SELECT DISTINCT data_source FROM market_data_raw") == [("synthetic",)]
