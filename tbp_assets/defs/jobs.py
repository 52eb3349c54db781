"""The jobs: the day bars of a partition with their checks, parts of that, the standing checks and the report."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)  # the return type of define_asset_job

from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, QUALITY_REPORT, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets.defs.standing_checks import STANDING

DAY_BARS = dg.AssetSelection.assets(RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW, DATA_QUALITY_METRICS)
FROM_LAKE = dg.AssetSelection.assets(MARKET_DATA_RAW, DATA_QUALITY_METRICS)
DAY_BARS_JOB, FRESHNESS_JOB, LOAD_JOB = "day_bars", "freshness", "load_from_lake"
MEASURE_JOB, REPORT_JOB = "measure_quality", "report"


def build_jobs() -> list[UnresolvedAssetJobDefinition]:
    """Build the jobs."""
    standing = dg.AssetSelection.checks(*STANDING)
    return [
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            DAY_BARS_JOB,
            selection=DAY_BARS - standing,
            description="File, validation, load and quality of trading days, with every check of each day.",
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            LOAD_JOB,
            selection=FROM_LAKE - standing,
            description=(
                "Load and measure days from the lake again, without asking the provider: for a new ticker or universe."
            ),
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            MEASURE_JOB,
            selection=dg.AssetSelection.assets(DATA_QUALITY_METRICS),
            description="Measure stored days again: earlier days arrived later, or settings of quality changed.",
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            REPORT_JOB,
            selection=dg.AssetSelection.assets(QUALITY_REPORT),
            description="Write the quality report: one HTML file of all days.",
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            FRESHNESS_JOB,
            selection=standing,
            description=(
                "Is the newest expected session in the database, every failed day repaired, every ticker covered? "
                "Runs even when nothing else did."
            ),
        ),
    ]
