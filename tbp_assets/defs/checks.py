"""The checks of days: each looks at every day of a run and records one result a day.

The checks of an asset look at the same days, read once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import TypeVar

import dagster as dg

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.filling import bars_lack
from tbp_assets.checks.database import LoadedDay, LoadedDays, database_matches_lake, every_bar_accounted_for
from tbp_assets.checks.lake import bars_match_schema, every_line_accounted_for, stored_days
from tbp_assets.checks.landing import day_file_is_whole
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.quality import (
    LOUDNESS,
    MeasuredDays,
    flag_rate_is_usual,
    metrics_match_books,
    score_reaches_target,
    universe_is_covered,
)
from tbp_assets.checks.recording import record
from tbp_assets.checks.whole_day import day_is_plausible
from tbp_assets.defs.check_texts import DAILY_CHECKS
from tbp_assets.defs.market_data_raw import chosen_universe
from tbp_assets.defs.partitions import dates
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS, CheckDays, Plan
from tbp_assets.errors import StoredFileError, TbpError
from tbp_assets.io_managers.cells import days_not_filled
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failures import DaysStayOpenError, as_failure
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone

Day = TypeVar("Day")
Lacking = Callable[[date], DayState | None]
MEASURED = (metrics_match_books, score_reaches_target, flag_rate_is_usual, universe_is_covered)
TOLD_LATER = {RAW_DAY_FILE, VALIDATED_BARS}


def _specs(plan: Plan, asset: dg.AssetKey, names: Sequence[str]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(name, asset=asset, description=DAILY_CHECKS[name].description, partitions_def=plan.partitions)
        for name in names
    ]


def _record(
    context: dg.OpExecutionContext,
    asset: dg.AssetKey,
    looks: Mapping[str, Callable[[Day], CheckOutcome]],
    found: Iterable[tuple[date, Day]],
    days: list[date],
    *,
    lacking: Lacking | None = None,
) -> None:
    """Look at each day with every check that is wanted, and log what they say.

    Args:
        context: Of the step that looks.
        asset: Whose checks.
        looks: The checks by name.
        found: The days, with what is looked at.
        days: The same days, known beforehand.
        lacking: Tells why there is nothing to look at on a day on which there should be.
    """
    outcomes = ((day, _outcomes(looks, seen, lacking(day) if lacking else None)) for day, seen in found)
    try:
        record(context, asset, outcomes, days)
    except TbpError as error:
        raise as_failure(error) from error


def _outcomes(
    looks: Mapping[str, Callable[[Day], CheckOutcome]], seen: Day, lacks: DayState | None
) -> dict[str, CheckOutcome]:
    if lacks:
        # The cause is an error of the asset that met it; here it is what follows.
        return dict.fromkeys(looks, CheckOutcome(False, str(lacks), severity=dg.AssetCheckSeverity.WARN))
    return {name: look(seen) for name, look in looks.items()}


def _lacking(plan: Plan, landing: LandingZone, lake: Lake, days: list[date], *, newest: bool = False) -> Lacking:
    """Return what tells why a day has no bars although some were expected.

    Args:
        plan: Settings.
        landing: What the provider answered.
        lake: What validation made of it.
        days: Those that may be asked for.
        newest: Bars of an older file are none of the day's.
    """
    expectation, now = plan.expectation(days), datetime.now(UTC)

    def lacks(day: date) -> DayState | None:
        landed = landing.fact(day)
        try:
            fact = lake.whole_fact(day)
        except StoredFileError:
            return None
        if fact is None or (newest and landed and landed.status in {"unusable", "unreachable"}):
            return bars_lack(day, landed, fact, expectation, now)
        return None

    return lacks


def _fail_for_open_days(context: dg.OpExecutionContext, asset: dg.AssetKey, days: list[date]) -> None:
    """Fail the run for the days that the step of an asset left open, once everything was looked at.

    Raises:
        DaysStayOpenError: Days stay open, and no later asset of the run tells of them.
    """
    if asset in TOLD_LATER and context.job_def.has_node_named(MARKET_DATA_RAW.to_python_identifier()):
        return
    left = days_not_filled(context.instance, context.run_id, asset)
    if len(days) == 1 and all(state.waits for state in left.values()):
        return
    if left:
        raise DaysStayOpenError(left, len(set(days) - set(left)))


def _wanted(
    looks: Mapping[str, Callable[[Day], CheckOutcome]], context: dg.AssetCheckExecutionContext
) -> dict[str, Callable[[Day], CheckOutcome]]:
    wanted = {key.name for key in context.selected_asset_check_keys}
    return {name: look for name, look in looks.items() if name in wanted}


def build_raw_day_file_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """Build the checks of raw_day_file."""

    @dg.multi_asset_check(
        name="raw_day_file_checks", specs=_specs(plan, RAW_DAY_FILE, ["day_file_is_whole"]), can_subset=True
    )
    def raw_day_file_checks(
        context: dg.AssetCheckExecutionContext, flat_files: FlatFilesResource, store: StoreResource
    ) -> Iterator[dg.AssetCheckResult]:
        days = dates(context.op_execution_context.partition_keys)
        landing = store.landing(plan.dataset, flat_files.data_source)
        expectation = plan.expectation(days)
        looks = {"day_file_is_whole": partial(day_file_is_whole, landing, expectation)}
        _record(context.op_execution_context, RAW_DAY_FILE, looks, zip(days, days, strict=True), days)
        _fail_for_open_days(context.op_execution_context, RAW_DAY_FILE, days)
        yield from ()

    return raw_day_file_checks


def build_validated_bars_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """Build the checks of validated_bars."""

    @dg.multi_asset_check(
        name="validated_bars_checks",
        specs=_specs(plan, VALIDATED_BARS, ["bars_match_schema", "day_is_plausible", "every_row_accounted_for"]),
        can_subset=True,
    )
    def validated_bars_checks(
        context: dg.AssetCheckExecutionContext, flat_files: FlatFilesResource, store: StoreResource
    ) -> Iterator[dg.AssetCheckResult]:
        days = dates(context.op_execution_context.partition_keys)
        lake = store.lake(plan.dataset, flat_files.data_source)
        landing = store.landing(plan.dataset, flat_files.data_source)
        looks = {
            "bars_match_schema": bars_match_schema,
            "day_is_plausible": day_is_plausible,
            "every_row_accounted_for": every_line_accounted_for,
        }
        found = ((day.trading_date, day) for day in stored_days(lake, days))
        lacking = _lacking(plan, landing, lake, days, newest=True)
        _record(context.op_execution_context, VALIDATED_BARS, _wanted(looks, context), found, days, lacking=lacking)
        _fail_for_open_days(context.op_execution_context, VALIDATED_BARS, days)
        yield from ()

    return validated_bars_checks


def _looks_at_loaded(loaded: LoadedDays) -> dict[str, Callable[[LoadedDay], CheckOutcome]]:
    return {
        "every_row_accounted_for": lambda day: every_bar_accounted_for(day, loaded.universe.name),
        "database_matches_lake": database_matches_lake,
    }


def _each(loaded: LoadedDays, days: Sequence[date]) -> Iterator[tuple[date, LoadedDay]]:
    return ((day.trading_date, day) for day in loaded.each(days))


def build_market_data_raw_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """Build the partitioned checks of market_data_raw."""

    @dg.multi_asset_check(
        name="market_data_raw_checks",
        specs=_specs(plan, MARKET_DATA_RAW, ["every_row_accounted_for", "database_matches_lake"]),
        can_subset=True,
    )
    def market_data_raw_checks(
        context: dg.AssetCheckExecutionContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.AssetCheckResult]:
        days = dates(context.op_execution_context.partition_keys)
        lake = store.lake(plan.dataset, flat_files.data_source)
        loaded = LoadedDays(lake, database.open(), chosen_universe(plan, dict(context.run.tags)))
        looks = _wanted(_looks_at_loaded(loaded), context)
        lacking = _lacking(plan, store.landing(plan.dataset, flat_files.data_source), lake, days)
        _record(context.op_execution_context, MARKET_DATA_RAW, looks, _each(loaded, days), days, lacking=lacking)
        _fail_for_open_days(context.op_execution_context, MARKET_DATA_RAW, days)
        yield from ()

    return market_data_raw_checks


def checks_of_loaded_days(plan: Plan) -> CheckDays:
    """Return what records the checks of market_data_raw where its step fails on another day of the range."""

    def check(
        context: dg.AssetExecutionContext,
        store: StoreResource,
        database: DatabaseResource,
        data_source: str,
        days: Sequence[date],
    ) -> None:
        universe = chosen_universe(plan, dict(context.run.tags))
        loaded = LoadedDays(store.lake(plan.dataset, data_source), database.open(), universe)
        looks, found = _looks_at_loaded(loaded), _each(loaded, days)
        _record(context.op_execution_context, MARKET_DATA_RAW, looks, found, list(days))

    return check


def _looks_at_measured(measured: MeasuredDays) -> dict[str, Callable[[date], CheckOutcome]]:
    return {look.__name__: partial(look, measured) for look in MEASURED}


def build_data_quality_metrics_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """Build the checks of data_quality_metrics."""

    @dg.multi_asset_check(
        name="data_quality_metrics_checks",
        specs=_specs(plan, DATA_QUALITY_METRICS, [look.__name__ for look in MEASURED]),
        can_subset=True,
    )
    def data_quality_metrics_checks(
        context: dg.AssetCheckExecutionContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.AssetCheckResult]:
        days = dates(context.op_execution_context.partition_keys)
        measured = _measured(plan, store, database, flat_files.data_source, days)
        looks, found = _wanted(_looks_at_measured(measured), context), zip(days, days, strict=True)
        lacking = _lacking(plan, store.landing(plan.dataset, flat_files.data_source), measured.lake, days)
        _record(context.op_execution_context, DATA_QUALITY_METRICS, looks, found, days, lacking=lacking)
        _fail_for_open_days(context.op_execution_context, DATA_QUALITY_METRICS, days)
        yield from ()

    return data_quality_metrics_checks


def checks_of_measured_days(plan: Plan) -> CheckDays:
    """Return what records the checks of data_quality_metrics where its step fails on another day of the range."""

    def check(
        context: dg.AssetExecutionContext,
        store: StoreResource,
        database: DatabaseResource,
        data_source: str,
        days: Sequence[date],
    ) -> None:
        looks = _looks_at_measured(_measured(plan, store, database, data_source, days))
        _record(context.op_execution_context, DATA_QUALITY_METRICS, looks, zip(days, days, strict=True), list(days))

    return check


def _measured(
    plan: Plan, store: StoreResource, database: DatabaseResource, data_source: str, days: Sequence[date]
) -> MeasuredDays:
    quality = plan.settings.pipeline.quality
    return MeasuredDays(
        lake=store.lake(plan.dataset, data_source),
        database=database.open(),
        universe=plan.settings.universe,
        settings=quality.flag_settings,
        score_target=quality.score_target,
        score_severity=LOUDNESS[quality.score_severity],
        coverage_target=quality.coverage_target,
        coverage_severity=LOUDNESS[quality.coverage_severity],
        span=(min(days), max(days)),
    )
