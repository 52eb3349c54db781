"""What is logged of trading dates: one line for each step of a day, with its counts."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.facts import LakeFact, LandingFact, LoadFact
from tbp_assets.bars.metrics import totals_of
from tbp_assets.logs import events
from tbp_assets.logs.events import Event, Fields
from tbp_assets.storage.quality import MeasuredDay, QualityWritten

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DayLog:
    """Tells of the days of one step of a run."""

    run_id: str
    job: str
    asset: str
    dataset: str
    data_source: str

    def landed(self, fact: LandingFact, seconds: float) -> None:
        """Tell what the provider answered for a day.

        Args:
            fact: The answer; an older one where the listed version was landed before.
            seconds: From the question to the last byte.
        """
        day, fields = fact.trading_date, Fields(status=fact.status)
        if fact.status in {"unreachable", "unusable", "forbidden"}:
            faults = {"forbidden": "not_entitled", "unusable": "parsing"}
            fields["error"] = fact.error or faults.get(fact.status)
            self._tell(events.DOWNLOAD_FAILED, day, f"{fact.status}: {fact.cause}", seconds, fields)
        elif fact.file and fact.status == "landed":
            fields |= Fields(lines=fact.file.lines, bytes=fact.file.bytes)
            words = f"landed, {fact.file.lines:,} lines, {fact.file.bytes:,} bytes"
            self._tell(events.DAY_LANDED, day, words, seconds, fields)
        else:
            self._tell(events.DAY_LANDED, day, f"{fact.status}: {fact.cause}", seconds, fields)

    def validated(self, fact: LakeFact, seconds: float) -> None:
        """Tell how a day's rows were divided.

        Args:
            fact: Books of the day.
            seconds: Since the day before it in the same stream.
        """
        fields = Fields(
            status=fact.status, lines=fact.lines, accepted=fact.accepted, quarantined=fact.quarantined,
            modified=sum(fact.modified.values()),
        )  # fmt: skip
        words = f"{fact.status}, {fact.accepted:,} rows accepted, {fact.quarantined:,} quarantined"
        level = None if fact.status == "validated" else logging.WARNING
        self._tell(events.DAY_VALIDATED, fact.trading_date, words, seconds, fields, level=level)

    def loaded(self, fact: LoadFact, seconds: float) -> None:
        """Tell what a day's transaction wrote."""
        fields = Fields(
            accepted=fact.accepted, rows=fact.selected, inserted=fact.inserted, updated=fact.updated,
            deleted=fact.deleted, unchanged=fact.unchanged,
        )  # fmt: skip
        written = {"inserted": fact.inserted, "updated": fact.updated, "deleted": fact.deleted}
        words = f"loaded, {fact.selected:,} rows of universe {fact.universe}{_counted(written) or ' (unchanged)'}"
        self._tell(events.DAY_LOADED, fact.trading_date, words, seconds, fields)

    def measured(self, day: MeasuredDay, written: QualityWritten, seconds: float) -> None:
        """Tell how good a day is."""
        totals = totals_of(day.lake)
        fields = Fields(accepted=totals.accepted, quarantined=totals.rejected, flags=written.flags)
        words = f"measured, score {totals.score or 0:.2f}, {written.flags} flags in the universe"
        self._tell(events.DAY_MEASURED, day.lake.trading_date, words, seconds, fields)

    def closed(self, day: date) -> None:
        """Tell that a day has no rows, and needs none."""
        self._tell(events.DAY_CLOSED, day, "no file, and none expected: 0 rows", None, Fields())

    def left_open(self, day: date, state: DayState) -> None:
        """Tell that a day is not done."""
        self._tell(events.DAY_LEFT_OPEN, day, str(state), None, Fields(status=state.state, error=state.error))

    def _tell(
        self, event: Event, day: date, words: str, seconds: float | None, fields: Fields, *, level: int | None = None
    ) -> None:
        known = Fields(
            run_id=self.run_id, job=self.job, asset=self.asset, partition=day.isoformat(),
            dataset=self.dataset, data_source=self.data_source, seconds=seconds,
        )  # fmt: skip
        event.log(logger, f"{day} {words}", level=level, **{**known, **fields})


def _counted(counts: Mapping[str, int]) -> str:
    words = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f" ({words})" if words else ""
