"""What a run writes into failed_downloads: the days it leaves open because something failed, and those it repairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import dagster as dg

from tbp_assets.bars.day_state import DayState
from tbp_assets.datasets import Dataset
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.storage.failed_downloads import DayFault, FailedDownloads, ResolvedBy

SCHEDULE_TAG, SENSOR_TAG = "dagster/schedule_name", "dagster/sensor_name"


@dataclass(frozen=True, slots=True)
class FailureLog:
    """The failures of one run."""

    database: DatabaseResource
    dataset: Dataset
    data_source: str
    run: dg.DagsterRun
    log: dg.DagsterLogManager

    @property
    def resolved_by(self) -> ResolvedBy:
        """Who repairs what this run repairs: the schedule, the sensor, or a person who started it."""
        if SCHEDULE_TAG in self.run.tags:
            return "schedule"
        return "sensor" if SENSOR_TAG in self.run.tags else "person"

    def record(self, states: Mapping[date, DayState]) -> None:
        """Record the days behind whose state is a fault."""
        faults = [DayFault(day, state.error, state.detail) for day, state in states.items() if state.error]
        if not faults:
            return
        try:
            self._failed_downloads().record_batch(faults, self.run.run_id)
        except TbpError as error:
            # The fault itself is raised or reported by the caller; its record must not take its place.
            self.log.warning("%d failures could not be written to failed_downloads: %s", len(faults), error)

    def resolve(self, day: date) -> None:
        """Mark the failure of a day that is settled without a load, such as a holiday."""
        self._failed_downloads().mark_resolved([day], self.run.run_id, self.resolved_by)

    def _failed_downloads(self) -> FailedDownloads:
        return FailedDownloads(self.database.open(), self.dataset, self.data_source)
