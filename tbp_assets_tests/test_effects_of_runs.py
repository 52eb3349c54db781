"""Keys of pipeline.yml whose effect shows in a run: the look-back window, workers, the share of rejected rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Condition
from time import sleep
from typing import BinaryIO

import dagster as dg
import pytest

from tbp_assets.bars.facts import LakeStatus, Listed
from tbp_assets.defs.asking import RANGE_END_TAG, RANGE_START_TAG, days_to_ask
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.raw_day_file import build_raw_day_file
from tbp_assets.defs.shared import RAW_DAY_FILE, VALIDATED_BARS, Plan
from tbp_assets.providers.flat_files import MonthListings
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import lake_in
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools"]
pytestmark = pytest.mark.integration

DAYS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
SATURDAY_NOON = datetime(2024, 1, 6, 17, tzinfo=UTC)


def good_days() -> Mapping[date, bytes]:
    return {day: day_file(good_rows(day)) for day in DAYS}


@pytest.mark.parametrize(("days", "asked"), [(10, DAYS), (2, [THURSDAY, FRIDAY])])
def test_look_back_days_is_how_far_back_open_days_are_asked_for(project: Project, days: int, asked: list[date]) -> None:
    project.publish(good_days())
    project.change("pipeline.yml", "look_back_days: 10", f"look_back_days: {days}")
    settings = project.settings()
    found = days_to_ask(
        Plan.of(settings),
        FlatFilesResource.from_settings(settings),
        StoreResource.from_settings(settings),
        DatabaseResource.from_settings(settings),
        running={NEW_YEAR},
        now=SATURDAY_NOON,
    )
    assert found == asked


@dataclass
class Slow:
    """A mirror whose downloads wait for each other and count how many run at once."""

    mirror: LocalMirror
    together: int
    data_source: str = "polygon"
    location: str = "slow"
    changed: Condition = field(default_factory=Condition)
    running: int = 0
    most: int = 0

    def list(self, prefix: str) -> list[Listed]:
        return self.mirror.list(prefix)

    def stat(self, key: str) -> Listed:
        return self.mirror.stat(key)

    def download(self, key: str, target: BinaryIO) -> Listed:
        with self.changed:
            self.running += 1
            self.most = max(self.most, self.running)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= self.together, timeout=60)
        sleep(0.05)
        with self.changed:
            self.running -= 1
        return self.mirror.download(key, target)


@pytest.mark.parametrize("workers", [1, 3])
def test_max_workers_is_how_many_files_are_fetched_at_once(project: Project, workers: int) -> None:
    project.publish(good_days())
    project.change("pipeline.yml", "max_workers: 4", f"max_workers: {workers}")
    settings, slow = project.settings(), Slow(LocalMirror(project.mirror), workers)

    class SlowFiles(FlatFilesResource):
        """The slow mirror as a resource."""

        def open(self) -> MonthListings:
            return MonthListings(slow, 300)

    resources = {
        "flat_files": SlowFiles.from_settings(settings),
        "store": StoreResource.from_settings(settings),
        "database": DatabaseResource.from_settings(settings),
    }
    definitions = dg.Definitions(
        assets=[build_raw_day_file(Plan.of(settings))], resources=resources, executor=dg.in_process_executor
    )
    tags = {RANGE_START_TAG: str(TUESDAY), RANGE_END_TAG: str(FRIDAY)}
    assert definitions.resolve_implicit_global_asset_job_def().execute_in_process(tags=tags).success
    assert slow.most == workers


def status_with(project: Project, share: str) -> LakeStatus:
    """Validate a day whose fourth row is bad, and return what the lake says of it."""
    bad = [*good_rows(TUESDAY, ["A", "B", "C"]), row("D", low=-1)]
    project.publish({TUESDAY: day_file(bad)})
    project.change("pipeline.yml", "max_rejected_share: 0.05", f"max_rejected_share: {share}")
    settings = project.settings()
    job = build_definitions(settings).resolve_implicit_job_def_def_for_assets([RAW_DAY_FILE, VALIDATED_BARS])
    assert job is not None
    job.execute_in_process(
        partition_key=str(TUESDAY), asset_selection=[RAW_DAY_FILE, VALIDATED_BARS], raise_on_error=False
    )
    fact = StoreResource.from_settings(settings).lake(Plan.of(settings).dataset, "polygon").fact(TUESDAY)
    assert fact is not None
    return fact.status


@pytest.mark.parametrize(("share", "status"), [("0.25", "validated"), ("0.24", "withheld")])
def test_max_rejected_share_decides_whether_a_day_is_withheld(project: Project, share: str, status: LakeStatus) -> None:
    assert status_with(project, share) == status


def answers(project: Project) -> tuple[str, str]:
    """Land and validate Tuesday, and return what landing zone and lake say of it."""
    settings = project.settings()
    job = build_definitions(settings).resolve_implicit_job_def_def_for_assets([RAW_DAY_FILE, VALIDATED_BARS])
    assert job is not None
    job.execute_in_process(
        partition_key=str(TUESDAY), asset_selection=[RAW_DAY_FILE, VALIDATED_BARS], raise_on_error=False
    )
    store, dataset = StoreResource.from_settings(settings), Plan.of(settings).dataset
    landed, validated = store.landing(dataset, "polygon").fact(TUESDAY), store.lake(dataset, "polygon").fact(TUESDAY)
    return landed.status if landed else "", validated.status if validated else ""


def publish_a_long_day(project: Project) -> None:
    """Publish a day of 20,000 bars: 1.2 MB of text, compressed 0.2 MB."""
    project.publish({TUESDAY: day_file(good_rows(TUESDAY, [f"T{n}" for n in range(20_000)]))})


def test_max_file_mb_is_how_large_a_day_file_may_be(project: Project) -> None:
    publish_a_long_day(project)
    project.change("pipeline.yml", "max_file_mb: 128", "max_file_mb: 1")
    assert answers(project) == ("unusable", "")
    project.change("pipeline.yml", "max_file_mb: 1 ", "max_file_mb: 2 ")
    assert answers(project) == ("landed", "validated")


def test_max_lines_is_how_many_lines_a_day_file_may_have(project: Project) -> None:
    publish_a_long_day(project)
    project.change("pipeline.yml", "max_lines: 2000000", "max_lines: 20000")
    assert answers(project) == ("unusable", "")
    project.change("pipeline.yml", "max_lines: 20000 ", "max_lines: 20001 ")
    assert answers(project) == ("landed", "validated")


def test_a_landed_file_that_is_larger_than_now_allowed_is_refused_when_it_is_read(project: Project) -> None:
    publish_a_long_day(project)
    answers(project)
    for path in (project.store / lake_in(project.store).directory(TUESDAY)).iterdir():
        path.unlink()
    project.change("pipeline.yml", "max_lines: 2000000", "max_lines: 20000")
    assert answers(project) == ("landed", "refused")
