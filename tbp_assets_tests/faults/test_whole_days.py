"""Days that are wrong as a whole, in two invented markets: as the first file of a day and as its restatement.

Every second session of a market has a fault of its own, so that each is judged beside genuine days. What must be in the
database is counted from the genuine files alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import polars as pl
import pytest

from benchmarks.day_faults import FAULTS, Around
from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.embedded.market import SyntheticMarket
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import HEADER, day_file, stamp, write_mirror
from tbp_assets_tests.faults.book import entry

pytestmark = [pytest.mark.integration, pytest.mark.fault]

SEEDS: Final = (11, 12)
TICKERS: Final = 400
PRICES: Final = ("open", "high", "low", "close")
HELD: Final = "the day is `held` and nothing of it is loaded; a good version that was loaded stays"
RECOVERY: Final = "the run that finds a good file, or a person's `tbp approve`"
PLANTED: Final[Mapping[str, str]] = {
    "content of the session before": "every bar of the session before, under this day's stamps",
    "content of five sessions before": "every bar of five sessions before, under this day's stamps",
    "half of the tickers as the session before": "half of the bars are those of the session before",
    "all prices one row on": "the four prices of each ticker are those of the ticker above it",
    "5 % of the prices one row on": "the same for one ticker of twenty",
    "prices shuffled": "prices dealt out to other tickers at random",
    "all four prices the close": "open, high and low are the close",
    "high and low from open and close": "no price above or below both open and close",
    "prices x 100": "prices in cents",
    "prices / 100": "prices in hundreds of dollars",
    "prices x 2": "prices as before a split of the whole market",
    "prices x 0.74": "prices in another currency",
    "prices rounded to dollars": "prices without cents",
    "volume x 2": "every share counted twice",
    "volume x 100": "volumes of lots taken for shares, times 100",
    "volume in lots": "volumes divided by 100",
    "volume constant": "one volume for all",
    "volume 0": "volumes of 0",
    "volume shuffled": "volumes dealt out to other tickers at random",
    "volume and transactions exchanged": "two columns under each other's names",
    "transactions empty": "no number of trades in any row",
    "transactions 0": "0 trades in every row",
    "transactions volume + 1": "more trades than shares",
    "transactions shuffled": "trades dealt out to other tickers at random",
    "first tenth of the lines": "a valid file of the first tenth of the lines",
    "first half of the lines": "a valid file of the first half of the lines",
    "tickers from M on absent": "a valid file that ends before M",
    "every second ticker absent": "every second line is missing",
    "30 invented tickers at 1e11 USD": "30 lines more, of tickers that do not exist",
}
SESSIONS: Final = sorted(expected_sessions(date(2023, 9, 1), date(2024, 3, 1)))[: 7 + 2 * len(PLANTED)]
DAYS: Final = dict(zip(PLANTED, SESSIONS[6::2], strict=False))
Rows = dict[tuple[date, str], tuple[float | None, ...]]


def genuine(market: SyntheticMarket, day: date) -> pl.DataFrame:
    """Return a day's sound bars, read by nothing of the project."""
    number = [pl.col(name).cast(pl.Float64, strict=False) for name in (*PRICES, "volume")]
    bars = pl.read_csv(market.day_file(day), infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True)
    sound = bars.select("ticker", *number, pl.col("transactions").cast(pl.Int64, strict=False)).filter(
        pl.col("ticker").str.contains("^[A-Za-z.]{1,10}$"),
        pl.all_horizontal(pl.col(name).is_finite() for name in PRICES),
        pl.col("low") > 0,
        pl.col("low") <= pl.min_horizontal("open", "close"),
        pl.col("high") >= pl.max_horizontal("open", "close"),
        pl.col("volume").is_between(0, 1e12),
    )
    return sound.drop_nulls(["ticker", *PRICES, "volume"]).unique("ticker", keep="none", maintain_order=True)


def content(day: date, bars: pl.DataFrame) -> bytes:
    """Return a day file of bars."""
    lines = bars.with_columns(pl.lit(stamp(day)).alias("window_start")).select(HEADER.split(",")).write_csv()
    return day_file(lines.splitlines()[1:])


def rows_of(days: Mapping[date, pl.DataFrame]) -> Rows:
    return {
        (day, ticker): tuple(values)
        for day, bars in days.items()
        for ticker, *values in bars.select("ticker", *PRICES, "volume", "transactions").iter_rows()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_that_is_wrong_as_a_whole_is_held_and_costs_no_good_row(
    seed: int, project: Project, tbp: Tbp, subtests: pytest.Subtests
) -> None:
    project.judge_whole_days()
    project.settings(TBP_UNIVERSE="all")
    project.change("pipeline.yml", "delay_seconds: 5", "delay_seconds: 0")
    market, rng = SyntheticMarket(seed, TICKERS), np.random.default_rng(seed)
    good = {day: genuine(market, day) for day in SESSIONS}
    bad = {day: spoilt(name, day, good, rng) for name, day in DAYS.items()}

    def stored() -> Rows:
        with project.database().transaction() as connection:
            found = connection.exec_driver_sql(
                "SELECT timestamp, ticker, open, high, low, close, volume, transactions FROM market_data_raw"
            )
            return {
                (exchange_date(at), ticker): tuple(None if value is None else float(value) for value in values)
                for at, ticker, *values in found
            }

    def backfill(files: Mapping[date, pl.DataFrame], code: int) -> Rows:
        write_mirror(project.mirror, {day: content(day, bars) for day, bars in files.items()})
        tbp("backfill", SESSIONS[0], SESSIONS[-1], "--json").must_be(code)
        return stored()

    first = backfill(good | bad, 1)
    assert lost(first, {day: bars for day, bars in good.items() if day not in bad}) == 0
    mended = backfill(good, 0)
    assert lost(mended, good) == 0
    restated = backfill(bad, 1)
    told = tbp("status", "--from", SESSIONS[0], "--to", SESSIONS[-1], "--json").json["days"]
    states = {date.fromisoformat(each["trading_date"]): each["state"] for each in told}
    for name, injected in PLANTED.items():
        day = DAYS[name]
        with subtests.test(name), entry("whole day", f"{name} (market {seed})", injected) as row:
            assert [key for key in first if key[0] == day] == []
            assert states[day] == "held"
            row.happened, row.recovery = HELD, RECOVERY
            row.lost = lost(restated, {day: good[day]})


def spoilt(name: str, day: date, good: Mapping[date, pl.DataFrame], rng: np.random.Generator) -> pl.DataFrame:
    """Return a genuine day with a fault."""
    at = SESSIONS.index(day)
    near = Around(good[SESSIONS[at - 1]], good[SESSIONS[at + 1]], good[SESSIONS[at - 5]], None)
    bars = FAULTS[name].spoil(good[day], near, rng)
    assert bars is not None
    return bars


def lost(rows: Rows, days: Mapping[date, pl.DataFrame]) -> int:
    """Count the bars of genuine days that are not stored with equal values; a bar too many is an error."""
    truth = rows_of(days)
    extra = [key for key in rows if key[0] in days and key not in truth]
    assert extra == [], f"rows that no file explains: {extra[:5]}"
    return sum(rows.get(key) != values for key, values in truth.items())
