"""The database as an IO manager: COPY-upserts each day of a stream in its own transaction, then tells the truth.

A day that stays open keeps no other day from being loaded, and fails no step: its cell is not filled, and the checks,
which come after, fail for it. Where the database itself fails, the days that are done are told of before the step ends.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter
from typing import Any, Generic, TypeVar

import dagster as dg
from dagster import InputContext, OutputContext

from tbp_assets.bars.day_state import DayState
from tbp_assets.errors import StoredFileError, TbpError
from tbp_assets.interrupts import stop_if_interrupted
from tbp_assets.io_managers.cells import Cell, Cells
from tbp_assets.logs.days import DayLog
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failure_log import FailureLog
from tbp_assets.resources.failures import INTERRUPTS, as_failure
from tbp_assets.storage.database import Database

Load = TypeVar("Load")
Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class StreamedDay(Generic[Load]):
    """A day of the stream: to be loaded, or settled without rows (a holiday), or open for a stated reason.

    A day may be loaded and open at once: an older version stays while the restated file is rejected.

    Attributes:
        unfilled: Why the cell is not filled of a day that is written all the same, and of which another asset tells.
    """

    trading_date: date
    load: Load | None = None
    open: DayState | None = None
    unfilled: DayState | None = None


@dataclass(frozen=True, slots=True)
class LoadStream(Generic[Load, Written]):
    """What an asset hands to the IO manager.

    Attributes:
        source: Where the days come from, for the log.
        days: The days, oldest first, made as they are asked for.
        write: Brings a day that is to be loaded into the database, for a Dagster run, in one transaction.
        describe: The cell of a day, with what was written and the seconds it took; called once the day is committed.
        cells: Tells Dagster of each day.
        log: Is told what became of each day.
        written: Tells it of a day that was written, with the seconds it took.
        check: Records the checks of days that were loaded in a step that fails.
        failures: Takes the days that stay open because something failed, and those that are repaired; None where
            another asset tells of them.
    """

    source: str
    days: Iterable[StreamedDay[Load]]
    write: Callable[[Load, StreamedDay[Load], Database, str], Written]
    describe: Callable[[StreamedDay[Load], Written | None, float], Cell]
    cells: Cells
    log: DayLog
    written: Callable[[DayLog, Load, Written, float], None]
    check: Callable[[Sequence[date]], None]
    failures: FailureLog | None


class TimescaleIOManager(dg.ConfigurableIOManager):
    """Brings days into the database: one transaction a day, only what differs is written, its ledger row with it."""

    database: dg.ResourceDependency[DatabaseResource]

    def handle_output(self, context: OutputContext, obj: LoadStream[Any, Any]) -> None:
        """Load every day of the stream.

        Raises:
            Failure: The database failed, or the lake; the days before are loaded and reported.
        """
        open_days: dict[date, DayState] = {}
        at: date | None = None
        try:
            database = self.database.open()
            context.log.info("%s → %s", obj.source, database.address)
            for streamed in obj.days:
                stop_if_interrupted()
                at = streamed.trading_date
                day, cell = self._settle(context, obj, database, streamed)
                state = day.open or day.unfilled
                obj.cells.days[day.trading_date] = replace(cell, open=state, fails=day.open is not None)
                if day.open:
                    obj.log.left_open(day.trading_date, day.open)
                    open_days[day.trading_date] = day.open
        except (TbpError, *INTERRUPTS) as error:
            if at and isinstance(error, TbpError):
                open_days[at] = DayState("missing", str(error), error.category)
            _record(obj, open_days)
            _report(context, obj)
            raise as_failure(error) from error
        _record(obj, open_days)
        obj.cells.tell(context.log_event)

    def load_input(self, context: InputContext) -> None:
        """Refuse: tables are read with SQL, not handed on by Dagster."""
        raise NotImplementedError("read the database's tables with SQL; depend on their assets with deps=")

    def _settle(
        self, context: OutputContext, stream: LoadStream[Load, Written], database: Database, day: StreamedDay[Load]
    ) -> tuple[StreamedDay[Load], Cell]:
        started = perf_counter()
        written = None
        if day.load is not None:
            try:
                written = stream.write(day.load, day, database, context.run_id)
            except StoredFileError as error:
                # The quarantine, which names the cause of a removal, cannot be read: the day stays as it was.
                day = replace(day, load=None, open=DayState("rejected", str(error), error.category))
        elif not day.open and stream.failures:
            stream.failures.resolve(day.trading_date)
        seconds = perf_counter() - started
        if written is not None and day.load is not None:
            stream.written(stream.log, day.load, written, seconds)
        elif not day.open:
            stream.log.closed(day.trading_date)
        return day, stream.describe(day, written, seconds)


def _record(stream: LoadStream[Any, Any], open_days: dict[date, DayState]) -> None:
    if stream.failures:
        stream.failures.record(open_days)


def _report(context: OutputContext, stream: LoadStream[Any, Any]) -> None:
    done = [day for day, cell in stream.cells.days.items() if cell.open is None]
    stream.cells.tell(context.log_event, done)
    if done:
        stream.check(done)
