"""The jobs: the day bars of a partition with their checks, and the freshness check alone."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)  # the return type of define_asset_job

from tbp_assets.defs.checks import FRESHNESS
from tbp_assets.defs.shared import MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS

DAY_BARS = dg.AssetSelection.assets(RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW)
DAY_BARS_JOB, FRESHNESS_JOB, LOAD_JOB = "day_bars", "freshness", "load_from_lake"


def build_jobs() -> list[UnresolvedAssetJobDefinition]:
    """Build the jobs."""
    freshness = dg.AssetSelection.checks(FRESHNESS)
    return [
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            DAY_BARS_JOB,
            selection=DAY_BARS - freshness,
            description="File, validation and load of trading days, with every check of each day.",
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            LOAD_JOB,
            selection=dg.AssetSelection.assets(MARKET_DATA_RAW) - freshness,
            description="Load days from the lake again, without asking the provider: for a new ticker or universe.",
        ),
        dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
            FRESHNESS_JOB,
            selection=freshness,
            description="Is the newest expected session in the database? Runs even when nothing else did.",
        ),
    ]
