"""The asset validated_bars: a day's file, parsed losslessly and divided by the rules."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from time import perf_counter

import dagster as dg

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.day_statistics import measure
from tbp_assets.bars.facts import LakeFact, LandedFile, LandingFact
from tbp_assets.bars.filling import bars_lack
from tbp_assets.bars.validation import ValidatedDay, judged_as_a_whole, validate
from tbp_assets.bars.versions import bars_version, judged_file
from tbp_assets.bars.whole_day import judge
from tbp_assets.checks.outcome import counts_text
from tbp_assets.defs.columns import lake_columns
from tbp_assets.defs.partitions import dates
from tbp_assets.defs.shared import GROUP, OWNERS, RAW_DAY_FILE, VALIDATED_BARS, Plan, cells_of, code_versions, day_log
from tbp_assets.errors import StoredFileError
from tbp_assets.io_managers.ahead import one_ahead
from tbp_assets.io_managers.cells import Cell, Cells, untold
from tbp_assets.io_managers.lake import ValidatedDays
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.approvals import approvals
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.near_days import NearDays


def build_validated_bars(plan: Plan) -> dg.AssetsDefinition:
    """Build the asset."""

    @dg.asset(
        key=VALIDATED_BARS,
        deps=[RAW_DAY_FILE],
        partitions_def=plan.partitions,
        backfill_policy=plan.backfill_policy,
        retry_policy=plan.retry_policy,
        io_manager_key="lake_io_manager",
        code_version=code_versions(plan)[VALIDATED_BARS],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"polars", "parquet"},
        metadata={"dagster/column_schema": lake_columns()},
    )
    def validated_bars(
        context: dg.AssetExecutionContext, flat_files: FlatFilesResource, store: StoreResource
    ) -> dg.Output[ValidatedDays]:
        """Every bar of a trading day that keeps the rules, whole market; rejected rows beside it with reasons.

        Grain: one bar a ticker and day. Key: ticker, timestamp. Prices in USD, unadjusted; timestamp in UTC. Source:
        the landed file. Lines of the file less the header = accepted + quarantined. A day with too many bad rows is
        withheld whole; a day that as a whole is implausible is held until a person approves its file; a file that
        cannot be read is refused. All are kept as facts, nothing of them is loaded, and what stood before stays.
        """
        lake = store.lake(plan.dataset, flat_files.data_source)
        landing = store.landing(plan.dataset, flat_files.data_source)
        log = day_log(context, VALIDATED_BARS, plan, flat_files)
        cells = cells_of(context, VALIDATED_BARS, plan)
        return untold(ValidatedDays(_stream(context, plan, landing, lake, cells), log, cells))

    return validated_bars


def _stream(
    context: dg.AssetExecutionContext, plan: Plan, landing: LandingZone, lake: Lake, cells: Cells
) -> Iterator[ValidatedDay]:
    days, now = dates(context.partition_keys), datetime.now(UTC)
    expectation = plan.expectation(days)
    for day, landed, validated in one_ahead(_judged(plan, landing, lake, days)):
        if isinstance(validated, StoredFileError):
            # The day stays open, what the lake holds of it stays, and the range goes on.
            context.log.error("%s", validated)
        elif validated:
            yield validated
        # The IO manager has stored the day by the time the stream goes on.
        fact = lake.fact(day)
        lacks = bars_lack(day, landed, fact, expectation, now)
        if isinstance(validated, StoredFileError):
            lacks = DayState("rejected", str(validated), validated.category)
        inputs = {RAW_DAY_FILE: judged_file(fact)}
        cells.days[day] = Cell(_metadata(lake, fact), bars_version(fact), inputs, open=lacks)
        if fact and fact.extra_columns:
            context.log.warning("%s: the vendor added columns, kept as text: %s", day, ", ".join(fact.extra_columns))


def _judged(
    plan: Plan, landing: LandingZone, lake: Lake, days: list[date]
) -> Iterator[tuple[date, LandingFact | None, ValidatedDay | StoredFileError | None]]:
    whole_days = _WholeDays(plan, NearDays.around(lake, days))
    for day in days:
        landed = landing.fact(day)
        try:
            yield day, landed, _validated(landing, lake, day, landed, whole_days)
        except StoredFileError as error:
            yield day, landed, error


@dataclass(frozen=True, slots=True)
class _WholeDays:
    """Judges each day of a stream as a whole, beside those stored and those the stream judged before it."""

    plan: Plan
    near: NearDays

    def judged(self, day: ValidatedDay) -> ValidatedDay:
        if day.fact.status == "validated":
            date_, sha256 = day.fact.trading_date, day.fact.source_sha256
            config = self.plan.settings.pipeline.validation.whole_day
            whole = judge(measure(date_, day.bars, self.near.of(date_, sha256), config.fewest_bars), config.bands)
            approval = approvals(self.near.lake).get((date_, sha256)) if whole.holding else None
            day = judged_as_a_whole(day, whole, approval)
        self.near.take(day)
        return day


def _validated(
    landing: LandingZone, lake: Lake, day: date, landed: LandingFact | None, whole_days: _WholeDays
) -> ValidatedDay | None:
    plan = whole_days.plan
    limit = plan.settings.pipeline.validation.max_rejected_share
    if landed is None or landed.file is None or _stands(lake, lake.fact(day), landed.file, limit):
        return None
    content, started = landing.read(day, landed.file), perf_counter()
    judged = validate(
        content,
        landed.file,
        plan.dataset,
        day,
        data_source=landing.data_source,
        max_rejected_share=limit,
        limits=landing.limits,
    )
    return replace(whole_days.judged(judged), seconds=perf_counter() - started)


def _stands(lake: Lake, fact: LakeFact | None, file: LandedFile, limit: float) -> bool:
    """Whether a day need not be judged again. One that was kept out always is: limits and releases change."""
    if fact is None or fact.status != "validated" or not lake.is_current(fact, file):
        return False
    return fact.quarantined <= limit * (fact.accepted + fact.quarantined)


def _metadata(lake: Lake, fact: LakeFact | None) -> dict[str, dg.MetadataValue]:
    if fact is None:
        return {"dagster/partition_row_count": dg.MetadataValue.int(0), "result": dg.MetadataValue.text("no bars")}
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/partition_row_count": dg.MetadataValue.int(fact.accepted),
        "result": dg.MetadataValue.text(fact.status),
        "lines": dg.MetadataValue.int(fact.lines),
        "quarantined": dg.MetadataValue.int(fact.quarantined),
        "file sha256": dg.MetadataValue.text(fact.source_sha256),
        "rules": dg.MetadataValue.text(fact.rules),
    }
    frames = {"bars": fact.bars, "quarantine": fact.quarantine}
    metadata |= {
        name: dg.PathMetadataValue(lake.address(fact.trading_date, frame)) for name, frame in frames.items() if frame
    }
    if fact.cause:
        metadata["cause"] = dg.MetadataValue.text(fact.cause)
    if fact.approval:
        metadata["approved"] = dg.MetadataValue.text(f"by {fact.approval.approved_by}: {fact.approval.reason}")
    if fact.stands:
        metadata["what stands"] = dg.MetadataValue.text(f"file {fact.stands.source_sha256}")
    if fact.rejected:
        metadata["quarantined by reason"] = counts_text(fact.rejected)
    if fact.modified:
        metadata["modified"] = counts_text(fact.modified)
    return metadata
