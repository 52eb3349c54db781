"""`tbp worker`: a Celery worker of this machine, with the variables that dagster.yaml reads."""

import os
import signal
import sys
from typing import NoReturn

from tbp_assets.cli.output import out
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.resources.execution import require_execution
from tbp_assets.settings import PROJECT_ROOT

APP = "tbp_assets.defs.celery_app"


def worker() -> NoReturn:
    """Replace this process by the worker.

    Raises:
        UsageError: Neither runs nor their steps work on Celery workers.
        ConfigError: No broker, or no dagster-celery.
    """
    session = Session.start()
    execution = session.settings.pipeline.execution
    if "celery" not in {execution.executor, execution.launcher}:
        raise UsageError(
            f"pipeline.yml: execution.launcher is {execution.launcher} and executor {execution.executor}, which have "
            "no workers: only celery has"
        )
    require_execution(session.settings)
    out.print(session.route)
    out.print("a worker of the queue dagster (Ctrl-C ends it after the step that it is at)")
    environment = session.dagster_environment()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    level = session.settings.pipeline.log_level
    command = [
        sys.executable, "-m", "celery", "--app", APP, "worker", "--queues", "dagster", "--loglevel", level,
        "--hostname", f"tbp-{os.getpid()}@%h",
    ]  # fmt: skip
    sys.stdout.flush()
    os.chdir(PROJECT_ROOT)
    os.execve(sys.executable, command, {**os.environ, **environment})  # noqa: S606  # our own interpreter
