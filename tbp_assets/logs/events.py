"""The events that are logged, each under a short name that stays, and the fields that a line may have.

docs/logs.md is made from this module. A name or a field that programs may rely on is added here, never renamed.
"""

import logging
from dataclasses import dataclass
from typing import Final, TypedDict, Unpack

ATTRIBUTE: Final = "tbp"  # of a log record: what `Said` holds

ALWAYS: Final = {
    "time": "when, UTC, ISO 8601 with offset and microseconds",
    "level": "debug, info, warning, error or critical",
    "event": "name of the event; `message` for a line that has none",
    "message": "the same for a person",
    "logger": "module that speaks",
    "pid": "process id",
}
FIELDS: Final = {
    "run_id": "Dagster's run",
    "job": "Dagster's job",
    "asset": "asset, or the step of a run",
    "partition": "trading date, YYYY-MM-DD",
    "first": "first trading date of a range",
    "last": "last trading date of a range",
    "dataset": "dataset of the provider",
    "data_source": "whose days: polygon or synthetic",
    "backfill_id": "the backfill, tag `tbp/backfill` of its runs",
    "command": "word typed after `tbp`",
    "check": "asset check",
    "seconds": "how long it took",
    "status": "what became of it",
    "error": "category of the fault, as in failed_downloads",
    "days": "days of the range",
    "days_open": "days that are not done",
    "days_failed_checks": "days of which a check failed",
    "lines": "lines of the day file, header included",
    "bytes": "compressed size of the day file",
    "accepted": "rows that keep every rule",
    "quarantined": "rows kept out",
    "modified": "accepted rows that the NaN strategy changed",
    "rows": "rows of the universe in the database",
    "inserted": "rows that are new",
    "updated": "rows that were changed",
    "deleted": "rows that were taken away",
    "unchanged": "rows that were left as they are",
    "flags": "flags in the universe",
    "lost": "lines that could not be written",
    "exception": "stack trace of a fault of our own",
}


class Fields(TypedDict, total=False):
    """What a line says besides its message; the texts are in `FIELDS`."""

    run_id: str | None
    job: str | None
    asset: str | None
    partition: str
    first: str
    last: str
    dataset: str
    data_source: str
    backfill_id: str
    command: str
    check: str
    seconds: float | None
    status: str
    error: str | None
    days: int
    days_open: int
    days_failed_checks: int
    lines: int
    bytes: int
    accepted: int
    quarantined: int
    modified: int
    rows: int
    inserted: int
    updated: int
    deleted: int
    unchanged: int
    flags: int
    lost: int
    exception: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What a log record carries beside its message."""

    event: "Event"
    fields: Fields


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is logged.

    Attributes:
        text: When it is, for the docs.
        level: Unless the line says otherwise.
        on_console: Whether a person who watches a command is shown it; a range has too many days for that.
    """

    name: str
    text: str
    level: int = logging.INFO
    on_console: bool = True

    def log(self, logger: logging.Logger, message: str, *, level: int | None = None, **fields: Unpack[Fields]) -> None:
        """Log it.

        Args:
            logger: Of the module that speaks.
            message: A sentence for a person.
            level: Where it is not the event's own.
            fields: What is known; None is left out.
        """
        logger.log(level or self.level, "%s", message, extra={ATTRIBUTE: Said(self, fields)})


RUN_STARTED = Event("run_started", "a run of Dagster begins")
RUN_FINISHED = Event("run_finished", "a run is done")
RUN_FAILED = Event("run_failed", "a run failed; `step_failed` says why", logging.ERROR)
RUN_CANCELED = Event("run_canceled", "a run was ended by somebody", logging.WARNING)
RUN_SAID = Event("run_said", "a step of a run says something worth a look", logging.WARNING)
STEP_RETRIED = Event("step_retried", "a step failed and is repeated", logging.WARNING)
STEP_FAILED = Event("step_failed", "a step failed, in the words of its fault", logging.ERROR)
CHECK_FAILED = Event("check_failed", "a check of a day, or a standing one, did not pass", logging.WARNING)
DAY_LANDED = Event("day_landed", "the provider answered for a day: landed, absent", on_console=False)
DOWNLOAD_FAILED = Event("download_failed", "a day's file did not arrive, is unusable or refused", logging.WARNING)
DAY_VALIDATED = Event("day_validated", "a day's file was divided into accepted and quarantined rows", on_console=False)
DAY_APPROVED = Event("day_approved", "a person let a held file in: which and why", logging.WARNING, on_console=False)
DAY_LOADED = Event("day_loaded", "a day's transaction is committed", on_console=False)
DAY_MEASURED = Event("day_measured", "the quality of a day is in the database", on_console=False)
DAY_CLOSED = Event("day_closed", "a day has no rows, and none were expected", on_console=False)
DAY_LEFT_OPEN = Event("day_left_open", "a day is not done; its state and why", logging.WARNING)
BACKFILL_STARTED = Event("backfill_started", "`tbp backfill` begins", on_console=False)
BACKFILL_FINISHED = Event("backfill_finished", "`tbp backfill` is over; error where something failed", on_console=False)
COMMAND_FAILED = Event("command_failed", "a command of `tbp` ends with a fault", logging.ERROR, on_console=False)
LINES_LOST = Event("lines_lost", "lines could not be written before, on a full disk perhaps", logging.WARNING)

EVENTS: Final = {event.name: event for event in list(globals().values()) if isinstance(event, Event)}


def said(record: logging.LogRecord) -> Said | None:
    """Return what a record carries beside its message."""
    found = getattr(record, ATTRIBUTE, None)
    return found if isinstance(found, Said) else None
