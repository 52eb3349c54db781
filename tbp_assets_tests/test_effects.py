"""Every key of pipeline.yml changes what is observed: places, words, definitions and refusals."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NoReturn

import dagster as dg
import pytest

from tbp_assets.bars.day_state import State, day_state
from tbp_assets.bars.facts import DayFacts
from tbp_assets.cli import up as cli_up
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.shared import MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS, Plan
from tbp_assets.errors import ConfigError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools"]
pytestmark = pytest.mark.integration

ASSETS = [RAW_DAY_FILE, VALIDATED_BARS, MARKET_DATA_RAW]


def definitions(project: Project) -> dg.Definitions:
    return build_definitions(project.settings())


def schedule(project: Project, name: str) -> str | Sequence[str]:
    return definitions(project).resolve_schedule_def(name).cron_schedule


def state_at(project: Project, now: datetime) -> State:
    plan = Plan.of(project.settings())
    return day_state(DayFacts(TUESDAY), plan.expectation([TUESDAY]), now).state


def test_environment_production_refuses_the_embedded_database(project: Project) -> None:
    definitions(project)
    project.change("pipeline.yml", '"${ENVIRONMENT:-development}"', "production")
    with pytest.raises(ConfigError, match="ENVIRONMENT=production refuses the embedded database"):
        definitions(project)


def test_log_level_is_that_of_the_ui_and_its_daemon(project: Project) -> None:
    commands: list[list[str]] = []

    class ReplacedError(Exception):
        """Stands for the process being replaced."""

    def keep(_number: int, _action: object) -> None:
        """Leave the handlers of the test process alone."""

    def replace(_path: str, command: list[str], _environment: dict[str, str]) -> NoReturn:
        commands.append(command)
        raise ReplacedError

    project.monkeypatch.chdir(project.root)
    project.monkeypatch.setattr(os, "execve", replace)
    project.monkeypatch.setattr(signal, "signal", keep)
    project.monkeypatch.setattr(cli_up, "announce", keep)
    for level in ("INFO", "ERROR"):
        project.settings(LOG_LEVEL=level)
        with pytest.raises(ReplacedError):
            cli_up.up(3000)
    assert [command[command.index("--log-level") + 1] for command in commands] == ["warning", "error"]


def test_home_is_where_everything_lies_that_has_no_place_of_its_own(project: Project) -> None:
    settings = project.settings(TBP_HOME=str(project.root / "home"), TBP_LAKE_URL="")
    assert StoreResource.from_settings(settings).files() == LocalFiles(project.root / "home")
    assert DatabaseResource.from_settings(settings).home == str(project.root / "home")
    project.change("pipeline.yml", '"${TBP_HOME:-.tbp}"', str(project.root / "other"))
    assert StoreResource.from_settings(project.settings()).files() == LocalFiles(project.root / "other")


def test_lake_url_moves_landing_zone_and_lake(project: Project) -> None:
    for place in (project.root / "first", project.root / "a second"):
        settings = project.settings(TBP_LAKE_URL=place.as_uri())
        landing = StoreResource.from_settings(settings).landing(Plan.of(settings).dataset, "polygon")
        landing.record(TUESDAY, "absent", "")
        assert [path.name for path in place.rglob("*.json")] == ["2024-01-02.json"]


def test_universe_decides_which_bars_are_loaded(project: Project) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    assert rows_loaded(project, "etfs") == 1
    assert rows_loaded(project, "all") == 4


def rows_loaded(project: Project, universe: str) -> int:
    """Load Tuesday and return how many of its bars are inside the universe, as the materialization says."""
    job = build_definitions(project.settings(TBP_UNIVERSE=universe)).resolve_job_def("day_bars")
    result = job.execute_in_process(partition_key=str(TUESDAY))
    (event,) = result.asset_materializations_for_node("market_data_raw")
    rows = event.metadata["dagster/partition_row_count"].value
    assert isinstance(rows, int)
    return rows


@pytest.mark.parametrize("start", ["2020-01-01", "2023-12-29"])
def test_start_date_is_the_first_partition(project: Project, start: str) -> None:
    project.change("pipeline.yml", "start_date: 2020-01-01", f"start_date: {start}")
    for key in ASSETS:
        partitions = definitions(project).resolve_assets_def(key).partitions_def
        assert partitions is not None
        assert partitions.get_partition_keys(current_time=datetime(2024, 1, 3, 12, tzinfo=UTC))[0] == start


def test_ask_at_is_when_the_daily_run_asks(project: Project) -> None:
    assert schedule(project, "daily_bars") == "30 11 * * 2-6"
    project.change("pipeline.yml", 'ask_at: "11:30"', 'ask_at: "9:05"')
    assert schedule(project, "daily_bars") == "5 9 * * 2-6"


def test_expected_by_turns_late_into_missing(project: Project) -> None:
    two_o_clock = datetime(2024, 1, 3, 19, tzinfo=UTC)
    assert state_at(project, two_o_clock) == "missing"
    project.change("pipeline.yml", 'expected_by: "13:00"', 'expected_by: "15:00"')
    assert state_at(project, two_o_clock) == "late"


def test_expected_by_moves_the_tick_of_the_freshness_check(project: Project) -> None:
    assert schedule(project, "freshness_daily") == "30 13 * * *"
    project.change("pipeline.yml", 'expected_by: "13:00"', 'expected_by: "15:10"')
    assert schedule(project, "freshness_daily") == "40 15 * * *"


@pytest.mark.parametrize("days", [50, 7])
def test_max_partitions_per_run_cuts_a_backfill_into_runs(project: Project, days: int) -> None:
    project.change("pipeline.yml", "max_partitions_per_run: 50", f"max_partitions_per_run: {days}")
    policies = [definitions(project).resolve_assets_def(key).backfill_policy for key in ASSETS]
    assert policies == [dg.BackfillPolicy.multi_run(days)] * 3


def retries(project: Project) -> list[tuple[int, float | None]]:
    policies = [definitions(project).resolve_assets_def(key).op.retry_policy for key in ASSETS]
    return [(policy.max_retries, policy.delay) for policy in policies if policy]


def test_max_retries_is_that_of_every_asset(project: Project) -> None:
    assert retries(project) == [(3, 5)] * 3
    project.change("pipeline.yml", "max_retries: 3", "max_retries: 0")
    assert retries(project) == [(0, 5)] * 3


def test_delay_seconds_is_that_of_every_asset(project: Project) -> None:
    project.change("pipeline.yml", "delay_seconds: 5", "delay_seconds: 0.5")
    assert retries(project) == [(3, 0.5)] * 3


def test_a_start_date_before_the_vendors_first_file_is_refused(project: Project) -> None:
    project.change("pipeline.yml", "start_date: 2020-01-01", f"start_date: {date(2003, 9, 9)}")
    with pytest.raises(ConfigError, match=r"partitions\.start_date"):
        definitions(project)
