"""Where the steps of a run work: in its own process, in several of this machine, or on others. Runs are `launchers`'.

The libraries of the last two are extras, imported where they are chosen. `celery_settings` are what executor and worker
must have in common.
"""

from typing import Any

import dagster as dg

from tbp_assets.defs.asking import LONGEST_RUN
from tbp_assets.resources.execution import require_broker, require_execution
from tbp_assets.settings import Settings


def build_executor(settings: Settings) -> dg.ExecutorDefinition:
    """Return the executor that pipeline.yml chooses.

    Raises:
        ConfigError: Its library is not installed, or what it needs is not set.
    """
    execution = settings.pipeline.execution
    require_execution(settings)
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

            return k8s_job_executor.configured({"max_concurrent": execution.max_concurrent}, "k8s")


def celery_settings(settings: Settings) -> dict[str, Any]:
    """Return the configuration of dagster-celery: broker, results, and how a task gets to a worker.

    Raises:
        ConfigError: No broker is configured.
    """
    celery = settings.pipeline.execution.celery
    require_broker(settings)
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
