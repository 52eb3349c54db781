"""`tbp failures`: the days that failed, when each is asked for again, and how many came right without a person."""

from datetime import UTC, date, datetime
from typing import Any

from tbp_assets.bars.failures import Patience
from tbp_assets.cli.output import out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.storage.failed_downloads import FailedDownload, FailedDownloads, FailureCounts, recovery_rate


def failures(first: date | None, last: date | None, *, resolved: bool, as_json: bool = False) -> int:
    """Run the command and return its exit code: 1 where a failure is left to a person."""
    session = Session.start()
    patience, now = session.settings.pipeline.retry.patience, datetime.now(UTC)
    store = FailedDownloads(session.database, session.dataset, session.data_source)
    found = store.all(first or date.min, last or date.max, resolved=resolved)
    counts = store.summary()
    given_up = [row for row in found if row.resolved_at is None and patience.next_attempt(row.failure) is None]
    if as_json:
        print_json(_as_json(session, found, counts, patience))
    else:
        out.print(session.route, markup=False)
        _show(found, patience, now)
        out.print(summary_line(counts))
        for row in given_up:
            out.print(f"left to a person: `tbp backfill {row.date} {row.date}`", markup=False)
    return 1 if given_up else 0


def summary_line(counts: list[FailureCounts]) -> str:
    """Return what became of all failures in one line."""
    unresolved = ", ".join(f"{count.unresolved} {count.error_type}" for count in counts if count.unresolved)
    rate = recovery_rate(counts)
    share = "no transient one has ended yet" if rate is None else f"{rate:.0%} of the transient ones without a person"
    repaired = sum(count.recovered + count.repaired for count in counts)
    return f"failures: {unresolved or 'none'} unresolved, {repaired} repaired ({share})"


def _show(found: list[FailedDownload], patience: Patience, now: datetime) -> None:
    columns = ["trading date", "error", "attempts", "last attempt (UTC)", "next attempt", "message"]
    rows = [
        [row.date, row.error_type, row.attempts, f"{row.last_attempt_at.astimezone(UTC):%Y-%m-%d %H:%M}",
         _next(row, patience, now), row.error_message]
        for row in found
    ]  # fmt: skip
    if rows:
        out.print(table(columns, rows))


def _next(row: FailedDownload, patience: Patience, now: datetime) -> str:
    if row.resolved_by:
        return f"repaired by {row.resolved_by}"
    due = patience.next_attempt(row.failure)
    if due is None:
        return "left to a person"
    return "at the next tick" if due <= now else f"{due.astimezone(UTC):%Y-%m-%d %H:%M}"


def _as_json(
    session: Session, found: list[FailedDownload], counts: list[FailureCounts], patience: Patience
) -> dict[str, Any]:
    return {
        "route": session.route,
        "failures": [
            {
                "trading_date": row.date,
                "error_type": row.error_type,
                "error_message": row.error_message,
                "attempts": row.attempts,
                "run_id": row.run_id,
                "created_at": row.created_at,
                "last_attempt_at": row.last_attempt_at,
                "next_attempt_at": None if row.resolved_at else patience.next_attempt(row.failure),
                "resolved_at": row.resolved_at,
                "resolved_by": row.resolved_by,
            }
            for row in found
        ],
        "counts": {
            count.error_type: {
                "failures": count.failures,
                "unresolved": count.unresolved,
                "recovered": count.recovered,
                "repaired": count.repaired,
            }
            for count in counts
        },
        "recovery_rate": recovery_rate(counts),
    }
