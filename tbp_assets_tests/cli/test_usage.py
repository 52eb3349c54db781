"""What cannot be asked for: exit code 2 and one sentence, before any server is started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets.embedded.postgres import running_server
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit


def test_a_weekend_is_no_trading_date(project: Project, tbp: Tbp) -> None:
    tbp("backfill", "2024-01-06", "2024-01-06").must_be(2, "2024-01-06 is a weekend day", "Monday to Friday")
    tbp("backfill", "2024-01-06", "2024-01-07").must_be(2, "2024-01-06 to 2024-01-07 is a weekend")


def test_a_day_of_the_future_has_no_file(project: Project, tbp: Tbp) -> None:
    future = datetime.now(UTC).date() + timedelta(days=7)
    tbp("backfill", "2024-01-02", future).must_be(2, f"{future} has no day file yet", "newest trading date")


def test_a_day_before_the_first_partition_is_refused_with_the_key_that_sets_it(project: Project, tbp: Tbp) -> None:
    said = tbp("backfill", "2019-12-31", "2024-01-02")
    said.must_be(2, "2019-12-31 lies before the first partition, 2020-01-01", "pipeline.yml: partitions.start_date")


def test_a_range_that_ends_before_it_starts_is_refused(project: Project, tbp: Tbp) -> None:
    tbp("backfill", "2024-01-05", "2024-01-02").must_be(2, "ends before it starts: 2024-01-05 to 2024-01-02")


@pytest.mark.parametrize("text", ["2024-13-01", "02.01.2024", "2024-02-30", "yesterday"])
def test_what_is_no_date_is_named(project: Project, tbp: Tbp, text: str) -> None:
    tbp("backfill", text, "2024-01-05").must_be(2, f"'{text}' is no date: write YYYY-MM-DD")
    tbp("status", "--to", text).must_be(2, f"'{text}' is no date: write YYYY-MM-DD")


def test_an_unknown_ticker_is_named_with_the_cure(project: Project, tbp: Tbp) -> None:
    said = tbp("backfill", "2024-01-02", "2024-01-05", "--tickers", "AAPL,GOOG, aapl")
    said.must_be(2, "unknown ticker GOOG, aapl", "universe 'configured'", "instruments.yml", "case-sensitive")


def test_an_unknown_option_or_command_is_refused(project: Project, tbp: Tbp) -> None:
    tbp("backfill", "2024-01-02", "2024-01-05", "--fast").must_be(2, "--fast")
    tbp("fly").must_be(2, "fly")


def test_nothing_was_started_for_a_question_that_makes_no_sense(project: Project, tbp: Tbp) -> None:
    home = project.root / "home"
    project.settings(TBP_HOME=str(home))
    tbp("backfill", "2024-01-06", "2024-01-07").must_be(2)
    assert running_server(home) is None
    assert not home.exists()
