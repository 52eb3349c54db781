"""What a Celery worker loads (`tbp worker`, or `dagster-celery worker start -A tbp_assets.defs.celery_app`).

Its settings are those of the executor, so that both speak of the same queue.
"""

from dagster_celery.executor import CeleryExecutor
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task, create_task

from tbp_assets.config_loader import load_settings
from tbp_assets.defs.executors import celery_settings

app = make_app(CeleryExecutor.for_cli(**celery_settings(load_settings())).app_args())
execute_plan = create_task(app)  # a step, for the executor
execute_job = create_execute_job_task(app)  # a whole run, for the run launcher
resume_job = create_resume_job_task(app)
