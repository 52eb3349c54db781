"""Builds projects whose lake holds measured days, and reads what a check shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

import dagster as dg

from tbp_assets.bars.flags import FlagSettings
from tbp_assets.bars.universe import Universe
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.quality import MeasuredDays
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.storage.days import universe
from tbp_assets_tests.storage.measured import SETTINGS, lake_of, measured, store

CHOSEN = universe("AAPL", "MSFT", "SPY")
SPAN = (date(2023, 12, 1), date(2024, 3, 29))


def measured_days(
    project: Project, days: Mapping[date, Sequence[str]], *, chosen: Universe = CHOSEN,
    settings: FlagSettings = SETTINGS, share: float = 1.0,
) -> MeasuredDays:  # fmt: skip
    """Return where days of these lines are looked up that lake and database hold; targets and severities as shipped."""
    lake = lake_of(project.store, days, share=share)
    for day in days:
        store(project.database(), measured(lake, day, chosen, settings))
    warn = dg.AssetCheckSeverity.WARN
    return MeasuredDays(lake, project.database(), chosen, settings, 99, warn, 0.95, warn, SPAN)


def rows(outcome: CheckOutcome, name: str) -> list[dict[str, object]]:
    """Return the rows of a table that a check shows."""
    return [dict(record.data) for record in cast("dg.TableMetadataValue", outcome.metadata[name]).records]


def values(outcome: CheckOutcome, *names: str) -> list[Any]:
    """Return what a check shows under some names."""
    return [outcome.metadata[name].value for name in names]
