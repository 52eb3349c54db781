"""Records the outcome of each day of a run as a check evaluation of its partition.

One result for a whole range would leave the UI's cells empty, so each day's evaluation is logged with its partition and
with the materialization it speaks of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import cast

import dagster as dg

# Not exported by dagster 1.13, and without a target the UI shows no result on the partition.
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData

from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.io_managers.ahead import one_ahead
from tbp_assets.io_managers.cells import events_together

PAGE = 1000
DayOutcomes = tuple[date, Mapping[str, CheckOutcome]]


def record(
    context: dg.OpExecutionContext, asset: dg.AssetKey, outcomes: Iterator[DayOutcomes], days: Sequence[date]
) -> None:
    """Log an evaluation of every check for every day.

    Args:
        context: Of the step that looked.
        asset: Whose checks.
        outcomes: Days with the outcome of each check by its name; looked for while those before are logged.
        days: The same days, known beforehand.
    """
    targets = _newest_materializations(context.instance, asset, days)
    # log_event takes check evaluations, as its body shows; its annotation in 1.13 leaves them out.
    log = cast("Callable[[dg.AssetCheckEvaluation], None]", context.log_event)
    with events_together(context.instance):
        for day, found in one_ahead(outcomes):
            for name, outcome in found.items():
                log(
                    dg.AssetCheckEvaluation(
                        asset_key=asset,
                        check_name=name,
                        passed=outcome.passed,
                        severity=outcome.severity,
                        description=outcome.description,
                        metadata=outcome.metadata,
                        partition=day.isoformat(),
                        target_materialization_data=targets.get(day.isoformat()),
                    )
                )


def _newest_materializations(
    instance: dg.DagsterInstance, asset_key: dg.AssetKey, days: Sequence[date]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    wanted = {day.isoformat() for day in days}
    found: dict[str, AssetCheckEvaluationTargetMaterializationData] = {}
    for record_ in _materializations(instance, asset_key, sorted(wanted)):
        if record_.partition_key and record_.partition_key not in found:
            found[record_.partition_key] = AssetCheckEvaluationTargetMaterializationData(
                storage_id=record_.storage_id, run_id=record_.run_id, timestamp=record_.timestamp
            )
        if len(found) == len(wanted):
            break
    return found


def _materializations(
    instance: dg.DagsterInstance, asset_key: dg.AssetKey, partitions: list[str]
) -> Iterator[dg.EventLogRecord]:
    cursor: str | None = None
    while True:
        filter_ = dg.AssetRecordsFilter(asset_key, asset_partitions=partitions)
        page = instance.fetch_materializations(filter_, limit=PAGE, cursor=cursor)
        yield from page.records
        if not page.has_more:
            return
        cursor = page.cursor
