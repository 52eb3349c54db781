"""What a Celery worker loads (`tbp worker`, or `dagster-celery worker start -A tbp_assets.defs.celery_app`).

Its settings are those of the executor, so that both speak of the same queue.
"""

from typing import Any, cast

from dagster_celery import executor, make_app, tasks

from tbp_assets.config_loader import load_settings
from tbp_assets.defs.executors import celery_settings

_untyped = cast("Any", tasks)
_executor = cast("Any", executor).CeleryExecutor.for_cli(**celery_settings(load_settings()))

app: Any = cast("Any", make_app).make_app(_executor.app_args())
execute_plan: Any = _untyped.create_task(app)  # a step, for the executor
execute_job: Any = _untyped.create_execute_job_task(app)  # a whole run, for the run launcher
resume_job: Any = _untyped.create_resume_job_task(app)
