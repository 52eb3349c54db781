"""What a change of universe, validity or limit does to days that are loaded."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from tbp_assets.cli.backfill import backfill
from tbp_assets.config_loader import load_settings
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration


def closes(project: Project) -> dict[str, float]:
    """Return the close of each ticker in the database on Tuesday."""
    with project.database().transaction(read_only=True) as connection:
        rows = connection.execute(text("SELECT ticker, close FROM market_data_raw ORDER BY ticker"))
        return {found.ticker: found.close for found in rows}


def test_rows_of_a_wider_universe_follow_a_restated_file(project: Project) -> None:
    project.change("s3.yml", "listing_max_age_seconds: 300", "listing_max_age_seconds: 0")
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    project.settings(TBP_UNIVERSE="all")
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    project.publish({TUESDAY: day_file([row("AAPL"), row("ZZZZ", close=10.75)])})
    project.settings(TBP_UNIVERSE="configured")
    # The first run serves the new universe from the lake; the second, with nothing to do there, asks the provider.
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    assert closes(project) == {"AAPL": 10.5, "ZZZZ": 10.75}


def test_rows_outside_a_corrected_validity_leave_the_table(project: Project) -> None:
    project.publish({TUESDAY: day_file([row("AAPL"), row("JPM")])})
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    project.change("instruments.yml", "symbol: JPM,", "symbol: JPM, valid_from: 2025-01-01,")
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    assert closes(project) == {"AAPL": 10.5}


def test_a_withheld_day_is_judged_again_under_a_wider_limit(project: Project) -> None:
    project.publish({TUESDAY: day_file([row("AAPL"), row("MSFT"), row("SPY", high=1)])})
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 1
    project.change("pipeline.yml", "max_rejected_share: 0.05", "max_rejected_share: 0.5")
    load_settings.cache_clear()
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    assert sorted(closes(project)) == ["AAPL", "MSFT"]


def test_a_load_of_some_tickers_does_not_stand_for_the_day(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    assert backfill(TUESDAY, TUESDAY, tickers=["AAPL"], force=True) == 0
    capsys.readouterr()
    assert backfill(TUESDAY, TUESDAY, tickers=[], as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["done_before"]) == (3, [TUESDAY.isoformat()])


def test_a_damaged_lake_day_is_made_again_when_the_universe_changes(project: Project) -> None:
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY)})
    assert backfill(TUESDAY, WEDNESDAY, tickers=[]) == 0
    parquet = next(project.store.rglob(f"{TUESDAY}.bars.*.parquet"))
    parquet.write_bytes(parquet.read_bytes() + b" ")
    project.settings(TBP_UNIVERSE="all")
    assert backfill(TUESDAY, WEDNESDAY, tickers=[]) == 0
    assert sorted(closes(project)) == ["AAPL", "MSFT", "SPY", "ZZZZ"]


def test_a_backfill_needs_a_source_even_where_the_lake_has_the_days(project: Project) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    assert backfill(TUESDAY, TUESDAY, tickers=[]) == 0
    project.settings(TBP_FLAT_FILES_URL="", TBP_UNIVERSE="all")
    with pytest.raises(Exception, match="set TBP_FLAT_FILES_URL"):
        backfill(TUESDAY, TUESDAY, tickers=[])


def test_a_failed_check_of_a_loaded_day_fails_the_backfill(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    with project.database().transaction() as connection:
        # A foreign writer that puts its own row beside ours whenever a load was written.
        connection.execute(text(FOREIGN_WRITER))
        connection.execute(
            text("CREATE TRIGGER foreign_writer AFTER INSERT ON load_ledger EXECUTE FUNCTION foreign_row()")
        )
    assert backfill(TUESDAY, TUESDAY, tickers=[], as_json=True) == 1
    failed = json.loads(capsys.readouterr().out)["failed_checks"]
    assert [check["name"] for check in failed] == ["database_matches_lake"]


ON_EVERY_LOAD = "CREATE TRIGGER foreign_writer AFTER INSERT ON load_ledger EXECUTE FUNCTION foreign_row()"
FOREIGN_WRITER = """
CREATE FUNCTION foreign_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO market_data_raw (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, batch_id)
    VALUES ('XXXX', '2024-01-02 05:00Z', '1d', 'polygon', 1, 1, 1, 1, 1, 1);
    RETURN NULL;
END $$
"""
