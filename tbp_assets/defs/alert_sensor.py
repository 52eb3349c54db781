"""The sensor that tells people what is wrong; it starts no runs."""

from datetime import UTC, datetime
from typing import Final

import dagster as dg

from tbp_assets.alerts.channels import NOBODY, words_for
from tbp_assets.defs.alerting import Watch
from tbp_assets.defs.shared import Plan
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.settings.alerts import AlertsConfig

LOOKS_MISSED: Final = 10


def build_alert_sensor(plan: Plan) -> dg.SensorDefinition:
    """Build the sensor; it is on where a channel is configured."""
    config = plan.settings.pipeline.alerts

    @dg.sensor(  # pyright: ignore[reportUnknownMemberType]  # metadata's type is open in dagster
        name="alerts",
        minimum_interval_seconds=config.watch_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING if config.channels else dg.DefaultSensorStatus.STOPPED,
        description=(
            f"Every {config.watch_seconds} seconds: tells people what is wrong, each thing once: missing days, failed "
            f"runs and checks, restated bars, days that were given up. Now: {words_for(config)}."
        ),
    )
    def alerts(
        context: dg.SensorEvaluationContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> dg.SkipReason:
        source = flat_files.data_source
        if not config.channels:
            context.log.info(NOBODY)
            return dg.SkipReason(NOBODY)
        now = datetime.now(UTC)
        landing, lake = store.landing(plan.dataset, source), store.lake(plan.dataset, source)
        try:
            watch = Watch(plan, landing, lake, database.open(), context.instance)
            told = watch.tell(now, kinds=_kinds(config, context.last_tick_completion_time, now))
        except TbpError as error:
            raise dg.Failure(description=str(error)) from error
        for each in told:
            (context.log.error if each.error else context.log.info)("%s", each)
        if any(each.error for each in told):
            raise dg.Failure(description="; ".join(map(str, told)))
        return dg.SkipReason("; ".join(map(str, told)))

    return alerts


def _kinds(config: AlertsConfig, last_look: float | None, now: datetime) -> frozenset[str]:
    """Return what is told now; right after a start, missing days are left to the sensor that asks for them first."""
    started = last_look is None or now.timestamp() - last_look > LOOKS_MISSED * config.watch_seconds
    return config.events - {"missing_day"} if started else config.events
