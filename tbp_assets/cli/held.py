"""`tbp held` and `tbp approve`: days that are kept out as implausible, and a person's decision to let one in."""

import getpass
import logging
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tbp_assets.bars.facts import Approval, DayFacts, LakeFact
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.bars.whole_day import STATISTICS
from tbp_assets.cli.output import err, out, print_json, table
from tbp_assets.cli.session import Session
from tbp_assets.errors import UsageError
from tbp_assets.logs.events import DAY_APPROVED
from tbp_assets.storage.approvals import approvals_journal

SHORT = 12
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was typed: the reason, who decides, and how the file's sha256 begins."""

    reason: str
    by: str
    file: str


def held(first: date | None, last: date | None, *, as_json: bool = False) -> int:
    """Run the command and return its exit code: 1 where a day is held.

    Raises:
        UsageError: The range makes no sense.
    """
    session = Session.start()
    found = held_days(session, first, last)
    decisions = [
        each
        for each in approvals_journal(session.lake).events()
        if (first or date.min) <= each.trading_date <= (last or date.max)
    ]
    if as_json:
        print_json({"route": session.route, "held": [_as_json(day, lake) for day, lake in found],
                    "approved": [asdict(each) for each in decisions]})  # fmt: skip
    else:
        out.print(session.route, markup=False)
        _show(found, decisions)
    return 1 if found else 0


def held_days(session: Session, first: date | None, last: date | None) -> list[tuple[DayFacts, LakeFact]]:
    """Return the days of a range that are held, by default of all days there are.

    Raises:
        UsageError: The range makes no sense.
    """
    first = first or session.settings.pipeline.partitions.start_date
    last = last or exchange_date(datetime.now(UTC)) - timedelta(days=1)
    if first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    facts = session.facts(first, last)
    states = session.states(facts)
    return [(known, known.lake) for day, known in facts.items() if states[day].state == "held" and known.lake]


def approve(day: date, decision: Decision, *, load: bool, as_json: bool = False) -> int:
    """Run the command and return its exit code: that of the load.

    Raises:
        UsageError: The day is not held, the file is another one, or no reason is given.
    """
    reason = " ".join(decision.reason.split())
    if not reason:
        raise UsageError("--reason is empty: write why the file is right, it is kept for ever")
    session = Session.start()
    fact = _held_file(session, day)
    sha256 = fact.source_sha256
    if not sha256.startswith(decision.file.lower()):
        raise UsageError(f"{day}: file {sha256[:SHORT]} is held, not {decision.file}: look again with `tbp held`")
    approval = Approval(day, sha256, reason, decision.by or _who(), datetime.now(UTC), fact.cause)
    approvals_journal(session.lake).add(approval)
    said = f"{day}: file {sha256[:SHORT]} is approved by {approval.approved_by}: {reason}"
    DAY_APPROVED.log(logger, said, partition=day.isoformat(), data_source=session.data_source)
    (err if as_json else out).print(said, markup=False)
    if load:
        from tbp_assets.cli.backfill import backfill  # noqa: PLC0415  # Dagster, only where it is needed

        return backfill(day, day, tickers=[], as_json=as_json)
    (err if as_json else out).print(f"not loaded yet: `tbp backfill {day} {day}`", markup=False)
    if as_json:
        print_json(asdict(approval))
    return 0


def _held_file(session: Session, day: date) -> LakeFact:
    known = session.facts(day, day).get(day)
    if known is None:
        raise UsageError(f"{day} is no trading date, so nothing is held")
    state = session.states({day: known})[day]
    if state.state != "held" or known.lake is None:
        raise UsageError(f"{day} is not held, it is {state}")
    return known.lake


def _who() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "somebody"
    return f"{name}@{socket.gethostname()}"


def _show(found: Sequence[tuple[DayFacts, LakeFact]], decisions: Sequence[Approval]) -> None:
    if found:
        columns = ["trading date", "file", "rows", "stands", "severity", "statistic", "value", "limit", "perhaps"]
        out.print(table(columns, [row for day, lake in found for row in _rows(day, lake)]))
        day = found[0][0].trading_date
        out.print(f"what one would change: `tbp restatements --preview --from {day} --to {day}`")
        out.print(f'to let its file in: `tbp approve {day} --reason "..."`')
    else:
        out.print("no day is held")
    if decisions:
        out.print()
        columns = ["trading date", "file", "approved by", "at (UTC)", "reason", "was held for"]
        out.print(table(columns, [
            [each.trading_date, each.source_sha256[:SHORT], each.approved_by,
             f"{each.approved_at.astimezone(UTC):%Y-%m-%d %H:%M}", each.reason, each.held_for]
            for each in decisions
        ]))  # fmt: skip


def _rows(day: DayFacts, lake: LakeFact) -> list[list[object]]:
    whole, file = lake.whole_day, lake.source_sha256[:SHORT]
    stands = f"{day.load.selected:,} bars, file {day.load.source_sha256[:SHORT]}" if day.load else "nothing"
    rows: list[list[object]] = []
    for finding in whole.findings if whole else ():
        of = f" ({whole.repeats})" if whole and finding.statistic == "repeated_rows" and whole.repeats else ""
        known = STATISTICS.get(finding.statistic)
        head = ["", "", None, ""] if rows else [day.trading_date, file, lake.quarantined, stands]
        rows.append([*head, finding.severity, finding.statistic, f"{finding.value:.4g}", f"{finding.limit:g}",
                     f"{known.fault if known else ''}{of}"])  # fmt: skip
    return rows


def _as_json(day: DayFacts, lake: LakeFact) -> dict[str, Any]:
    whole = lake.whole_day
    return {
        "trading_date": day.trading_date,
        "source_sha256": lake.source_sha256,
        "judged_at": lake.validated_at,
        "cause": lake.cause,
        "rows": lake.quarantined,
        "compared_with": whole.compared_with if whole else None,
        "findings": [asdict(finding) for finding in whole.findings] if whole else [],
        "statistics": dict(whole.statistics) if whole else {},
        "loaded_sha256": day.load.source_sha256 if day.load else None,
        "loaded": day.load.selected if day.load else None,
    }
