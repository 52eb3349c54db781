"""Whether what pipeline.yml chooses under `execution` can be had: library, broker, places that all machines see.

Dagster is not imported: `tbp config check` asks, too.
"""

from __future__ import annotations

from importlib.util import find_spec

from tbp_assets.errors import ConfigError
from tbp_assets.settings import Settings

EXTRAS = {"celery": "dagster_celery", "k8s": "dagster_k8s"}


def require_execution(settings: Settings) -> None:
    """Raise where runs, or their steps, cannot work where pipeline.yml has them.

    Raises:
        ConfigError: A library is not installed, or what it needs is not set.
    """
    execution = settings.pipeline.execution
    require_extra("executor", execution.executor)
    if execution.launcher == "celery":
        require_extra("launcher", "celery")
    if "celery" in {execution.launcher, execution.executor}:
        require_broker(settings)
    if execution.executor == "k8s":
        _require_shared_places(settings)


def require_extra(key: str, choice: str) -> None:
    """Raise ConfigError where what a key of `execution` chooses needs a library that is not installed."""
    if choice in EXTRAS and find_spec(EXTRAS[choice]) is None:
        raise ConfigError(
            f"pipeline.yml: execution.{key}: {choice} needs {EXTRAS[choice].replace('_', '-')}, which is not "
            f"installed: pip install -e '.[{choice}]'"
        )


def require_broker(settings: Settings) -> None:
    """Raise ConfigError where no broker is configured."""
    if not settings.pipeline.execution.celery.broker_url:
        raise ConfigError(
            "TBP_CELERY_BROKER_URL is not set (pipeline.yml: execution.celery.broker_url, which celery needs)"
        )


def _require_shared_places(settings: Settings) -> None:
    """Raise where a step, in a pod of its own, would not find what the step before it left."""
    lacking = ["DB_HOST, since the embedded database is one machine's"] if settings.database.embedded else []
    if not settings.pipeline.lake_url:
        lacking.append("TBP_LAKE_URL (s3://bucket/prefix, or file:///a/volume/that/all/share)")
    if lacking:
        raise ConfigError(f"pipeline.yml: execution.executor: k8s needs {' and '.join(lacking)}")
