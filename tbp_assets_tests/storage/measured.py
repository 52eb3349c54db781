"""Builds lakes of many days and measures them, and asks the tables of quality."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from tbp_assets.bars.flags import FlagName, FlagSettings, Severity
from tbp_assets.bars.sessions import expected_sessions
from tbp_assets.bars.universe import Universe
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets.storage.database import Database
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.measuring import Measuring
from tbp_assets.storage.quality import MeasuredDay, Quality, QualityWritten, store_quality
from tbp_assets_tests.day_files import TUESDAY, row
from tbp_assets_tests.storage.days import ALL, lake_in, validated

SETTINGS: Final = ConfigLoader(PROJECT_ROOT / "config", {}).get_pipeline_config().quality.flag_settings
LAST: Final = date(2024, 12, 31)


def sessions(count: int, first: date = TUESDAY) -> list[date]:
    """Return trading days of 2024, oldest first."""
    return sorted(expected_sessions(first, LAST))[:count]


def flagging(limits: Mapping[FlagName, float] | None = None, **severities: Severity) -> FlagSettings:
    """Return the shipped settings with some severities and limits replaced."""
    return replace(
        SETTINGS, severities={**SETTINGS.severities, **severities}, limits={**SETTINGS.limits, **(limits or {})}
    )


def lake_of(
    root: Path, days: Mapping[date, Sequence[str]], *, share: float = 1.0, data_source: str = "polygon"
) -> Lake:
    """Return a lake that holds the given lines of each day, validated."""
    lake = replace(lake_in(root), data_source=data_source)
    for day, rows in days.items():
        lake.write(validated(rows, day, share=share, data_source=data_source))
    return lake


def quiet(days: Sequence[date], *tickers: str) -> dict[date, list[str]]:
    """Return lines for each day with nothing worth a look in them: prices differ a little from day to day."""
    closes = {day: 10.25 + number % 7 / 10 for number, day in enumerate(days)}
    return {day: [row(ticker, day, close=close) for ticker in tickers] for day, close in closes.items()}


def measured(lake: Lake, day: date, chosen: Universe = ALL, settings: FlagSettings = SETTINGS) -> MeasuredDay:
    """Measure a day that is stored whole."""
    ((_, found),) = Measuring(lake, settings, chosen).measure([day])
    assert isinstance(found, MeasuredDay)
    return found


def store(database: Database, day: MeasuredDay, run_id: str = "run") -> QualityWritten:
    """Store a measured day."""
    return store_quality(database, US_STOCKS_DAY_AGGS, day, run_id)


@contextmanager
def quality_in(database: Database, data_source: str = "polygon") -> Generator[Quality]:
    """Ask what is known of quality."""
    with database.transaction(read_only=True) as connection:
        yield Quality(connection, US_STOCKS_DAY_AGGS, data_source)
