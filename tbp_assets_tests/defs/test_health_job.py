"""The job `health`: its run records every line, and fails with those that failed."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.health import HEALTH_JOB, switches_of
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.health.test_days import closed_since, starts

pytestmark = pytest.mark.integration


def ran(project: Project) -> dg.ExecuteInProcessResult:
    job = build_definitions(project.settings()).resolve_job_def(HEALTH_JOB)
    return job.execute_in_process(raise_on_error=False)


def findings(metadata: Any) -> dict[Any, Any]:
    return {record.data["subject"]: record.data["status"] for record in metadata["findings"].records}


@pytest.fixture
def whole(project: Project, tbp: Tbp) -> Project:
    """A project to which nothing is missing but a daemon."""
    starts(project, TUESDAY)
    closed_since(project, TUESDAY)
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    return project


def test_a_healthy_installation_succeeds_and_keeps_every_line(whole: Project) -> None:
    result = ran(whole)
    assert result.success
    (event,) = (each for each in result.all_events if each.event_type_value == "STEP_OUTPUT")
    metadata = event.step_output_data.metadata
    assert (metadata["failed"].value, metadata["warning"].value) == (0, 1)
    found = findings(metadata)
    assert found["newest session"] == found["tables"] == found["schedules and sensors"] == "ok"
    assert found["daemon"] == "warning"


def test_a_fault_fails_the_run_with_its_line_and_what_to_do_and_is_not_tried_again(whole: Project) -> None:
    (whole.store / "incoming").rmdir()
    (whole.store / "incoming").touch()
    result = ran(whole)
    assert not result.success
    assert [each.event_type_value for each in result.all_events if "RETRY" in each.event_type_value] == []
    (event,) = result.get_step_failure_events()
    failure = event.step_failure_data.user_failure_data
    assert failure
    assert failure.description
    assert failure.description.startswith("2 of the health checks failed. landing zone: ")
    assert "cannot be written to: Not a directory" in failure.description
    assert "make it a directory this user can write to" in failure.description
    assert findings(failure.metadata)["lake"] == "failed"
    assert failure.metadata["failed"].value == 2


def test_the_schedule_ticks_every_day_and_is_on(project: Project) -> None:
    definitions = build_definitions(project.settings())
    schedule = definitions.resolve_schedule_def("health_daily")
    assert (schedule.cron_schedule, schedule.job_name) == ("0 8 * * *", HEALTH_JOB)
    repository = definitions.get_repository_def()
    switches = switches_of(repository.schedule_defs, repository.sensor_defs)
    assert switches["health_daily"]
    assert set(switches) >= {"daily_bars", "day_file_arrivals"}
