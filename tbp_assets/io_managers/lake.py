"""The lake as an IO manager: takes validated days one at a time, hands stored days on one at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from time import perf_counter

import dagster as dg
import polars as pl
from dagster import InputContext, OutputContext

from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import US_STOCKS_DAY_AGGS, Dataset
from tbp_assets.errors import TbpError
from tbp_assets.interrupts import stop_if_interrupted
from tbp_assets.io_managers.cells import Cells
from tbp_assets.logs.days import DayLog
from tbp_assets.resources.failures import INTERRUPTS, as_failure
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class LakeDay:
    """A day as the lake holds it; bars and tickers of the quarantined rows are read when they are asked for."""

    trading_date: date
    fact: LakeFact | None
    bars: Callable[[], pl.DataFrame]
    quarantined: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class ValidatedDays:
    """Validated days on their way into the lake, made as they are asked for, and who is told of each.

    What is told of the cells is complete once the last day was asked for.
    """

    days: Iterator[ValidatedDay]
    log: DayLog
    cells: Cells


@dataclass(frozen=True, slots=True)
class LakeDays:
    """Days of the lake, oldest first, read as they are asked for."""

    days: Iterator[LakeDay]


class LakeIOManager(dg.ConfigurableIOManager):
    """Stores each validated day as Parquet (accepted and quarantined rows) with its manifest."""

    store: dg.ResourceDependency[StoreResource]
    flat_files: dg.ResourceDependency[FlatFilesResource]

    def handle_output(self, context: OutputContext, obj: ValidatedDays) -> None:
        """Write every day of the stream; a day stands alone, whatever happens to the next."""
        lake = self._lake(US_STOCKS_DAY_AGGS)
        began = perf_counter()
        try:
            for day in obj.days:
                stop_if_interrupted()
                lake.write(day)
                obj.log.validated(day.fact, -began + (began := perf_counter()))
            obj.cells.tell(context.log_event)
        except (TbpError, *INTERRUPTS) as error:
            raise as_failure(error) from error

    def load_input(self, context: InputContext) -> LakeDays:
        """Return the days of the partition range."""
        days = [date.fromisoformat(key) for key in context.asset_partition_keys]
        return LakeDays(_stored_days(self._lake(US_STOCKS_DAY_AGGS), days))

    def _lake(self, dataset: Dataset) -> Lake:
        return self.store.lake(dataset, self.flat_files.data_source)


def _stored_days(lake: Lake, days: list[date]) -> Iterator[LakeDay]:
    for day in days:
        fact = lake.fact(day)
        yield LakeDay(day, fact, partial(lake.bars, fact), partial(lake.quarantined_tickers, fact))
