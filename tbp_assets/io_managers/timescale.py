"""The hypertable as an IO manager: COPY-upserts each day of a stream in its own transaction, then tells the truth.

Dagster fills every cell of a range when the step succeeds and none when it fails. So where a day stays open, the days
that were loaded are reported one by one before the step fails naming the others.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

import dagster as dg
from dagster import InputContext, OutputContext

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.facts import LoadFact
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.errors import StoredFileError, TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failure_log import FailureLog
from tbp_assets.resources.failures import as_failure, days_stay_open
from tbp_assets.storage.database import Database
from tbp_assets.storage.load import DayToLoad, load_day

Metadata = dict[str, dg.MetadataValue]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StreamedDay:
    """A day of the stream: to be loaded, or settled without rows (a holiday), or open for a stated reason.

    A day may be loaded and open at once: an older version stays while the restated file is rejected.
    """

    trading_date: date
    load: DayToLoad | None = None
    open: DayState | None = None


@dataclass(frozen=True, slots=True)
class LoadStream:
    """What the asset hands to the IO manager.

    Attributes:
        source: Where the bars come from, for the log.
        days: The days, oldest first, made as they are asked for.
        describe: Metadata of a day; called once the day is committed.
        attach: Shows a day's metadata on its materialization.
        check: Records the checks of days that were loaded in a step that fails for others.
        failures: Takes the days that stay open because something failed, and those that are repaired.
    """

    source: str
    days: Iterable[StreamedDay]
    describe: Callable[[StreamedDay, LoadFact | None, float], Metadata]
    attach: Callable[[date, Metadata], None]
    check: Callable[[Sequence[date]], None]
    failures: FailureLog


class TimescaleIOManager(dg.ConfigurableIOManager):
    """Loads days into market_data_raw: one transaction a day, only what differs is written, the ledger row with it."""

    database: dg.ResourceDependency[DatabaseResource]

    def handle_output(self, context: OutputContext, obj: LoadStream) -> None:
        """Load every day of the stream.

        Raises:
            Failure: Days stayed open; the others are loaded and reported.
        """
        done: dict[date, Metadata] = {}
        open_days: dict[date, DayState] = {}
        at: date | None = None
        try:
            database = self.database.open()
            context.log.info("%s → %s", obj.source, database.address)
            for streamed in obj.days:
                at = streamed.trading_date
                day, metadata = self._settle(context, obj, database, streamed)
                obj.attach(day.trading_date, metadata)
                logger.info("%s settled", day.trading_date)
                if day.open:
                    open_days[day.trading_date] = day.open
                else:
                    done[day.trading_date] = metadata
        except (TbpError, dg.DagsterExecutionInterruptedError) as error:
            if at and isinstance(error, TbpError):
                open_days[at] = DayState("missing", str(error), error.category)
            obj.failures.record(open_days)
            _report(context, obj, done)
            raise as_failure(error) from error
        obj.failures.record(open_days)
        if open_days:
            _report(context, obj, done)
            raise days_stay_open(open_days, len(done))

    def load_input(self, context: InputContext) -> None:
        """Refuse: the table is read with SQL, not handed on by Dagster."""
        raise NotImplementedError("read market_data_raw with SQL; depend on it with deps=")

    def _settle(
        self, context: OutputContext, stream: LoadStream, database: Database, day: StreamedDay
    ) -> tuple[StreamedDay, Metadata]:
        started = perf_counter()
        load = None
        if day.load:
            repaired_by = None if day.open else stream.failures.resolved_by
            try:
                load = load_day(database, US_STOCKS_DAY_AGGS, day.load, context.run_id, repaired_by)
            except StoredFileError as error:
                # The quarantine, which names the cause of a removal, cannot be read: the day stays as it was.
                day = replace(day, load=None, open=DayState("rejected", str(error), error.category))
        elif not day.open:
            stream.failures.resolve(day.trading_date)
        return day, stream.describe(day, load, perf_counter() - started)


def _report(context: OutputContext, stream: LoadStream, done: dict[date, Metadata]) -> None:
    for day, metadata in done.items():
        context.log_event(dg.AssetMaterialization(context.asset_key, metadata=metadata, partition=day.isoformat()))
    if done:
        stream.check(list(done))
