"""What a quality report is gathered from, opened as the settings say; the asset and `tbp report` share it."""

from __future__ import annotations

from datetime import UTC, datetime

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.datasets import Dataset
from tbp_assets.reports.gathering import Source
from tbp_assets.resources.route import route
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings import Settings
from tbp_assets.storage.database import Database


def report_source(settings: Settings, dataset: Dataset, database: Database, data_source: str) -> Source:
    """Return what reports on a dataset are gathered from."""
    store, quality, schedule = (
        StoreResource.from_settings(settings),
        settings.pipeline.quality,
        settings.pipeline.schedule,
    )
    sessions = expected_sessions(settings.pipeline.partitions.start_date, exchange_date(datetime.now(UTC)))
    kind = "embedded " if database.embedded else ""
    return Source(
        route=route(settings, f"{kind}{database.address}", otherwise=f"no source configured ({data_source} days)"),
        landing=store.landing(dataset, data_source),
        lake=store.lake(dataset, data_source),
        database=database,
        universe=settings.universe,
        expectation=Expectation(sessions - schedule.closures, schedule.expected_by),
        severities=quality.severities,
        score_target=quality.score_target,
        coverage_target=quality.coverage_target,
    )
