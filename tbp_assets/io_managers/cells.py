"""What a step tells Dagster of its days: which cells are filled and with what, and why the others are not.

Dagster fills every cell of a range where a step yields its output. Where it yields none, or fails, no cell is filled
and what comes after is left out, standing checks too. So our steps yield an output of which Dagster itself tells
nothing, and tell of each day alone: a materialization where it is there, an observation with the cause where it is not.
Once all was looked at, the step of the checks fails for the days that stay open, which makes their cells red.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from time import sleep
from typing import Any, Final, TypeVar

import dagster as dg

# The one way in dagster 1.13 to hand an output on without a materialization of every partition of the run.
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
    INPUT_DATA_VERSION_TAG_PREFIX,
    INPUT_EVENT_POINTER_TAG_PREFIX,
    NULL_EVENT_POINTER,
)
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.versions import NO_FILE
from tbp_assets.logs.event_log import EventLog

T = TypeVar("T")
Metadata = dict[str, dg.MetadataValue]
Told = dg.AssetMaterialization | dg.AssetObservation
# Of an observed day, as it is shown; with `FAILS` it is one that a step left open.
STATE, CAUSE, ERROR, FAILS = "state", "cause", "kind of failure", "fails its run"
# The UI shows one event of an asset a millisecond.
APART_SECONDS: Final = 0.001


def untold(value: T) -> dg.Output[T]:
    """Return an output that is handed on, and of which Dagster fills no cell."""
    return dg.Output(value, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of an asset.

    Attributes:
        metadata: What is shown of the day.
        version: Of the day's data.
        inputs: Versions of the data it was made from, by asset.
        open: Why the cell is not filled; None where it is.
        fails: Whether a run fails for an open day.
    """

    metadata: Metadata
    version: str = NO_FILE
    inputs: Mapping[dg.AssetKey, str] = field(default_factory=dict[dg.AssetKey, str])
    open: DayState | None = None
    fails: bool = True


@dataclass(frozen=True, slots=True)
class Cells:
    """The days of an asset in a run, told of all together.

    Attributes:
        code_version: Of the asset.
    """

    asset: dg.AssetKey
    code_version: str
    instance: dg.DagsterInstance
    days: dict[date, Cell] = field(default_factory=dict[date, Cell])

    def tell(self, log: Callable[[Told], None], days: Sequence[date] | None = None) -> None:
        """Log what became of each day, or of some."""
        chosen = {day: self.days[day] for day in days} if days is not None else self.days
        with events_together(self.instance):
            for day, cell in chosen.items():
                if cell.open is None:
                    log(self._filled(day, cell))
                    sleep(APART_SECONDS)
            for day, cell in chosen.items():
                if cell.open:
                    log(_observed(self.asset, day, cell, cell.open))
                    sleep(APART_SECONDS)

    def _filled(self, day: date, cell: Cell) -> dg.AssetMaterialization:
        tags = {
            CODE_VERSION_TAG: self.code_version,
            DATA_VERSION_TAG: cell.version,
            DATA_VERSION_IS_USER_PROVIDED_TAG: "true",
        }
        for asset, version in cell.inputs.items():
            tags[f"{INPUT_DATA_VERSION_TAG_PREFIX}/{asset.to_user_string()}"] = version
            tags[f"{INPUT_EVENT_POINTER_TAG_PREFIX}/{asset.to_user_string()}"] = NULL_EVENT_POINTER
        return dg.AssetMaterialization(self.asset, metadata=cell.metadata, partition=day.isoformat(), tags=tags)


def _observed(asset: dg.AssetKey, day: date, cell: Cell, state: DayState) -> dg.AssetObservation:
    told = {
        STATE: dg.MetadataValue.text(state.state),
        CAUSE: dg.MetadataValue.text(state.detail),
        ERROR: dg.MetadataValue.text(state.error or ""),
        FAILS: dg.MetadataValue.bool(cell.fails),
    }
    told = {name: value for name, value in told.items() if value.value != ""}
    return dg.AssetObservation(asset, partition=day.isoformat(), description=str(state), metadata=cell.metadata | told)


def events_together(instance: dg.DagsterInstance) -> AbstractContextManager[None]:
    """Let what is told of many days be stored many at a time, where the storage can."""
    events = instance.event_log_storage
    return events.together() if isinstance(events, EventLog) else nullcontext()


def days_not_filled(instance: dg.DagsterInstance, run_id: str, asset: dg.AssetKey) -> dict[date, DayState]:
    """Return the days for which a run fails, as a step of an asset told of them."""
    kinds = {dg.DagsterEventType.ASSET_OBSERVATION}
    found: dict[date, DayState] = {}
    for record in instance.get_records_for_run(run_id, of_type=kinds).records:
        observed = record.event_log_entry.asset_observation
        if observed and observed.asset_key == asset and observed.partition:
            told: dict[str, Any] = {name: value.value for name, value in observed.metadata.items()}
            if told.get(FAILS):
                state = DayState(told[STATE], told.get(CAUSE, ""), told.get(ERROR))
                found[date.fromisoformat(observed.partition)] = state
    return dict(sorted(found.items()))
