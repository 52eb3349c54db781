"""The asset data_quality_metrics: what each ticker's rows of a day are worth, and what in them is worth a look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import dagster as dg

from tbp_assets.bars.day_state import DayState, Expectation
from tbp_assets.bars.filling import bars_lack
from tbp_assets.bars.flags import by_severity
from tbp_assets.bars.metrics import totals_of
from tbp_assets.bars.versions import NO_FILE, bars_version
from tbp_assets.checks.outcome import counts_text
from tbp_assets.defs.columns import metrics_columns
from tbp_assets.defs.partitions import dates
from tbp_assets.defs.shared import (
    DATA_QUALITY_METRICS,
    GROUP,
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
from tbp_assets.io_managers.timescale import LoadStream, StreamedDay
from tbp_assets.logs.days import DayLog
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.measuring import Measuring
from tbp_assets.storage.quality import MeasuredDay, QualityWritten, store_quality

Streamed = StreamedDay[MeasuredDay]


@dataclass(frozen=True, slots=True)
class QualityStream(LoadStream[MeasuredDay, QualityWritten]):
    """Measured days on their way into the database. Dagster takes no type with parameters for an output."""


def build_data_quality_metrics(plan: Plan, check_measured: CheckDays) -> dg.AssetsDefinition:
    """Build the asset.

    Args:
        plan: Settings.
        check_measured: Records the checks of days that were measured in a run that fails for others.
    """

    @dg.asset(
        key=DATA_QUALITY_METRICS,
        deps=[VALIDATED_BARS],
        partitions_def=plan.partitions,
        backfill_policy=plan.backfill_policy,
        retry_policy=plan.retry_policy,
        io_manager_key="timescale_io_manager",
        code_version=code_versions(plan)[DATA_QUALITY_METRICS],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"polars", "postgres"},
        metadata={
            "dagster/table_name": f"{plan.settings.database.schema_name}.data_quality_metrics",
            "dagster/column_schema": metrics_columns(),
        },
    )
    def data_quality_metrics(
        context: dg.AssetExecutionContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> dg.Output[QualityStream]:
        """Rows of a day file by ticker: total, accepted, rejected and why, modified, and what was flagged.

        Grain and key: ticker, date, data_type, data_source. Score: 100 * accepted / total. Source: validated_bars of
        the day and, for flags across days, of the 20 stored days before; never of a later one. The rows of a day add
        up to the lines of its file less the header: tickers without a fault that nobody asked for share the row
        "(other tickers)". Flags never drop a row; those of the universe are kept in data_quality_flags.
        """
        days = dates(context.partition_keys)
        lake = store.lake(plan.dataset, flat_files.data_source)
        landing = store.landing(plan.dataset, flat_files.data_source)
        measuring = Measuring(lake, plan.settings.pipeline.quality.flag_settings, plan.settings.universe)
        return untold(
            QualityStream(
                source=landing.store.address(f"lake/{flat_files.data_source}"),
                days=one_ahead(_stream(measuring, days, landing, plan.expectation(days))),
                write=lambda load, _day, opened, run_id: store_quality(opened, plan.dataset, load, run_id),
                describe=partial(_described, plan),
                cells=cells_of(context, DATA_QUALITY_METRICS, plan),
                log=day_log(context, DATA_QUALITY_METRICS, plan, flat_files),
                written=DayLog.measured,
                check=lambda measured: check_measured(context, store, database, flat_files.data_source, measured),
                failures=None,
            )
        )

    return data_quality_metrics


def _stream(
    measuring: Measuring, days: list[date], landing: LandingZone, expectation: Expectation
) -> Iterator[Streamed]:
    now = datetime.now(UTC)
    for day, measured in measuring.measure(days):
        if isinstance(measured, StoredFileError):
            yield StreamedDay(day, open=DayState("rejected", str(measured), measured.category))
        elif measured is None:
            yield StreamedDay(day, open=bars_lack(day, landing.fact(day), None, expectation, now))
        else:
            # A day that is kept out is measured; that its bars are not there is told by market_data_raw.
            lacks = bars_lack(day, landing.fact(day), measured.lake, expectation, now)
            yield StreamedDay(day, measured, unfilled=lacks)


def _described(plan: Plan, day: Streamed, written: QualityWritten | None, _seconds: float) -> Cell:
    metadata = _metadata(plan, day, written)
    if day.load is None:
        return Cell(metadata, inputs={VALIDATED_BARS: NO_FILE})
    return Cell(metadata, day.load.judged_by, {VALIDATED_BARS: bars_version(day.load.lake)})


def _metadata(plan: Plan, day: Streamed, written: QualityWritten | None) -> Metadata:
    if day.load is None or written is None:
        state = dg.MetadataValue.text(str(day.open or "holiday"))
        return {"dagster/partition_row_count": dg.MetadataValue.int(0), "state": state}
    totals, flags = totals_of(day.load.lake), by_severity(day.load.flags, plan.settings.pipeline.quality.severities)
    metadata: Metadata = {
        "dagster/partition_row_count": dg.MetadataValue.int(written.metrics),
        "score": dg.MetadataValue.float(round(totals.score or 0.0, 4)),
        "total": dg.MetadataValue.int(totals.total),
        "accepted": dg.MetadataValue.int(totals.accepted),
        "rejected": dg.MetadataValue.int(totals.rejected),
        "modified": dg.MetadataValue.int(totals.modified),
        "flags in the universe": dg.MetadataValue.int(flags.height),
        "written": dg.MetadataValue.text("yes" if written.changed else "nothing, it was as it should be"),
    }
    if day.load.lake.rejected:
        metadata["rejected by reason"] = counts_text(day.load.lake.rejected)
    if flags.height:
        metadata["flags by rule"] = counts_text(dict(flags.group_by("rule", maintain_order=True).len().iter_rows()))
    return metadata
