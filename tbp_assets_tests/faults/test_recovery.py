"""Weeks in which every second file fails in passing: what comes right without a person."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from tbp_assets.bars.sessions import exchange_date, expected_sessions
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.embedded.provider import Fault
from tbp_assets.embedded.provider.faults import FaultKind
from tbp_assets.resources import opening
from tbp_assets.resources.failure_log import SENSOR_TAG
from tbp_assets.storage.failed_downloads import FailedDownloads, recovery_rate
from tbp_assets_tests.faults.book import entry
from tbp_assets_tests.faults.scene import Scene

pytestmark = pytest.mark.integration

YESTERDAY = exchange_date(datetime.now(UTC)) - timedelta(days=1)
WEEKS = sorted(expected_sessions(YESTERDAY - timedelta(days=18), YESTERDAY))
KINDS: tuple[FaultKind, ...] = (
    "server_error", "slow_down", "too_many_requests", "cut", "reset", "garbage", "wrong_length_less",
)  # fmt: skip
TARGET = 0.9
TICKS = 5


def tick(scene: Scene, instance: dg.DagsterInstance) -> int:
    """Evaluate the sensor, run what it asks for as the daemon would, and return how many runs that were."""
    opening._sources.clear()  # pyright: ignore[reportPrivateUsage]  # the process's own registry
    definitions = build_definitions(scene.project.settings())
    resources = {name: (definitions.resources or {})[name] for name in ("flat_files", "store", "database")}
    sensor = definitions.resolve_sensor_def("day_file_arrivals")
    with dg.build_sensor_context(
        instance=instance, resources=resources, repository_def=definitions.get_repository_def()
    ) as context:
        requests = sensor.evaluate_tick(context).run_requests or ()
    job = definitions.resolve_job_def("day_bars")
    for request in requests:
        job.execute_in_process(
            instance=instance, raise_on_error=False, partition_key=request.partition_key, tags={SENSOR_TAG: sensor.name}
        )
    return len(requests)


def strike(scene: Scene, days: list[date]) -> None:
    """Let each second day fail in passing: some inside the client's retries, some for several runs."""
    chance = random.Random(20240102)  # the same weeks each time
    for day in days[::2]:
        scene.provider.inject(Fault(chance.choice(KINDS), on=day, times=chance.randint(1, 9)))


def test_nine_of_ten_passing_faults_need_no_person(scene: Scene, instance: dg.DagsterInstance) -> None:
    with entry("provider", "weeks of passing faults", "every second file fails one to nine times, at random") as row:
        scene.project.change("pipeline.yml", "look_back_days: 10", "look_back_days: 30")
        scene.files.clear()
        for day in WEEKS:
            scene.publish(day)
        strike(scene, WEEKS)
        ran = 0
        for _ in range(TICKS):
            ran += tick(scene, instance)
            # The pauses between attempts are minutes and hours: they pass at once.
            scene.query("UPDATE failed_downloads SET last_attempt_at = last_attempt_at - interval '2 days'")
        counts = FailedDownloads(scene.project.database(), US_STOCKS_DAY_AGGS, "polygon").summary()
        rate = recovery_rate(counts)
        assert ran > len(WEEKS), "a run was repeated"
        assert sum(count.failures for count in counts) >= 3
        assert rate is not None
        assert rate >= TARGET
        assert f"{rate:.0%} of the transient ones without a person" in scene.tbp("failures").out
        assert scene.left_over() == []
        row.happened = f"the days are asked for again with growing pauses; {rate:.0%} came right without a person"
        row.recovery, row.lost = "by itself", scene.lost()
