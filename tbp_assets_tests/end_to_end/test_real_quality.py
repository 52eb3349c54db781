"""The quality of the provider's own four files: every row accounted for, and what in them is worth a look.

The counts of flags of a bar alone, of stale prices, and of moves and splits together were also taken from the files
without polars; one bar exactly at the limit of price_spike aside.
"""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.table import rows
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import REAL_DATA
from tbp_assets_tests.end_to_end.test_real_days import BACKFILL, SOURCE, WHOLE_MARKET

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"the provider's files are not in {REAL_DATA}"),
]
RANGE = ("--from", "2024-01-02", "--to", "2024-01-05")
# Of 2024-01-02 to 2024-01-05. Flags that need five earlier days cannot be raised yet.
FLAGS = {
    "price_above_maximum": (1, 1, 1, 1),
    "price_below_minimum": (34, 29, 31, 29),
    "price_move": (0, 21, 31, 23),
    "price_spike": (20, 12, 9, 10),
    "probable_split": (0, 3, 2, 2),
    "stale_price": (0, 0, 0, 9),
    "test_ticker": (13, 13, 13, 11),
    "volume_above_maximum": (1, 0, 0, 0),
}
COUNT_FLAGS = "SELECT rule, date::text, count(*) FROM data_quality_flags GROUP BY 1, 2 ORDER BY 1, 2"


def test_every_row_of_the_whole_market_is_accepted_and_what_is_flagged_is_known(project: Project, tbp: Tbp) -> None:
    tbp(*BACKFILL, TBP_UNIVERSE="all", **SOURCE).must_be(0)
    days = [day for day, *_ in WHOLE_MARKET]
    shown = tbp("quality", "days", *RANGE, "--json").json["shown"]
    assert [tuple(day.values()) for day in shown] == [(day, n, n, 0, 0, 100.0) for day, n, *_ in WHOLE_MARKET]
    database = project.database()
    assert rows(database, COUNT_FLAGS) == [
        (rule, day, n) for rule, counts in FLAGS.items() for day, n in zip(days, counts, strict=True) if n
    ]
    largest = "SELECT ticker, detail FROM data_quality_flags WHERE rule = 'price_above_maximum' ORDER BY date"
    assert rows(database, largest) == [("BRK.A", "")] * 4
    in_metrics = "SELECT sum(value::int) FROM data_quality_metrics, jsonb_each_text(flags)"
    assert rows(database, in_metrics)[0][0] == sum(sum(counts) for counts in FLAGS.values())
    assert tbp("status", *RANGE, "--json").json["quality_outdated"] == []


def test_the_configured_universe_has_a_row_a_ticker_and_nothing_flagged(project: Project, tbp: Tbp) -> None:
    said = tbp(*BACKFILL, **SOURCE)
    said.must_be(0)
    assert (said.json["failed_checks"], said.json["worth_a_look"]) == ([], [])
    sql = "SELECT date::text, count(*), sum(total_rows)::int FROM data_quality_metrics GROUP BY 1 ORDER BY 1"
    assert [(day, total) for day, _, total in rows(project.database(), sql)] == [
        (day, n) for day, n, *_ in WHOLE_MARKET
    ]
    own = "SELECT count(*) FROM data_quality_metrics WHERE flags = '{}' AND ticker <> '(other tickers)'"
    assert rows(project.database(), own) == [(48,)]
    assert tbp("quality", "flags", "--json").json["shown"] == []
