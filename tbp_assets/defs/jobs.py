"""The jobs: the day bars of a partition with their checks, and the freshness check alone."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)  # the return type of define_asset_job

from tbp_assets.defs.checks import FRESHNESS
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS

DAY_BARS = dg.AssetSelection.assets(RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW, DATA_QUALITY_METRICS)
FROM_LAKE = dg.AssetSelection.assets(MARKET_DATA_RAW, DATA_QUALITY_METRICS)
DAY_BARS_JOB, FRESHNESS_JOB, LOAD_JOB, MEASURE_JOB = "day_bars", "freshness", "load_from_lake", "measure_quality"


def build_jobs() -> list[UnresolvedAssetJobDefinition]:
    """Build the jobs."""
    freshness = dg.AssetSelection.checks(FRESHNESS)
    return [
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            DAY_BARS_JOB,
            selection=DAY_BARS - freshness,
            description="File, validation, load and quality of trading days, with every check of each day.",
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            LOAD_JOB,
            selection=FROM_LAKE - freshness,
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
            FRESHNESS_JOB,
            selection=freshness,
            description="Is the newest expected session in the database? Runs even when nothing else did.",
        ),
    ]
