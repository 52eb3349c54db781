"""The asset market_data_raw: the universe's bars in the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import dagster as dg
import polars as pl

from tbp_assets.bars.day_state import DayState, Expectation
from tbp_assets.bars.facts import LoadFact
from tbp_assets.bars.filling import bars_lack
from tbp_assets.bars.universe import Universe, few
from tbp_assets.bars.versions import bars_version, load_version
from tbp_assets.checks.outcome import counts_text, rows_table
from tbp_assets.datasets import Dataset
from tbp_assets.defs.columns import table_columns
from tbp_assets.defs.partitions import dates
from tbp_assets.defs.shared import (
    GROUP,
    MARKET_DATA_RAW,
    OWNERS,
    VALIDATED_BARS,
    CheckDays,
    Plan,
    cells_of,
    code_versions,
    day_log,
)
from tbp_assets.errors import StoredFileError
from tbp_assets.io_managers.ahead import one_ahead
from tbp_assets.io_managers.cells import Cell, Metadata, untold
from tbp_assets.io_managers.lake import LakeDay, LakeDays
from tbp_assets.io_managers.timescale import LoadStream, StreamedDay
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failure_log import FailureLog
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.database import Database
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.load import DayToLoad, load_day
from tbp_assets.storage.revisions import Days, cells, counts

Streamed = StreamedDay[DayToLoad]
TICKERS_TAG = "tbp/tickers"
MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class BarsStream(LoadStream[DayToLoad, LoadFact]):
    """Days of bars on their way into market_data_raw. Dagster takes no type with parameters for an output."""


def chosen_universe(plan: Plan, tags: dict[str, str] | None = None) -> Universe:
    """Return the universe of a run: the configured one, or the part of it that the run's tag names."""
    universe = plan.settings.universe
    tickers = (tags or {}).get(TICKERS_TAG)
    return universe.narrowed(tickers.split(",")) if tickers else universe


def build_market_data_raw(plan: Plan, check_loaded: CheckDays) -> dg.AssetsDefinition:
    """Build the asset.

    Args:
        plan: Settings.
        check_loaded: Records the checks of days that were loaded in a run that fails for others.
    """

    @dg.asset(
        key=MARKET_DATA_RAW,
        ins={"validated_bars": dg.AssetIn(VALIDATED_BARS)},
        partitions_def=plan.partitions,
        backfill_policy=plan.backfill_policy,
        retry_policy=plan.retry_policy,
        io_manager_key="timescale_io_manager",
        code_version=code_versions(plan)[MARKET_DATA_RAW],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "timescaledb"},
        metadata={
            "dagster/table_name": f"{plan.settings.database.schema_name}.{plan.dataset.table}",
            "dagster/column_schema": table_columns(),
        },
    )
    def market_data_raw(
        context: dg.AssetExecutionContext,
        validated_bars: LakeDays,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> dg.Output[BarsStream]:
        """The universe's bars in the database: unadjusted prices in USD, shares, timestamps in UTC.

        Grain and key: ticker, timeframe, data_source, timestamp. Source: validated_bars. Each day is one transaction
        with its load_ledger row; loading a day again changes nothing. Withheld and refused days are not loaded, and
        what an earlier file brought stays.
        """
        days = dates(context.partition_keys)
        failures = FailureLog(database, plan.dataset, flat_files.data_source, context.run, context.log)
        universe = chosen_universe(plan, dict(context.run.tags))
        landing = store.landing(plan.dataset, flat_files.data_source)
        return untold(
            BarsStream(
                source=landing.store.address(f"lake/{flat_files.data_source}"),
                days=one_ahead(_stream(validated_bars.days, universe, landing, plan.expectation(days))),
                write=lambda load, day, opened, run_id: load_day(
                    opened, plan.dataset, load, run_id, None if day.open else failures.resolved_by
                ),
                describe=partial(_described, database, plan.dataset),
                cells=cells_of(context, MARKET_DATA_RAW, plan),
                log=day_log(context, MARKET_DATA_RAW, plan, flat_files),
                written=lambda log, _load, fact, seconds: log.loaded(fact, seconds),
                check=lambda loaded: check_loaded(context, store, database, flat_files.data_source, loaded),
                failures=failures,
            )
        )

    return market_data_raw


def _stream(
    days: Iterator[LakeDay], universe: Universe, landing: LandingZone, expectation: Expectation
) -> Iterator[Streamed]:
    now = datetime.now(UTC)
    for day in days:
        lacks = bars_lack(day.trading_date, landing.fact(day.trading_date), day.fact, expectation, now)
        if day.fact is None or day.fact.status != "validated":
            yield StreamedDay(day.trading_date, open=lacks)
            continue
        try:
            bars = day.bars()
        except StoredFileError as error:
            yield StreamedDay(day.trading_date, open=DayState("rejected", str(error), error.category))
            continue
        load = DayToLoad(day.fact, bars, universe.select(bars, day.trading_date), universe, day.quarantined)
        yield StreamedDay(day.trading_date, load, lacks)


def _described(
    database: DatabaseResource, dataset: Dataset, day: Streamed, load: LoadFact | None, seconds: float
) -> Cell:
    metadata = _metadata(day, load, seconds)
    if day.load and load and (load.updated or load.deleted):
        days = Days(dataset, day.load.lake.data_source, day.trading_date, day.trading_date)
        metadata |= _difference(database.open(), days, load)
    return Cell(metadata, load_version(load), {VALIDATED_BARS: bars_version(load)})


def _difference(database: Database, day: Days, load: LoadFact) -> Metadata:
    """Return what a load changed and took away: how many bars, by cause, and the first of the values."""
    with database.transaction(read_only=True) as connection:
        found = counts(connection, load.batch_id)
        shown, total = cells(connection, day, most=MOST_VALUES, batch_id=load.batch_id)
    records = [(cell.ticker, cell.column, _text(cell.old), _text(cell.new), cell.change) for cell in shown]
    columns = ["ticker", "column", "old", "new", "change"]
    metadata: Metadata = {change.replace("_", " "): dg.MetadataValue.int(rows) for change, rows in found.items()}
    metadata["values before and after"] = rows_table(
        pl.DataFrame(records, schema=dict.fromkeys(columns, pl.String()), orient="row"), limit=MOST_VALUES
    )
    if total > len(shown):
        metadata["more values"] = dg.MetadataValue.text(
            f"{total - len(shown):,} more: tbp restatements --from {day.first} --to {day.last}"
        )
    return metadata


def _text(value: float | None) -> str:
    return "" if value is None else str(value)


def _metadata(day: Streamed, load: LoadFact | None, seconds: float) -> Metadata:
    if load is None:
        state = dg.MetadataValue.text(str(day.open or "holiday"))
        return {"dagster/partition_row_count": dg.MetadataValue.int(0), "state": state}
    metadata: Metadata = {
        "dagster/partition_row_count": dg.MetadataValue.int(load.selected),
        "inserted": dg.MetadataValue.int(load.inserted),
        "updated": dg.MetadataValue.int(load.updated),
        "deleted": dg.MetadataValue.int(load.deleted),
        "unchanged": dg.MetadataValue.int(load.unchanged),
        "batch": dg.MetadataValue.int(load.batch_id),
        "universe": dg.MetadataValue.text(f"{load.universe} ({load.universe_hash})"),
        "file sha256": dg.MetadataValue.text(load.source_sha256),
        "seconds": dg.MetadataValue.float(round(seconds, 3)),
    }
    if load.outside:
        metadata["outside the universe"] = counts_text(load.outside)
    if day.load and day.load.selected.without_bar:
        metadata["no accepted bar for"] = dg.MetadataValue.text(few(day.load.selected.without_bar))
    return metadata
