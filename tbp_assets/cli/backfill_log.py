"""What is logged of a backfill: a line when it begins, with what is to be done, and one when it is over."""

import logging
from dataclasses import dataclass
from datetime import date

from tbp_assets.cli.backfill_plan import BackfillPlan
from tbp_assets.cli.backfill_report import BackfillReport
from tbp_assets.cli.session import Session
from tbp_assets.logs.events import BACKFILL_FINISHED, BACKFILL_STARTED, Fields

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackfillLog:
    """Tells the log of one backfill."""

    session: Session
    days: list[date]
    backfill_id: str

    @property
    def fields(self) -> Fields:
        """What both lines say."""
        return Fields(
            backfill_id=self.backfill_id, first=self.days[0].isoformat(), last=self.days[-1].isoformat(),
            dataset=self.session.dataset.name, data_source=self.session.data_source, days=len(self.days),
        )  # fmt: skip

    def begun(self, plan: BackfillPlan) -> None:
        """Tell what is to be done."""
        work = {"from the provider": plan.request, "from the lake": plan.reload, "to be measured again": plan.measure}
        words = ", ".join(f"{len(some)} {what}" for what, some in work.items() if some) or "nothing to do"
        route = self.session.route
        BACKFILL_STARTED.log(logger, f"{self.days[0]} to {self.days[-1]}: {words}; {route}", **self.fields)

    def finished(self, report: BackfillReport) -> None:
        """Tell what was done."""
        books, failed = report.books(), len(report.failed_checks)
        words = f"{len(report.closed)} days done, {len(report.open)} open, {failed} failed checks"
        BACKFILL_FINISHED.log(
            logger,
            f"{self.days[0]} to {self.days[-1]}: {'; '.join([words, *report.faults])}",
            level=logging.ERROR if report.exit_code else logging.INFO,
            **{**self.fields, "seconds": report.seconds, "days_open": len(report.open), "days_failed_checks": failed,
               "inserted": books["inserted"], "updated": books["updated"], "deleted": books["deleted"],
               "unchanged": books["unchanged"], "rows": books["rows"]},
        )  # fmt: skip
