"""What has changed since the last run is noticed: the universe, the table, the provider's file."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tbp_assets.bars import rules as rules_module
from tbp_assets.bars.rules import RULES, rules_version
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets_tests.cli.table import bars, rows, run, tickers, versions
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration
DAYS = (TUESDAY, WEDNESDAY, THURSDAY)
BACKFILL = ("backfill", TUESDAY, THURSDAY, "--json")
NEW_TICKER = "\n  - {symbol: ZZZZ, name: Newcomer, sector: Technology, asset_class: stock, priority: 3}"


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """A project with three loaded days of AAPL, MSFT, SPY; ZZZZ is in the files and not in the universe."""
    project.publish({day: day_file(good_rows(day)) for day in DAYS})
    tbp(*BACKFILL).must_be(0)
    return project


def test_a_new_ticker_comes_from_the_lake_and_the_provider_is_not_asked(loaded: Project, tbp: Tbp) -> None:
    loaded.change("instruments.yml", "\ninstruments:", "\ninstruments:" + NEW_TICKER)
    loaded.mirror.rename(loaded.root / "moved away")
    before = versions(loaded.database())
    said = tbp(*BACKFILL)
    said.must_be(0)
    assert (said.json["downloads"], said.json["inserted"], said.json["unchanged"]) == (0, 3, 9)
    assert tickers(loaded.database()) == ["AAPL", "MSFT", "SPY", "ZZZZ"]
    assert [version for version in versions(loaded.database()) if version[0] != "ZZZZ"] == before


def test_rows_deleted_from_the_table_come_back_from_the_lake(loaded: Project, tbp: Tbp) -> None:
    before = bars(loaded.database())
    run(loaded.database(), "DELETE FROM market_data_raw WHERE ticker = 'MSFT' AND timestamp < '2024-01-04'")
    report = tbp(*BACKFILL).json
    assert (report["downloads"], report["inserted"], report["done_before"]) == (0, 2, ["2024-01-04"])
    assert bars(loaded.database()) == before


def test_a_replaced_file_of_the_same_size_and_time_is_read_again_by_force(loaded: Project, tbp: Tbp) -> None:
    path = loaded.mirror / US_STOCKS_DAY_AGGS.key(WEDNESDAY)
    # Behind its end a gzip file may have zeros.
    loaded.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY)).ljust(500, bytes(1))})
    tbp(*BACKFILL).must_be(0)
    known = path.stat()
    other = day_file([row("AAPL", WEDNESDAY, close=10.75), *good_rows(WEDNESDAY)[1:]])
    loaded.publish({WEDNESDAY: other.ljust(500, bytes(1))})
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert path.stat().st_size == known.st_size
    assert tbp(*BACKFILL).json["updated"] == 0
    report = tbp(*BACKFILL, "--force").json
    assert (report["updated"], report["unchanged"]) == (1, 8)
    assert tbp(*BACKFILL, "--force").json["updated"] == 0


def test_a_restated_file_replaces_what_it_changes_and_nothing_else(loaded: Project, tbp: Tbp) -> None:
    before = versions(loaded.database())
    loaded.publish({WEDNESDAY: day_file([row("AAPL", WEDNESDAY, close=10.75), *good_rows(WEDNESDAY)[1:]])})
    report = tbp(*BACKFILL).json
    assert (report["downloads"], report["updated"], report["inserted"], report["unchanged"]) == (1, 1, 0, 2)
    after = versions(loaded.database())
    changed = [new[:4] for old, new in zip(before, after, strict=True) if old != new]
    assert [(key[0], key[3].date()) for key in changed] == [("AAPL", WEDNESDAY)]
    sql = "SELECT close FROM market_data_raw WHERE ticker = 'AAPL' AND timestamp::date = '2024-01-03'"
    assert rows(loaded.database(), sql) == [(10.75,)]


def test_a_ticker_that_a_restated_file_drops_leaves_the_table(loaded: Project, tbp: Tbp) -> None:
    loaded.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY, ["AAPL", "SPY", "ZZZZ"]))})
    report = tbp(*BACKFILL).json
    assert (report["deleted"], report["unchanged"]) == (1, 2)
    sql = "SELECT ticker FROM market_data_raw WHERE timestamp::date = '2024-01-03' ORDER BY 1"
    assert rows(loaded.database(), sql) == [("AAPL",), ("SPY",)]


def test_a_restated_file_that_is_bad_leaves_the_loaded_day_and_is_reported(loaded: Project, tbp: Tbp) -> None:
    before = versions(loaded.database())
    loaded.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY))[:-20]})
    said = tbp(*BACKFILL)
    said.must_be(1)
    assert {day: found["state"] for day, found in said.json["open"].items()} == {"2024-01-03": "rejected"}
    assert versions(loaded.database()) == before


def test_a_file_that_only_looks_newer_changes_no_row(loaded: Project, tbp: Tbp) -> None:
    before = versions(loaded.database())
    loaded.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY))})
    report = tbp(*BACKFILL).json
    assert (report["downloads"], report["inserted"], report["updated"]) == (1, 0, 0)
    assert versions(loaded.database()) == before


@pytest.fixture
def judged_before(project: Project, tbp: Tbp) -> Project:
    """Three days under an earlier version of a rule: two loaded, one withheld."""
    project.publish({day: day_file(good_rows(day)) for day in DAYS[:2]})
    project.publish({THURSDAY: day_file([*good_rows(THURSDAY), row("BAD", THURSDAY, low=-1)])})
    earlier = (replace(RULES[0], version=0), *RULES[1:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules_module, "RULES", earlier)
        rules_version.cache_clear()
        tbp(*BACKFILL).must_be(1)
    rules_version.cache_clear()
    return project


def test_days_judged_by_other_rules_are_told_with_the_command_that_judges_them(
    judged_before: Project, tbp: Tbp
) -> None:
    status = ("status", "--from", TUESDAY, "--to", THURSDAY)
    assert tbp(*status, "--json").json["judged_by_other_rules"] == ["2024-01-02", "2024-01-03", "2024-01-04"]
    said = "judged by other rules than today's: 2024-01-02..2024-01-04. `tbp backfill 2024-01-02 2024-01-04` judges"
    assert said in tbp(*status).out
    tbp(*BACKFILL).must_be(1)
    assert tbp(*status, "--json").json["judged_by_other_rules"] == []
    assert "judged by other rules" not in tbp(*status).out


def test_days_judged_by_other_rules_are_judged_again_without_a_download(judged_before: Project, tbp: Tbp) -> None:
    # They counted as done: a mended rule only ever met new files.
    before = versions(judged_before.database())
    plan = tbp(*BACKFILL, "--dry-run").json
    days = [str(day) for day in DAYS]
    assert (plan["request"], plan["landed"], plan["files"], plan["done"]) == (days, days, 0, [])
    report = tbp(*BACKFILL).json
    assert (report["downloads"], report["inserted"], report["unchanged"]) == (0, 0, 6)
    assert versions(judged_before.database()) == before
    run(judged_before.database(), "UPDATE load_ledger SET rules = 'earlier' WHERE trading_date = '2024-01-02'")
    plan = tbp(*BACKFILL, "--dry-run").json
    assert (plan["reload"], plan["done"]) == (["2024-01-02"], ["2024-01-03"])


def test_a_smaller_universe_keeps_what_is_there(loaded: Project, tbp: Tbp) -> None:
    before = versions(loaded.database())
    said = tbp(*BACKFILL, TBP_UNIVERSE="etfs")
    said.must_be(0)
    assert (said.json["rows"], said.json["deleted"]) == (3, 0)
    assert versions(loaded.database()) == before
