"""The collector of prometheus_client: reads everything at each scrape, and says so where a part cannot be read."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from time import monotonic, perf_counter
from typing import Final

import prometheus_client
from prometheus_client.registry import Collector

from tbp_assets.errors import TbpError
from tbp_assets.metrics.catalogue import METRICS
from tbp_assets.metrics.samples import Sample, by_label, families
from tbp_assets.metrics.source import Source, Subjects
from tbp_assets.metrics.waiting import OneAtATime

TIMEOUT: Final = "timeout"
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Found:
    """What reading a part brought.

    Attributes:
        faults: Kind and message for each part, or subject of a part, that could not be read.
    """

    samples: list[Sample] = field(default_factory=list[Sample])
    faults: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    seconds: float = 0.0


class TbpCollector(Collector):
    """Reads the database and the files at the same time, each in a thread of its own, for so many seconds at most.

    What cannot be read is absent; `tbp_up` and `tbp_scrape_error` say so, and why is told in words, once.
    """

    def __init__(self, source: Source, *, seconds: float, tell: Callable[[str], None] = logger.warning) -> None:
        """Read nothing yet."""
        self._seconds, self._say = seconds, tell
        self._parts = {
            "database": OneAtATime(lambda: _read("database", source.database_subjects)),
            "files": OneAtATime(lambda: _read("files", source.file_subjects)),
        }
        self._told: dict[str, str] = {}

    def begin(self) -> None:
        """Begin reading without waiting for it: the first time takes longest, a scrape that comes meanwhile joins."""
        for work in self._parts.values():
            work.begin()

    def collect(self) -> Iterator[prometheus_client.Metric]:
        """Give every metric of the catalogue."""
        return families(METRICS, self._samples())

    def _samples(self) -> Iterator[Sample]:
        found = self._found()
        faults = {part: fault for each in found.values() for part, fault in each.faults.items()}
        self._tell(faults)
        for each in found.values():
            yield from each.samples
        yield from by_label("tbp_scrape_seconds", "part", {part: each.seconds for part, each in found.items()})
        for part, (kind, _) in faults.items():
            yield Sample("tbp_scrape_error", 1, {"part": part, "kind": kind})
        yield Sample("tbp_up", not faults)
        yield Sample("tbp_build_info", 1, {"version": version("tbp_assets"), "python": platform.python_version()})

    def _found(self) -> dict[str, Found]:
        started = monotonic()
        running = {part: work.begin() for part, work in self._parts.items()}
        found: dict[str, Found] = {}
        for part, future in running.items():
            try:
                found[part] = future.result(max(self._seconds - (monotonic() - started), 0))
            except TimeoutError:
                message = f"no answer within {self._seconds:g} seconds"
                found[part] = Found(faults={part: (TIMEOUT, message)}, seconds=monotonic() - started)
        return found

    def _tell(self, faults: dict[str, tuple[str, str]]) -> None:
        said = {part: f"{part}: {message}" for part, (_, message) in faults.items()}
        for part, sentence in said.items():
            if self._told.get(part) != sentence:
                self._say(sentence)
        for part in self._told.keys() - said.keys():
            self._say(f"{part}: can be read again")
        self._told = said


def _read(part: str, subjects: Callable[[], Subjects]) -> Found:
    started, found = perf_counter(), Found()
    try:
        opened = subjects()
    except TbpError as error:
        found.faults[part] = (error.category, str(error))
        opened = Subjects()
    for name, subject in opened.items():
        try:
            found.samples += list(subject())
        except TbpError as error:
            found.faults[name] = (error.category, str(error))
    found.seconds = perf_counter() - started
    return found
