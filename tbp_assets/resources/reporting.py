"""What a quality report is gathered from, opened as the settings say; the asset and `tbp report` share it."""

from __future__ import annotations

from datetime import UTC, datetime

from tbp_assets.bars.sessions import exchange_date
from tbp_assets.datasets import Dataset
from tbp_assets.reports.gathering import Source
from tbp_assets.resources.opening import landing_zone, open_lake
from tbp_assets.resources.route import route
from tbp_assets.settings import Settings
from tbp_assets.storage.database import Database


def report_source(settings: Settings, dataset: Dataset, database: Database, data_source: str) -> Source:
    """Return what reports on a dataset are gathered from."""
    quality, start = settings.pipeline.quality, settings.pipeline.partitions.start_date
    kind = "embedded " if database.embedded else ""
    return Source(
        route=route(settings, f"{kind}{database.address}", otherwise=f"no source configured ({data_source} days)"),
        landing=landing_zone(settings, dataset, data_source),
        lake=open_lake(settings, dataset, data_source),
        database=database,
        universe=settings.universe,
        expectation=settings.pipeline.schedule.expectation([start, exchange_date(datetime.now(UTC))]),
        severities=quality.severities,
        bands=settings.pipeline.validation.whole_day.bands,
        score_target=quality.score_target,
        coverage_target=quality.coverage_target,
    )
