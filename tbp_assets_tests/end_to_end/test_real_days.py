"""The provider's own four files through the whole way, held to counts that were taken from the files beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from tbp_assets.storage.database import Database
from tbp_assets_tests.cli.table import rows, versions
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import REAL_DATA

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"the provider's files are not in {REAL_DATA}"),
]
BACKFILL = ("backfill", "2024-01-02", "2024-01-05", "--json")
SOURCE = {"TBP_FLAT_FILES_URL": REAL_DATA.as_uri()}
WHOLE_MARKET = [
    ("2024-01-02", 10469, 11824635089, 78084130),
    ("2024-01-03", 10441, 11892108744, 77509042),
    ("2024-01-04", 10487, 11078359106, 70001615),
    ("2024-01-05", 10432, 11116514549, 68646156),
]


def per_day(database: Database) -> list[tuple[Any, ...]]:
    """Return bars, shares and trades of each trading date."""
    return rows(
        database,
        "SELECT (timestamp AT TIME ZONE 'America/New_York')::date::text, count(*), sum(volume)::bigint,"
        " sum(transactions)::bigint FROM market_data_raw GROUP BY 1 ORDER BY 1",
    )


def test_four_days_of_the_configured_universe_are_48_bars(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, **SOURCE)
    said.must_be(0)
    assert (said.json["days"], said.json["rows"], said.json["inserted"]) == (4, 48, 48)
    assert (said.json["accepted"], said.json["quarantined"]) == (41829, {})
    closes = "SELECT close FROM market_data_raw WHERE ticker = 'AAPL' ORDER BY timestamp"
    assert [close for (close,) in rows(project.database(), closes)] == [185.64, 184.25, 181.91, 181.18]


def test_the_whole_market_is_there_to_the_last_share(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, TBP_UNIVERSE="all", **SOURCE)
    said.must_be(0)
    database = project.database()
    assert said.json["rows"] == sum(day[1] for day in WHOLE_MARKET) == 41829
    assert per_day(database) == WHOLE_MARKET
    awkward = ["BCPC", "BCpC", "BRK.A", "NA", "NAN", "TRUE"]
    found = rows(
        database, f"SELECT ticker, count(*) FROM market_data_raw WHERE ticker = ANY (ARRAY{awkward}) GROUP BY 1"
    )
    assert sorted(found) == [(ticker, 4) for ticker in awkward]
    assert rows(database, "SELECT DISTINCT (timestamp AT TIME ZONE 'UTC')::time::text FROM market_data_raw") == [
        ("05:00:00",)
    ]


def test_the_whole_market_again_changes_no_row(project: Project, tbp: Tbp) -> None:
    tbp(*BACKFILL, TBP_UNIVERSE="all", **SOURCE).must_be(0)
    before = versions(project.database())
    report = tbp(*BACKFILL).json
    assert (report["downloads"], report["inserted"], report["updated"], len(report["done_before"])) == (0, 0, 0, 4)
    report = tbp(*BACKFILL, "--force").json
    assert (report["unchanged"], report["inserted"], report["updated"], report["deleted"]) == (41829, 0, 0, 0)
    assert versions(project.database()) == before
