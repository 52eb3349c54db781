"""Runs the project's own jobs on a test's project and looks at what Dagster remembers of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter  # not exported by dagster 1.13

from tbp_assets.defs.asking import RANGE_END_TAG, RANGE_START_TAG
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.jobs import DAY_BARS_JOB, LOAD_JOB
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY

WEEK = [NEW_YEAR, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
FILLED, FAILED, OPEN = "MATERIALIZED", "FAILED", "open"
ASSETS = (RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW)
ALL = (*ASSETS, DATA_QUALITY_METRICS)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Evaluation:
    """A check's result for one day, and whether it says of which materialization it speaks."""

    passed: bool
    description: str
    targeted: bool


@dataclass(frozen=True)
class Runs:
    """The jobs of a project and the instance they run on."""

    definitions: dg.Definitions
    instance: dg.DagsterInstance

    def day(self, day: date, job: str = DAY_BARS_JOB, **tags: str) -> dg.ExecuteInProcessResult:
        """Run a job for one day."""
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, partition_key=day.isoformat(), tags=tags, raise_on_error=False, run_config=QUIET
        )

    def days(
        self, first: date, last: date, job: str = DAY_BARS_JOB, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run a job for a range of days, as a backfill does."""
        span = {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, tags={**span, **(tags or {})}, raise_on_error=False, run_config=QUIET
        )

    def only(self, asset: dg.AssetKey, first: date, last: date) -> dg.ExecuteInProcessResult:
        """Materialize one asset for a range of days."""
        everything = self.definitions.resolve_implicit_global_asset_job_def()
        job = everything.get_subset(asset_selection={asset})
        span = {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}
        return job.execute_in_process(instance=self.instance, tags=span, raise_on_error=False, run_config=QUIET)

    def load(self, first: date, last: date) -> dg.ExecuteInProcessResult:
        """Load a range of days from the lake again."""
        return self.days(first, last, LOAD_JOB)

    def cells(self, asset: dg.AssetKey, days: list[date] = WEEK) -> list[str]:
        """Return the state of each day's cell in the UI."""
        partitions = self.definitions.resolve_assets_def(asset).partitions_def
        assert partitions is not None
        states = self.instance.get_status_by_partition(asset, [day.isoformat() for day in days], partitions)
        return [state.value if (state := (states or {}).get(day.isoformat())) else OPEN for day in days]

    def checked(self, asset: dg.AssetKey, name: str) -> dict[date, Evaluation]:
        """Return the newest result of a check for each day that has one, as the UI's partition page reads it."""
        key, storage = dg.AssetCheckKey(asset, name), self.instance.event_log_storage
        found: dict[date, Evaluation] = {}
        for info in storage.get_asset_check_partition_info([key]):
            partition = info.partition_key or ""
            record = storage.get_asset_check_execution_history(
                key, 1, partition_filter=PartitionKeyFilter(key=partition)
            )[0]
            event = record.event.dagster_event if record.event else None
            if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                continue
            evaluation = event.asset_check_evaluation_data
            about = info.latest_materialization_storage_id
            targeted = about is not None and info.latest_target_materialization_storage_id == about
            found[date.fromisoformat(partition)] = Evaluation(evaluation.passed, evaluation.description or "", targeted)
        return dict(sorted(found.items()))

    def materialization(self, asset: dg.AssetKey, day: date) -> dg.EventLogRecord | None:
        """Return the newest materialization of a day."""
        wanted = dg.AssetRecordsFilter(asset, asset_partitions=[day.isoformat()])
        records = self.instance.fetch_materializations(wanted, limit=1).records
        return records[0] if records else None

    def observed(self, asset: dg.AssetKey, day: date) -> str:
        """Return why a day's cell was not filled, as was told last."""
        wanted = dg.AssetRecordsFilter(asset, asset_partitions=[day.isoformat()])
        records = self.instance.fetch_observations(wanted, limit=1).records
        observation = records[0].event_log_entry.asset_observation if records else None
        return observation.description or "" if observation else ""

    def metadata(self, asset: dg.AssetKey, day: date) -> dict[str, Any]:
        """Return the plain values of a day's metadata."""
        record = self.materialization(asset, day)
        assert record is not None
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}


def forgetful() -> dg.DagsterInstance:
    """Return an instance whose memory ends with it."""
    return dg.DagsterInstance.ephemeral()  # pyright: ignore[reportUnknownMemberType]  # its settings are an open dict


@contextmanager
def runs_of(project: Project, **environment: str) -> Generator[Runs]:
    """Give the jobs of a project's settings; the provider is listed anew by every run."""
    project.change("s3.yml", "listing_max_age_seconds: 300", "listing_max_age_seconds: 0")
    definitions = build_definitions(project.settings(**environment))
    with forgetful() as instance:
        yield Runs(definitions, instance)


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return what each failed step says."""
    found: dict[str, str] = {}
    for event in result.all_events:
        if event.is_step_failure and event.step_key:
            data = event.step_failure_data
            described = data.user_failure_data.description if data.user_failure_data else None
            found[event.step_key] = described or (data.error.to_string() if data.error else "")
    return found


def retries(result: dg.ExecuteInProcessResult) -> int:
    """Return how often a step was repeated."""
    return sum(event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY for event in result.all_events)
