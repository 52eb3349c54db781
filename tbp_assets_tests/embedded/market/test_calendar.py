"""Which days have a file, under which key, stamped how."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets.errors import FileAbsentError, UsageError
from tbp_assets_tests.embedded.market.reading import rows_of

pytestmark = pytest.mark.unit

MARKET = SyntheticMarket(tickers=40)


def test_the_key_is_the_vendors() -> None:
    assert MARKET.key(date(2024, 1, 2)) == "us_stocks_sip/day_aggs_v1/2024/01/2024-01-02.csv.gz"


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2024, 1, 6), id="Saturday"),
        pytest.param(date(2024, 1, 1), id="New Year"),
        pytest.param(date(2024, 6, 19), id="Juneteenth"),
        pytest.param(date(2025, 1, 9), id="day of mourning"),
        pytest.param(date(2003, 9, 9), id="before the first day"),
        pytest.param(date(2041, 1, 2), id="after the last day"),
    ],
)
def test_a_day_without_trading_has_no_file(day: date) -> None:
    assert not MARKET.has_file(day)
    with pytest.raises(FileAbsentError, match=str(day)):
        _ = MARKET.day_file(day)
    with pytest.raises(FileAbsentError, match=str(day)):
        _ = MARKET.planted(day)


def test_five_years_have_the_sessions_of_new_york() -> None:
    days = (date(2020, 1, 1) + timedelta(days=step) for step in range(1827))
    assert sum(MARKET.has_file(day) for day in days) == 1258


def test_early_closes_are_sessions() -> None:
    assert all(MARKET.has_file(day) for day in (date(2024, 7, 3), date(2024, 11, 29), date(2024, 12, 24)))


@pytest.mark.parametrize(
    ("day", "hour"),
    [(date(2024, 3, 8), 5), (date(2024, 3, 11), 4), (date(2024, 11, 1), 4), (date(2024, 11, 4), 5)],
)
def test_every_row_is_stamped_midnight_in_new_york(day: date, hour: int) -> None:
    midnight = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    assert {row["window_start"] for row in rows_of(MARKET, day)} == {f"{int(midnight.timestamp())}000000000"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = "import sys, tbp_assets.embedded.market; print(sorted({'numpy', 'polars', 'pandas'} & set(sys.modules)))"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("tickers", [39, 20_001])
def test_a_market_of_another_size_is_refused(tickers: int) -> None:
    with pytest.raises(UsageError, match="40 to 20,000"):
        _ = SyntheticMarket(tickers=tickers)
