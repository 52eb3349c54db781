"""`tbp failures`: the days that failed, when each is asked for again, and how many came right without a person."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.requests import NextRequest, next_request
from tbp_assets.cli.output import out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.storage.failed_downloads import FailedDownload, FailedDownloads, FailureCounts, recovery_rate


def failures(first: date | None, last: date | None, *, resolved: bool, as_json: bool = False) -> int:
    """Run the command and return its exit code: 1 where a failure is left to a person."""
    session = Session.start()
    now = datetime.now(UTC)
    store = FailedDownloads(session.database, session.dataset, session.data_source)
    found = store.all(first or date.min, last or date.max, resolved=resolved)
    counts = store.summary()
    coming = {row.id: _next(session, row, now) for row in found if row.resolved_at is None}
    left = sorted({row.date for row in found if row.id in coming and coming[row.id].person})
    if as_json:
        print_json(_as_json(session, found, counts, coming))
    else:
        out.print(session.route, markup=False)
        _show(found, coming, now)
        out.print(summary_line(counts))
        for day in left:
            out.print(f"left to a person: `tbp backfill {day} {day}`", markup=False)
    return 1 if left else 0


def _next(session: Session, row: FailedDownload, now: datetime) -> NextRequest:
    pipeline, day = session.settings.pipeline, DayFacts(row.date, session.landing.fact(row.date))
    return next_request(day, row.failure, pipeline.window, pipeline.retry.patience, now)


def summary_line(counts: list[FailureCounts]) -> str:
    """Return what became of all failures in one line."""
    unresolved = ", ".join(f"{count.unresolved} {count.error_type}" for count in counts if count.unresolved)
    rate = recovery_rate(counts)
    share = "no transient one has ended yet" if rate is None else f"{rate:.0%} of the transient ones without a person"
    repaired = sum(count.recovered + count.repaired for count in counts)
    return f"failures: {unresolved or 'none'} unresolved, {repaired} repaired ({share})"


def _show(found: list[FailedDownload], coming: Mapping[int, NextRequest], now: datetime) -> None:
    columns = ["trading date", "error", "attempts", "last attempt (UTC)", "next attempt", "message"]
    rows = [
        [row.date, row.error_type, row.attempts, f"{row.last_attempt_at.astimezone(UTC):%Y-%m-%d %H:%M}",
         _words(row, coming.get(row.id), now), row.error_message]
        for row in found
    ]  # fmt: skip
    if rows:
        out.print(table(columns, rows))


def _words(row: FailedDownload, coming: NextRequest | None, now: datetime) -> str:
    if coming is None:
        return f"repaired by {row.resolved_by}"
    due = coming.due
    if due is None:
        return coming.why
    return "at the next tick" if due <= now else f"{due.astimezone(UTC):%Y-%m-%d %H:%M}"


def _as_json(
    session: Session, found: list[FailedDownload], counts: list[FailureCounts], coming: Mapping[int, NextRequest]
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
                "next_attempt_at": coming[row.id].due if row.id in coming else None,
                "no_attempt_because": coming[row.id].why if row.id in coming else "",
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
