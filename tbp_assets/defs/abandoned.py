"""Runs whose process died without a word: Dagster calls them started for ever, and two of them fill its run queue."""

import socket

import dagster as dg
import psutil

PROCESS_TAG = "tbp/process"
LAUNCHED_TAG = ".dagster/grpc_info"
UNENDED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def this_process() -> str:
    """Return what tells this process from every other one, also from a later one with the same id."""
    return _name(psutil.Process())


def close_abandoned_runs(instance: dg.DagsterInstance, *, no_ui: bool = False) -> None:
    """Report the runs of processes that are gone as failed.

    Args:
        instance: Where runs are recorded.
        no_ui: No UI with its daemon is there, so that the runs it started are gone as well.
    """
    for run in instance.get_runs(dg.RunsFilter(statuses=UNENDED)):
        # A run repeated in the UI inherits the tags of the first, so it is known by the code server that runs it.
        process = None if LAUNCHED_TAG in run.tags else run.tags.get(PROCESS_TAG)
        if no_ui if process is None else _is_gone(process):
            instance.report_run_failed(run, "The process of this run is gone. What it committed stays.")


def _is_gone(name: str) -> bool:
    host, pid, _ = name.rsplit(maxsplit=2)
    if host != socket.gethostname():
        return False
    try:
        return _name(psutil.Process(int(pid))) != name
    except psutil.NoSuchProcess:
        return True


def _name(process: psutil.Process) -> str:
    return f"{socket.gethostname()} {process.pid} {process.create_time():.0f}"
