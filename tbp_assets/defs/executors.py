"""Where the steps of a run work: in its own process, in several of this machine, or on others. Runs are `launchers`'.

The libraries of the last two are extras, imported where they are chosen. `celery_settings` are what executor and worker
must have in common.
"""

from importlib.util import find_spec
from typing import Any

import dagster as dg

from tbp_assets.defs.asking import LONGEST_RUN
from tbp_assets.errors import ConfigError
from tbp_assets.settings import Settings

EXTRAS = {"celery": "dagster_celery", "k8s": "dagster_k8s"}


def build_executor(settings: Settings) -> dg.ExecutorDefinition:
    """Return the executor that pipeline.yml chooses.

    Raises:
        ConfigError: Its library is not installed, or what it needs is not set.
    """
    execution = settings.pipeline.execution
    require_extra("executor", execution.executor)
    if execution.launcher == "celery":
        require_extra("launcher", "celery")
        celery_settings(settings)
    match execution.executor:
        case "in_process":
            return dg.in_process_executor
        case "multiprocess":
            return dg.multiprocess_executor.configured({"max_concurrent": execution.max_concurrent}, "multiprocess")
        case "celery":
            from dagster_celery import celery_executor  # noqa: PLC0415  # an extra

            return celery_executor.configured(celery_settings(settings), "celery")
        case "k8s":
            from dagster_k8s import k8s_job_executor  # noqa: PLC0415  # an extra

            _require_shared_places(settings)
            return k8s_job_executor.configured({"max_concurrent": execution.max_concurrent}, "k8s")


def celery_settings(settings: Settings) -> dict[str, Any]:
    """Return the configuration of dagster-celery: broker, results, and how a task gets to a worker.

    Raises:
        ConfigError: No broker is configured.
    """
    celery = settings.pipeline.execution.celery
    if not celery.broker_url:
        raise ConfigError(
            "TBP_CELERY_BROKER_URL is not set (pipeline.yml: execution.celery.broker_url, which celery needs)"
        )
    from dagster_celery.defaults import broker_transport_options  # noqa: PLC0415  # an extra

    longest = {"visibility_timeout": int(LONGEST_RUN.total_seconds())}
    return {
        "broker": celery.broker_url.get_secret_value(),
        "backend": celery.backend.get_secret_value(),
        "config_source": {
            # A task that a worker holds back behind a long one is not given to another meanwhile, to be done twice.
            "worker_prefetch_multiplier": 1,
            "broker_transport_options": broker_transport_options | longest,
            # What a worker that died was at is given to another: every step may be done again.
            "task_acks_late": True,
            "task_reject_on_worker_lost": True,
            "broker_connection_retry_on_startup": True,
            # Never forked: a process that is hangs at its first use of polars. More steps at once are more workers.
            "worker_pool": "threads",
            "worker_concurrency": 1,
        },
    }


def require_extra(key: str, choice: str) -> None:
    """Raise ConfigError where what a key of `execution` chooses needs a library that is not installed."""
    if choice in EXTRAS and find_spec(EXTRAS[choice]) is None:
        raise ConfigError(
            f"pipeline.yml: execution.{key}: {choice} needs {EXTRAS[choice].replace('_', '-')}, which is not "
            f"installed: pip install -e '.[{choice}]'"
        )


def _require_shared_places(settings: Settings) -> None:
    """Raise where a step, in a pod of its own, would not find what the step before it left."""
    lacking = ["DB_HOST, since the embedded database is one machine's"] if settings.database.embedded else []
    if not settings.pipeline.lake_url:
        lacking.append("TBP_LAKE_URL (s3://bucket/prefix, or file:///a/volume/that/all/share)")
    if lacking:
        raise ConfigError(f"pipeline.yml: execution.executor: k8s needs {' and '.join(lacking)}")
