"""pipeline.yml chooses where runs and their steps work, and says what a choice lacks."""

from __future__ import annotations

from typing import Any, cast

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.job_base import InMemoryJob  # not exported by dagster 1.13
from dagster._core.executor.init import InitExecutorContext  # not exported by dagster 1.13
from dagster._core.launcher import DefaultRunLauncher, RunLauncher
from dagster._serdes import ConfigurableClassData
from dagster_celery.launcher import CeleryRunLauncher

from tbp_assets.defs.assembly import build_definitions
from tbp_assets.defs.executors import build_executor, celery_settings
from tbp_assets.errors import ConfigError
from tbp_assets.resources import execution
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.cli.terminal import Tbp, tbp
from tbp_assets_tests.conftest import Project

__all__ = ["tbp"]
pytestmark = pytest.mark.unit

BROKER = {"TBP_CELERY_BROKER_URL": "redis://:hush@broker:6379/0"}
SHARED = {"DB_HOST": "db.example.com", "DB_USER": "trader", "DB_PASSWORD": "hush", "TBP_LAKE_URL": "s3://lake/tbp"}


def choose(project: Project, executor: str) -> None:
    project.change("pipeline.yml", "executor: in_process", f"executor: {executor}")


def made(definition: dg.ExecutorDefinition) -> Any:
    """Return the executor that a run gets."""
    untyped, dagster = cast("Any", definition), cast("Any", dg)
    config = untyped.apply_config_mapping({"config": {}}).value["config"]
    job = InMemoryJob(dagster.GraphDefinition("nothing").to_job())
    context = cast("Any", InitExecutorContext)(job, definition, config, dagster.DagsterInstance.ephemeral())
    return untyped.executor_creation_fn(context)


@pytest.mark.parametrize(
    ("executor", "environment"), [("in_process", {}), ("multiprocess", {}), ("celery", BROKER), ("k8s", SHARED)]
)
def test_executor_is_where_the_steps_of_a_run_work(
    project: Project, executor: str, environment: dict[str, str]
) -> None:
    choose(project, executor)
    definition = build_definitions(project.settings(**environment)).executor
    assert isinstance(definition, dg.ExecutorDefinition)
    assert definition.name == executor


@pytest.mark.parametrize(("launcher", "kind"), [("default", DefaultRunLauncher), ("celery", CeleryRunLauncher)])
def test_launcher_is_where_whole_runs_work(project: Project, launcher: str, kind: type[RunLauncher]) -> None:
    project.change("pipeline.yml", "launcher: default", f"launcher: {launcher}")
    project.settings(**BROKER)
    named = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8"))["run_launcher"]
    data = ConfigurableClassData(named["module"], named["class"], "{}")
    assert isinstance(data.rehydrate(as_type=RunLauncher), kind)


def test_runs_on_workers_without_a_broker_are_told_before_anything_starts(project: Project, tbp: Tbp) -> None:
    project.change("pipeline.yml", "launcher: default", "launcher: celery")
    tbp("config", "check").must_be(2, "TBP_CELERY_BROKER_URL is not set")


@pytest.mark.parametrize("steps", [2, 7])
def test_max_concurrent_is_how_many_steps_work_at_once(project: Project, steps: int) -> None:
    choose(project, "multiprocess")
    project.change("pipeline.yml", "max_concurrent: 2", f"max_concurrent: {steps}")
    assert made(build_executor(project.settings()))._max_concurrent == steps


def test_broker_url_is_where_tasks_wait(project: Project) -> None:
    choose(project, "celery")
    assert made(build_executor(project.settings(**BROKER))).broker == BROKER["TBP_CELERY_BROKER_URL"]


@pytest.mark.parametrize(
    ("broker", "backend", "used"),
    [
        ("redis://b:6379/0", "", "redis://b:6379/0"),
        ("amqp://u:p@b//", "", "rpc://"),
        ("amqp://u:p@b//", "redis://b:6379/1", "redis://b:6379/1"),
    ],
)
def test_backend_url_is_where_results_go(project: Project, broker: str, backend: str, used: str) -> None:
    choose(project, "celery")
    settings = project.settings(TBP_CELERY_BROKER_URL=broker, TBP_CELERY_BACKEND_URL=backend)
    assert made(build_executor(settings)).backend == used


def test_a_task_of_a_worker_that_died_is_given_to_another_and_no_step_is_forked(project: Project) -> None:
    options = celery_settings(project.settings(**BROKER))["config_source"]
    assert (options["task_acks_late"], options["task_reject_on_worker_lost"]) == (True, True)
    assert options["broker_transport_options"]["visibility_timeout"] == 6 * 3600
    # A forked process hangs at its first use of polars, for ever: seen.
    assert options["worker_pool"] == "threads"


def test_celery_without_a_broker_is_told_with_variable_and_key(project: Project, tbp: Tbp) -> None:
    choose(project, "celery")
    with pytest.raises(ConfigError, match=r"TBP_CELERY_BROKER_URL is not set \(pipeline\.yml: execution\.celery"):
        build_definitions(project.settings())
    tbp("config", "check").must_be(2, "TBP_CELERY_BROKER_URL is not set")


@pytest.mark.parametrize("executor", ["celery", "k8s"])
def test_an_extra_that_is_not_installed_is_told_with_its_cure(
    project: Project, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_name: str) -> None:
        """Find no module."""

    monkeypatch.setattr(execution, "find_spec", nowhere)
    choose(project, executor)
    with pytest.raises(
        ConfigError, match=rf"needs dagster-{executor}, which is not installed: pip install -e '\.\[{executor}"
    ):
        build_definitions(project.settings(**BROKER))


def test_pods_need_a_database_and_a_lake_that_all_of_them_see(project: Project) -> None:
    choose(project, "k8s")
    with pytest.raises(ConfigError, match=r"k8s needs DB_HOST, since .* and TBP_LAKE_URL"):
        build_definitions(project.settings(TBP_LAKE_URL=""))


def test_a_backfill_works_in_process_and_needs_neither_broker_nor_extra(project: Project, tbp: Tbp) -> None:
    choose(project, "celery")
    said = tbp(
        "backfill", "2024-01-02", "2024-01-02", "--json", TBP_FLAT_FILES_URL="synthetic://market?seed=7&tickers=60"
    )
    said.must_be(0)
    assert said.json["days"] == 1


def test_the_password_of_the_broker_is_not_shown(project: Project, tbp: Tbp) -> None:
    choose(project, "celery")
    said = tbp("config", "check", **BROKER)
    said.must_be(0)
    assert "hush" not in said.out + said.err + repr(project.settings())


def test_a_worker_is_refused_where_steps_do_not_work_on_workers(project: Project, tbp: Tbp) -> None:
    tbp("worker").must_be(2, "execution.launcher is default and executor in_process, which have no workers")


def test_a_worker_without_a_broker_is_refused(project: Project, tbp: Tbp) -> None:
    choose(project, "celery")
    tbp("worker").must_be(2, "TBP_CELERY_BROKER_URL is not set")
