"""`tbp backfill --jobs N`: stretches of a range in processes of their own, each with its own runs.

A process gets one stretch of the days, so that all but its first days find those before them in the lake, which their
quality is judged by. Where a process dies or the command is interrupted, the others end after the day they are at.
"""

import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import ALL_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from multiprocessing import active_children, connection, get_context, parent_process
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from threading import Thread
from time import sleep

import dagster as dg

from tbp_assets.cli.backfill_runs import Outcome, Runs
from tbp_assets.cli.ending import begin, being_gracious
from tbp_assets.cli.instance import open_instance, storage_faults
from tbp_assets.cli.session import Session
from tbp_assets.cli.start import collect_garbage_seldom
from tbp_assets.defs.abandoned import PROCESS_TAG, this_process
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.logs.starting import start_logging
from tbp_assets.settings import Settings

TICK_SECONDS = 0.2
SIGNAL_AGAIN_SECONDS = 5.0
Run = Callable[[str, list[date], Callable[[], None]], Outcome]


@dataclass(frozen=True, slots=True)
class _Lines:
    """What the processes of a backfill share.

    Attributes:
        said: The id of a process that begins a stretch, and 0 for each day that is settled.
        stop: Set where no further stretch is to be begun.
    """

    said: SimpleQueue[int]
    stop: Event


@contextmanager
def workers(count: int, session: Session, instance: dg.DagsterInstance, tags: dict[str, str]) -> Generator[Run]:
    """Give what runs a job for days: in this process, or in as many others as are asked for.

    Args:
        count: How many processes work at the same time.
        session: Of this process.
        instance: Of this process.
        tags: Of every run.
    """
    if count == 1:
        definitions = build_definitions(session.settings, dg.in_process_executor)
        yield Runs(session, definitions, instance, {**tags, PROCESS_TAG: this_process()}).run
        return
    # Not forked: the threads of polars and the connections of this process cannot be shared.
    context = get_context("spawn")
    lines = _Lines(context.SimpleQueue(), context.Event())
    with ProcessPoolExecutor(count, context, initializer=_begin, initargs=(lines,)) as pool:

        def run(job: str, days: list[date], settled: Callable[[], None]) -> Outcome:
            with _left_alone_by_ctrl_c():
                parts = stretches(days, count)
                futures = [pool.submit(_run_stretch, session.settings, tags, job, part) for part in parts]
            return _joined(futures, lines, settled)

        yield run


def stretches(days: list[date], count: int) -> list[list[date]]:
    """Cut days into as many stretches of about the same length, in order; fewer where there are fewer days."""
    edges = [round(n * len(days) / count) for n in range(count + 1)]
    return [days[first:last] for first, last in pairwise(edges) if first < last]


@contextmanager
def _left_alone_by_ctrl_c() -> Generator[None]:
    """Let processes that are started meanwhile ignore Ctrl-C, which a terminal sends to all of them.

    A run listens to it again; one that has not begun yet would only print a stack trace.
    """
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)


def _joined(futures: list[Future[Outcome]], lines: _Lines, settled: Callable[[], None]) -> Outcome:
    processes, outcome, pending = set[int](), Outcome(), set(futures)
    try:
        while pending:
            _, pending = wait(pending, TICK_SECONDS)
            _listen(lines, processes, settled)
    except KeyboardInterrupt:
        _interrupt(futures, lines, processes)
        raise
    for future in futures:
        try:
            outcome.join(future.result())
        except BrokenProcessPool:
            outcome.faults = ["a process of --jobs ended without a word (killed, or out of memory): run it again"]
    return outcome


def _listen(lines: _Lines, processes: set[int], settled: Callable[[], None]) -> None:
    while not lines.said.empty():
        if said := lines.said.get():
            processes.add(said)
        else:
            settled()


def _interrupt(futures: list[Future[Outcome]], lines: _Lines, processes: set[int]) -> None:
    lines.stop.set()
    for starting in active_children():
        # It ignores Ctrl-C until it begins.
        if starting.pid not in processes:
            starting.terminate()
    while not all(future.done() for future in futures):
        _listen(lines, processes, lambda: None)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGINT)
        wait(futures, SIGNAL_AGAIN_SECONDS, ALL_COMPLETED)


_inherited = list[_Lines]()


def _begin(lines: _Lines) -> None:
    """Run in a process before its first stretch."""
    collect_garbage_seldom()
    _inherited.append(lines)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begin(silent=True)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        connection.wait([parent.sentinel])
    while True:
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(SIGNAL_AGAIN_SECONDS)


def _run_stretch(settings: Settings, tags: dict[str, str], job: str, days: list[date]) -> Outcome:
    (lines,) = _inherited
    if lines.stop.is_set():
        return Outcome()
    with being_gracious():
        lines.said.put(os.getpid())
        start_logging(settings, "worker")
        session = Session(settings)
        with storage_faults(session), open_instance(session) as instance:
            own = {**tags, PROCESS_TAG: this_process()}
            runs = Runs(session, build_definitions(settings, dg.in_process_executor), instance, own)
            return runs.run(job, days, lambda: lines.said.put(0))
