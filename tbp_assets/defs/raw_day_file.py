"""The asset raw_day_file: the vendor's bytes, kept unchanged."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from time import perf_counter
from typing import BinaryIO

import dagster as dg

from tbp_assets.bars.day_state import DayState, day_state
from tbp_assets.bars.facts import DayFacts, LandingFact, Listed
from tbp_assets.bars.failures import TRANSIENT
from tbp_assets.bars.filling import file_lacks
from tbp_assets.bars.versions import file_version
from tbp_assets.defs.partitions import dates
from tbp_assets.defs.shared import FORCE_TAG, GROUP, OWNERS, RAW_DAY_FILE, Plan, cells_of, code_versions, day_log
from tbp_assets.errors import SourceUnavailableError, TbpError
from tbp_assets.interrupts import stop_if_interrupted
from tbp_assets.io_managers.cells import Cell, untold
from tbp_assets.logs.days import DayLog
from tbp_assets.providers.flat_files import FlatFiles
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failure_log import FailureLog
from tbp_assets.resources.failures import INTERRUPTS, as_failure
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.landing import LandingZone


def build_raw_day_file(plan: Plan) -> dg.AssetsDefinition:
    """Build the asset."""

    @dg.asset(
        key=RAW_DAY_FILE,
        partitions_def=plan.partitions,
        backfill_policy=plan.backfill_policy,
        retry_policy=plan.retry_policy,
        code_version=code_versions(plan)[RAW_DAY_FILE],
        dagster_type=dg.Nothing,  # pyright: ignore[reportArgumentType]  # a DagsterType that poses as a type
        group_name=GROUP,
        owners=OWNERS,
        kinds={"s3", "csv"},
        metadata={"key": plan.dataset.key(date(2024, 1, 2)).replace("2024/01/2024-01-02", "YYYY/MM/YYYY-MM-DD")},
    )
    def raw_day_file(
        context: dg.AssetExecutionContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> dg.Output[None]:
        """The provider's file of a trading day: every US ticker, one gzip CSV, kept byte for byte.

        Grain: one file a day. Landed once it is whole (length, gzip CRC, header); its lines are counted here, so that
        later steps can be held to the count. A version that is landed already is not downloaded again. A day without a
        file is recorded as absent, a refused one (HTTP 403) as forbidden: neither is ever taken for an empty day. A
        file that does not arrive is tried again, then written to failed_downloads, and the range goes on without it.
        """
        days = dates(context.partition_keys)
        failures = FailureLog(database, plan.dataset, flat_files.data_source, context.run, context.log)
        try:
            told = day_log(context, RAW_DAY_FILE, plan, flat_files)
            forced = FORCE_TAG in context.run.tags
            facts = _land(plan, flat_files, store, days, context.log, told=told, forced=forced)
        except (TbpError, *INTERRUPTS) as error:
            failures.record(_failed(days, error))
            raise as_failure(error) from error
        _require_arrivals(plan, facts, failures, context.retry_number)
        expectation, now, cells = plan.expectation(days), datetime.now(UTC), cells_of(context, RAW_DAY_FILE, plan)
        for day, fact in facts.items():
            cells.days[day] = Cell(_metadata(fact), file_version(fact), open=file_lacks(day, fact, expectation, now))
        cells.tell(context.op_execution_context.log_event)
        failures.record({day: cell.open for day, cell in cells.days.items() if cell.open})
        return untold(None)

    return raw_day_file


def _land(
    plan: Plan,
    flat_files: FlatFilesResource,
    store: StoreResource,
    days: list[date],
    log: dg.DagsterLogManager,
    *,
    told: DayLog,
    forced: bool,
) -> dict[date, LandingFact]:
    listings = flat_files.open()
    landing = store.landing(plan.dataset, flat_files.data_source)
    log.info("%s → %s", listings.files.location, landing.store.location)
    landing.store.sweep()
    try:
        listed = listings.days(plan.dataset, days)
    except TbpError as error:
        for day in days:
            landing.not_listed(day, error)
        raise

    again = forced and not listings.versions_tell_content

    def land(day: date) -> LandingFact:
        stop_if_interrupted()
        began = perf_counter()
        fact = _land_day(landing, listings.files, listed, day, again=again)
        told.landed(fact, perf_counter() - began)
        return fact

    with ThreadPoolExecutor(plan.settings.pipeline.download.max_workers) as pool:
        return dict(zip(days, pool.map(land, days), strict=True))


def _land_day(
    landing: LandingZone, files: FlatFiles, listed: Mapping[date, Listed], day: date, *, again: bool
) -> LandingFact:
    file = listed.get(day)
    known = landing.fact(day)
    if file is None:
        return landing.record(day, "absent", f"not listed in {files.location}")
    if known and not again and landing.holds(known, file):
        return known
    source = f"{files.location}/{file.key}"
    return landing.land(day, lambda stream: _download(files, file, stream), source, file.etag)


def _download(files: FlatFiles, file: Listed, stream: BinaryIO) -> Listed:
    answer = files.download(file.key, stream)
    if answer.bytes is not None and answer.etag == file.etag and file.bytes not in {None, answer.bytes}:
        # A wrong Content-Length cuts the body without an error; the listing knows better.
        raise SourceUnavailableError(f"{file.key}: {answer.bytes:,} bytes sent, {file.bytes:,} listed")
    return answer


def _require_arrivals(plan: Plan, facts: Mapping[date, LandingFact], failures: FailureLog, retry_number: int) -> None:
    """Raise where files did not arrive and another try may bring them, or where a whole range brought none.

    Raises:
        SourceUnavailableError: To be repeated by the retry policy, as long as it does.
        Failure: No file of a range arrived, and no other try can bring one.
    """
    unreachable = _states(plan, [fact for fact in facts.values() if fact.status == "unreachable"])
    failures.record({day: state for day, state in unreachable.items() if state.error != "configuration"})
    passing = {day: state for day, state in unreachable.items() if state.error in TRANSIENT}
    none_came = 1 < len(facts) == len(unreachable)
    last_try = retry_number >= plan.settings.pipeline.retry.max_retries
    if not unreachable or not (none_came or (passing and not last_try)):
        return
    first = next(iter((passing or unreachable).values()))
    words = f"{len(unreachable)} of {len(facts)} files did not arrive: {first.detail}"
    raise SourceUnavailableError(words) if passing else dg.Failure(description=words, allow_retries=False)


def _failed(days: list[date], error: BaseException) -> dict[date, DayState]:
    # A wrong setting and a Ctrl-C are nobody's failed download.
    if not isinstance(error, TbpError) or error.category == "configuration":
        return {}
    return {day: DayState("missing", str(error), error.category) for day in days}


def _states(plan: Plan, facts: list[LandingFact]) -> dict[date, DayState]:
    days, now = [fact.trading_date for fact in facts], datetime.now(UTC)
    expectation = plan.expectation(days)
    return {fact.trading_date: day_state(DayFacts(fact.trading_date, fact), expectation, now) for fact in facts}


def _metadata(fact: LandingFact) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {"answer": dg.MetadataValue.text(fact.status)}
    if fact.cause:
        metadata["cause"] = dg.MetadataValue.text(fact.cause)
    if fact.file:
        metadata |= {
            "lines": dg.MetadataValue.int(fact.file.lines),
            "bytes": dg.MetadataValue.int(fact.file.bytes),
            "sha256": dg.MetadataValue.text(fact.file.sha256),
            "source": dg.MetadataValue.text(fact.file.source),
            "etag": dg.MetadataValue.text(fact.file.etag),
            "last modified": dg.MetadataValue.timestamp(fact.file.last_modified),
        }
    return metadata
