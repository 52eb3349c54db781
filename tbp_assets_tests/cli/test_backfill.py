"""`tbp backfill` on files made by hand: what it loads, what it says, and that doing it again does nothing."""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.table import bars, loads, rows, tickers, versions
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration
SESSIONS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
BACKFILL = ("backfill", NEW_YEAR, FRIDAY)


def publish_week(project: Project) -> None:
    """Publish four sessions of four tickers, of which three are configured; the Monday is New Year's Day."""
    project.publish({day: day_file(good_rows(day)) for day in SESSIONS})


def test_a_range_is_loaded_with_its_holiday(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    said = tbp(*BACKFILL, "--json")
    said.must_be(0)
    report = said.json
    assert (report["days"], report["files"], report["lines"], report["rows"]) == (5, 4, 20, 12)
    assert (report["accepted"], report["inserted"], report["downloads"]) == (16, 12, 4)
    assert (report["quarantined"], report["open"], report["faults"], report["done_before"]) == ({}, {}, [], [])
    assert tickers(project.database()) == ["AAPL", "MSFT", "SPY"]


def test_the_books_of_each_day_are_in_the_report(project: Project, tbp: Tbp) -> None:
    bad = [row("NVDA", TUESDAY, high=1.0), row("", TUESDAY)]
    project.publish({TUESDAY: day_file([*good_rows(TUESDAY, [f"T{n}" for n in range(96)]), *good_rows(TUESDAY), *bad])})
    report = tbp("backfill", TUESDAY, TUESDAY, "--json").json
    assert report["quarantined"] == {"high_below_low": 1, "ticker_malformed": 1}
    assert report["per_day"] == [
        {
            "trading_date": "2024-01-02", "lines": 103, "headers": 1, "accepted": 100, "quarantined": 2, "rows": 3,
            "outside": {"not_in_universe": 97}, "inserted": 3, "unchanged": 0,
        }
    ]  # fmt: skip


def test_the_books_add_up_at_sight(project: Project, tbp: Tbp) -> None:
    bad = [row("NVDA", TUESDAY, high=1.0), row("", TUESDAY)]
    project.publish({TUESDAY: day_file([*good_rows(TUESDAY, [f"T{n}" for n in range(96)]), *good_rows(TUESDAY), *bad])})
    said = tbp("backfill", TUESDAY, TUESDAY)
    parts = [line.strip().rsplit(maxsplit=1) for line in said.out.splitlines()]
    books = {
        name.strip(): int(count) for name, count in (part for part in parts if len(part) == 2 and part[1].isdigit())
    }
    assert books["lines"] == books["headers"] + books["quarantined"] + books["accepted"] == 103
    assert books["quarantined"] == books["high_below_low"] + books["ticker_malformed"]
    assert books["accepted"] == books["outside the universe"] + books["rows in the database"]
    assert "universe 'configured'" in said.out
    report = tbp("backfill", TUESDAY, TUESDAY, "--json").json
    quarantined, outside = sum(report["quarantined"].values()), sum(report["outside"].values())
    assert report["lines"] == report["headers"] + report["accepted"] + quarantined
    assert report["accepted"] == outside + report["rows"]


def test_a_person_reads_source_and_target_first_and_the_books_last(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    lines = tbp(*BACKFILL).out.splitlines()
    assert lines[0].startswith(f"{project.mirror.as_uri()}  →  embedded postgresql://tbp@127.0.0.1:")
    counts = dict(line.rsplit(maxsplit=1) for line in lines[1:-1])
    assert (counts["days"], counts["lines"], counts["rows in the database"]) == ("5", "20", "12")
    assert "rows/s" in lines[-1]


def test_a_second_run_changes_nothing_and_asks_for_nothing(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    tbp(*BACKFILL).must_be(0)
    before = versions(project.database())
    report = tbp(*BACKFILL, "--json").json
    assert (report["downloads"], report["inserted"], report["updated"], report["unchanged"]) == (0, 0, 0, 0)
    assert report["done_before"] == ["2024-01-01", *map(str, SESSIONS)]
    assert (report["days"], report["rows"]) == (5, 12)
    assert versions(project.database()) == before
    assert loads(project.database()) == 4


def test_force_runs_days_that_are_done_and_still_changes_no_row(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    tbp(*BACKFILL).must_be(0)
    before = versions(project.database())
    report = tbp(*BACKFILL, "--force", "--json").json
    assert (report["done_before"], report["downloads"], report["unchanged"]) == ([], 0, 12)
    assert versions(project.database()) == before
    assert loads(project.database()) == 8


def test_chosen_tickers_alone_are_loaded_and_the_rest_follow_later(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    report = tbp(*BACKFILL, "--tickers", "AAPL, SPY", "--json").json
    assert (report["rows"], tickers(project.database())) == (8, ["AAPL", "SPY"])
    report = tbp(*BACKFILL, "--json").json
    assert (report["inserted"], report["unchanged"], report["downloads"]) == (4, 8, 0)
    assert tickers(project.database()) == ["AAPL", "MSFT", "SPY"]


def test_a_backfill_counts_what_its_own_runs_wrote(project: Project, tbp: Tbp) -> None:
    # It read each day's newest whole load, whoever had made it: here the first command's.
    publish_week(project)
    assert tbp(*BACKFILL, "--json").json["inserted"] == 12
    report = tbp(*BACKFILL, "--tickers", "AAPL", "--force", "--json").json
    assert (report["inserted"], report["unchanged"]) == (0, 12)
    assert tbp(*BACKFILL, "--json").json["unchanged"] == 0, "nothing was run"


def test_no_ticker_is_not_every_ticker(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    tbp(*BACKFILL, "--tickers", "").must_be(2, "names no ticker")
    assert tickers(project.database()) == []


def test_tickers_without_a_bar_on_any_day_are_named(project: Project, tbp: Tbp) -> None:
    # A ticker misspelt in instruments.yml was invisible: the days were loaded, and nothing was amiss.
    everyone = ["CVX", "JPM", "LLY", "META", "NVDA", "QQQ", "SPY", "UNH", "V", "WMT"]
    project.publish({TUESDAY: day_file(good_rows(TUESDAY, [*everyone, "AAPL"]))})
    project.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY, [*everyone, "MSFT"]))})
    project.change("instruments.yml", "symbol: NVDA,", "symbol: NVDAX,")
    project.change("instruments.yml", "symbol: JPM,", "symbol: JPMX, valid_from: 2024-01-04,")
    for _ in ("loaded now", "done before"):
        said = tbp("backfill", NEW_YEAR, WEDNESDAY, "--json")
        said.must_be(0)
        assert said.json["tickers_without_bar"] == ["NVDAX"]
    tbp("backfill", TUESDAY, TUESDAY, "--force").must_be(
        0, "no bar on any loaded day: MSFT, NVDAX (misspelt, or not listed then?)"
    )
    report = tbp("backfill", TUESDAY, WEDNESDAY, "--tickers", "AAPL,SPY", "--json").json
    assert report["tickers_without_bar"] == []


def test_a_holiday_has_no_tickers_to_miss(project: Project, tbp: Tbp) -> None:
    assert tbp("backfill", NEW_YEAR, NEW_YEAR, "--json").json["tickers_without_bar"] == []


def test_a_range_longer_than_a_run_is_cut_into_runs_that_one_tag_groups(project: Project, tbp: Tbp) -> None:
    publish_week(project)
    project.change("pipeline.yml", "max_partitions_per_run: 50", "max_partitions_per_run: 2")
    report = tbp(*BACKFILL, "--json").json
    runs = f"{project.settings().database.dagster_schema}.run_tags"
    sql = f"SELECT value, count(*) FROM {runs} WHERE key = 'tbp/backfill' GROUP BY value"
    assert rows(project.database(), sql) == [(report["backfill"], 3)]
    assert len(bars(project.database())) == 12
