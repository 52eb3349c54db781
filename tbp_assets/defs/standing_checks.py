"""The standing checks: they look at all days together, on a tick of their own, and speak even when nothing ran."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.checks.freshness import latest_session_present
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.quality import LOUDNESS
from tbp_assets.checks.standing import AllDays, coverage_reaches_target, failed_days_are_repaired
from tbp_assets.defs.check_texts import STANDING_CHECKS
from tbp_assets.defs.shared import MARKET_DATA_RAW, Plan
from tbp_assets.errors import TbpError
from tbp_assets.resources.database import DatabaseResource
from tbp_assets.resources.failures import as_failure
from tbp_assets.resources.flat_files import FlatFilesResource
from tbp_assets.resources.store import StoreResource
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.ledger import loaded_span

STANDING = [dg.AssetCheckKey(MARKET_DATA_RAW, name) for name in STANDING_CHECKS]
LOOK_BACK = timedelta(days=14)


def build_standing_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """Build the checks of all days together, which speak even when nothing ran."""
    specs = [
        dg.AssetCheckSpec(name, asset=MARKET_DATA_RAW, description=words.description)
        for name, words in STANDING_CHECKS.items()
    ]

    @dg.multi_asset_check(name="standing_checks", specs=specs, can_subset=True)
    def standing_checks(
        context: dg.AssetCheckExecutionContext,
        flat_files: FlatFilesResource,
        store: StoreResource,
        database: DatabaseResource,
    ) -> Iterator[dg.AssetCheckResult]:
        now, quality = datetime.now(UTC), plan.settings.pipeline.quality
        try:
            opened = database.open()
            days = _all_days(plan, store, opened, flat_files.data_source, now)
            looks: dict[str, Callable[[], CheckOutcome]] = {
                "latest_session_present": lambda: _newest(plan, opened, flat_files.data_source, now),
                "failed_days_are_repaired": lambda: failed_days_are_repaired(days),
                "coverage_reaches_target": lambda: coverage_reaches_target(
                    days, quality.coverage_target, LOUDNESS[quality.coverage_severity]
                ),
            }
            wanted = {key.name for key in context.selected_asset_check_keys}
            for name in wanted & set(looks):
                found = looks[name]()
                yield dg.AssetCheckResult(
                    asset_key=MARKET_DATA_RAW, check_name=name, passed=found.passed, severity=found.severity,
                    description=found.description, metadata=found.metadata,
                )  # fmt: skip
        except TbpError as error:
            raise as_failure(error) from error

    return standing_checks


def _newest(plan: Plan, database: Database, data_source: str, now: datetime) -> CheckOutcome:
    today = exchange_date(now)
    expectation = plan.expectation([today - LOOK_BACK, today])
    return latest_session_present(database, plan.dataset, data_source, expectation, now)


def _all_days(plan: Plan, store: StoreResource, database: Database, data_source: str, now: datetime) -> AllDays:
    landing, lake = store.landing(plan.dataset, data_source), store.lake(plan.dataset, data_source)
    with database.transaction(read_only=True) as connection:
        known = loaded_span(connection, plan.dataset, data_source)
    days = weekdays(known[0], exchange_date(now) - timedelta(days=1)) if known else []
    facts = gather(landing, lake, database, days)
    return AllDays(lake, database, plan.settings.universe, facts, plan.expectation(days), now)
