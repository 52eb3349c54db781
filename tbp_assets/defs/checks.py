"""The checks of days: each looks at every day of a run and records one result a day.

The checks of an asset look at the same days, read once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

import dagster as dg

from tbp_assets.checks.database import LoadedDay, LoadedDays, database_matches_lake, every_bar_accounted_for
from tbp_assets.checks.lake import bars_match_schema, every_line_accounted_for, stored_days
from tbp_assets.checks.landing import day_file_is_whole
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.quality import (
    LOUDNESS,
    MeasuredDays,
    metrics_match_books,
    no_bar_flagged,
    score_reaches_target,
    universe_is_covered,
)
from tbp_assets.checks.recording import record
from tbp_assets.checks.whole_day import day_is_plausible
from tbp_assets.defs.check_texts import DAILY_CHECKS
from tbp_assets.defs.market_data_raw import chosen_universe
from tbp_assets.defs.partitions import dates
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS, CheckDays, Plan
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failures import as_failure
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource

Day = TypeVar("Day")
MEASURED = (metrics_match_books, score_reaches_target, no_bar_flagged, universe_is_covered)


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
) -> None:
    """Look at each day with every check that is wanted, and log what they say."""
    outcomes = ((day, {name: look(seen) for name, look in looks.items()}) for day, seen in found)
    try:
        record(context, asset, outcomes, days)
    except TbpError as error:
        raise as_failure(error) from error


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
        looks = {
            "bars_match_schema": bars_match_schema,
            "day_is_plausible": day_is_plausible,
            "every_row_accounted_for": every_line_accounted_for,
        }
        found = ((day.trading_date, day) for day in stored_days(lake, days))
        _record(context.op_execution_context, VALIDATED_BARS, _wanted(looks, context), found, days)
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
        _record(context.op_execution_context, MARKET_DATA_RAW, looks, _each(loaded, days), days)
        yield from ()

    return market_data_raw_checks


def checks_of_loaded_days(plan: Plan) -> CheckDays:
    """Return what records the checks of market_data_raw where its step fails for other days of the range."""

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
        looks = _wanted(_looks_at_measured(_measured(plan, store, database, flat_files.data_source, days)), context)
        _record(context.op_execution_context, DATA_QUALITY_METRICS, looks, zip(days, days, strict=True), days)
        yield from ()

    return data_quality_metrics_checks


def checks_of_measured_days(plan: Plan) -> CheckDays:
    """Return what records the checks of data_quality_metrics where its step fails for other days of the range."""

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
