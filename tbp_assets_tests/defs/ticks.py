"""Evaluates schedules and sensors as the daemon would, with a listing not yet read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from tbp_assets.defs.assembly import build_definitions
from tbp_assets.resources import opening
from tbp_assets_tests.conftest import Project


def tick_schedule(
    project: Project, instance: dg.DagsterInstance, moment: datetime, name: str
) -> dg.ScheduleExecutionData:
    """Evaluate a schedule at a moment."""
    definitions = _definitions(project)
    with dg.build_schedule_context(
        instance, moment, resources=_resources(definitions), repository_def=definitions.get_repository_def()
    ) as context:
        return definitions.resolve_schedule_def(name).evaluate_tick(context)


def tick_sensor(project: Project, instance: dg.DagsterInstance, name: str) -> Sequence[dg.RunRequest]:
    """Evaluate a sensor now, and return the runs it asks for."""
    definitions = _definitions(project)
    with dg.build_sensor_context(
        instance=instance, resources=_resources(definitions), repository_def=definitions.get_repository_def()
    ) as context:
        return definitions.resolve_sensor_def(name).evaluate_tick(context).run_requests or ()


def _definitions(project: Project) -> dg.Definitions:
    opening._sources.clear()  # pyright: ignore[reportPrivateUsage]  # the process's own registry
    return build_definitions(project.settings())


def _resources(definitions: dg.Definitions) -> dict[str, Any]:
    return {name: (definitions.resources or {})[name] for name in ("flat_files", "store", "database")}
