"""Where whole runs work, as pipeline.yml chooses: beside the code server, or on Celery workers.

dagster.yaml names this class; Dagster's Helm chart, which writes a dagster.yaml of its own, names Kubernetes' instead.
"""

from collections.abc import Mapping
from typing import Any

from dagster._core.launcher import DefaultRunLauncher, LaunchRunContext, RunLauncher  # not exported
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from tbp_assets.config_loader import load_settings
from tbp_assets.defs.executors import celery_settings
from tbp_assets.resources.execution import require_extra


class ChosenRunLauncher(RunLauncher, ConfigurableClass):
    """Stands in dagster.yaml for the launcher of `execution.launcher`; it never launches anything itself."""

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        """Nothing is configured in dagster.yaml."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> ConfigurableClass:  # noqa: ARG003
        """Return the launcher that pipeline.yml chooses.

        Raises:
            ConfigError: Celery is chosen, and its library or broker is lacking.
        """
        settings = load_settings()
        if settings.pipeline.execution.launcher == "default":
            return DefaultRunLauncher(inst_data)
        require_extra("launcher", "celery")
        from dagster_celery.launcher import CeleryRunLauncher  # noqa: PLC0415  # an extra

        return CeleryRunLauncher(default_queue="dagster", inst_data=inst_data, **celery_settings(settings))

    def launch_run(self, context: LaunchRunContext) -> None:
        """Never called: another launcher takes its place."""
        raise NotImplementedError

    def terminate(self, run_id: str) -> bool:
        """Never called: another launcher takes its place."""
        raise NotImplementedError
