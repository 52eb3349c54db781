"""Gathers what alerts are found in, and tells what is due: the sensor `alerts` and `tbp alerts` share it.

What happened is looked for from the moment until which every channel has told everything, less an overlap: books are
written a little later than things happen. What was told is known by its identity, so the overlap repeats nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from tbp_assets.alerts.channels import senders
from tbp_assets.alerts.finding import alerts_of
from tbp_assets.alerts.situation import Situation
from tbp_assets.alerts.telling import Teller, Told
from tbp_assets.bars.day_state import day_state
from tbp_assets.defs.abandoned import close_abandoned_runs
from tbp_assets.defs.asking import days_in_progress, watched
from tbp_assets.defs.ended_runs import ended_since
from tbp_assets.defs.shared import Plan
from tbp_assets.settings.alerts import Channel
from tbp_assets.storage.alerts import Alert, AlertLedger, StandingAlert
from tbp_assets.storage.database import Database
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.failed_downloads import FailedDownload, FailedDownloads
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.revisions import restated_since

# A channel that is new is told what happened in the day before it.
FIRST_LOOK: Final = timedelta(days=1)
OVERLAP: Final = timedelta(hours=1)
# What could not be delivered for that long is history.
LONGEST_LOOK: Final = timedelta(days=30)
PREVIEWED: Final[tuple[Channel, ...]] = ("webhook",)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at."""

    plan: Plan
    landing: LandingZone
    lake: Lake
    database: Database
    instance: dg.DagsterInstance

    def tell(self, now: datetime, *, kinds: Collection[str] | None = None) -> list[Told]:
        """Deliver what each channel was not told yet.

        Args:
            now: The present.
            kinds: What is told now; None for all that is configured.
        """
        config = self.plan.settings.pipeline.alerts
        self._ledger.begin(config.channels, now - FIRST_LOOK)
        # A backfill that was killed is called started until somebody looks.
        close_abandoned_runs(self.instance)
        situation, alerts, standing = self._look(now, config.events if kinds is None else kinds)
        return self._teller.tell(senders(config), alerts, situation, standing)

    def preview(self, now: datetime) -> list[Told]:
        """Return what each channel would be told; where none is configured, what a webhook would be."""
        situation, alerts, standing = self._look(now, self.plan.settings.pipeline.alerts.events)
        channels = self.plan.settings.pipeline.alerts.channels or PREVIEWED
        return [self._teller.preview(channel, alerts, situation, standing) for channel in channels]

    @property
    def _ledger(self) -> AlertLedger:
        return AlertLedger(self.database, self.plan.dataset, self.landing.data_source)

    @property
    def _teller(self) -> Teller:
        config = self.plan.settings.pipeline.alerts
        repaired = "repaired" in config.events
        return Teller(self._ledger, config.ui_url, repaired)

    def _look(self, now: datetime, kinds: Collection[str]) -> tuple[Situation, list[Alert], list[StandingAlert]]:
        config, standing = self.plan.settings.pipeline.alerts, self._ledger.standing()
        situation = self._situation(now, standing)
        alerts = alerts_of(situation, self.plan.settings.universe, kinds=kinds, severity=config.check_severity)
        return situation, alerts, standing

    def _situation(self, now: datetime, standing: Sequence[StandingAlert]) -> Situation:
        since = self._since(now)
        failed_runs, checks = ended_since(self.instance, since)
        looked_at = watched(self.plan, self.landing, self.lake, self.database, now)
        concerned = {day for alert in standing for day in alert.days} | {
            day for run in failed_runs for day in (*run.days, *run.left_open)
        }
        days = gather(self.landing, self.lake, self.database, sorted(concerned - set(looked_at))) | looked_at
        expectation = self.plan.expectation(list(days))
        with self.database.transaction(read_only=True) as connection:
            restated = restated_since(connection, self.plan.dataset, self.landing.data_source, since)
        return Situation(
            now=now,
            expectation=expectation,
            days=days,
            states={day: day_state(facts, expectation, now) for day, facts in days.items()},
            watched=set(looked_at),
            running=days_in_progress(self.instance, now),
            failed_runs=failed_runs,
            checks=checks,
            restated=restated,
            given_up=self._given_up(),
        )

    def _since(self, now: datetime) -> datetime:
        channels, marks = self.plan.settings.pipeline.alerts.channels or PREVIEWED, self._ledger.marks()
        found = [marks[channel].caught_up_at if channel in marks else now - FIRST_LOOK for channel in channels]
        return max(min(found) - OVERLAP, now - LONGEST_LOOK)

    def _given_up(self) -> list[FailedDownload]:
        patience = self.plan.settings.pipeline.retry.patience
        found = FailedDownloads(self.database, self.plan.dataset, self.landing.data_source).all(
            date.min, date.max, resolved=False
        )
        return [row for row in found if patience.next_attempt(row.failure) is None]
