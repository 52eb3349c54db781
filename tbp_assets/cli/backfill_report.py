"""What a backfill will do and what it did, for a person and for a program."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rich.markup import escape

from tbp_assets.bars.day_state import DayState
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.universe import few
from tbp_assets.cli.backfill_plan import BackfillPlan
from tbp_assets.cli.output import err, out, span, table
from tbp_assets.storage.ledger import Written


def by_state(states: Mapping[date, DayState]) -> dict[str, str]:
    """Return the days of each state and detail as stretches of weekdays."""
    days: dict[str, list[date]] = {}
    for day, state in states.items():
        days.setdefault(str(state), []).append(day)
    return {state: span(alike) for state, alike in days.items()}


def show_plan(plan: BackfillPlan) -> None:
    """Print what a backfill would do."""
    size = "size unknown" if plan.bytes is None else f"{plan.bytes:,} bytes"
    rows = [
        ("from the provider", len(plan.request), span(plan.request)),
        ("from the lake, the provider is not asked", len(plan.reload), span(plan.reload)),
        ("loaded, only measured again", len(plan.measure), span(plan.measure)),
        ("already done", len(plan.done), span(plan.done)),
        ("not to be had", len(plan.unavailable), "; ".join(f"{d}: {s}" for s, d in by_state(plan.unavailable).items())),
    ]
    out.print(table(["", "days", "trading dates"], [row for row in rows if row[1]]))
    landed = f"; {len(plan.landed)} landed before" if plan.landed else ""
    out.print(f"files to download: {len(plan.downloads)}, {size}{landed}")


def plan_json(plan: BackfillPlan) -> dict[str, Any]:
    """Return a plan for a program."""
    return {
        "days": len(plan.request) + len(plan.reload),
        "request": plan.request,
        "reload": plan.reload,
        "measure": plan.measure,
        "done": plan.done,
        "unavailable": {day.isoformat(): state.state for day, state in plan.unavailable.items()},
        "files": len(plan.downloads),
        "landed": plan.landed,
        "bytes": plan.bytes,
    }


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that did not pass for a day that is loaded."""

    day: date
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What a backfill did.

    Attributes:
        facts: Facts of every day of the range, afterwards.
        settled: Days that were run and are loaded or holidays now.
        measured: Days whose quality alone was measured.
        written: What these runs wrote, by day; another run at the same time, or before, writes for itself.
        open: Days of the range that are not, with their states.
        faults: System faults, in the words of the step that met them.
        without_bar: Tickers of the universe without a bar on any loaded day of the range on which they are valid.
        failed_checks: Of days that are loaded.
        warnings: The same of checks that only warn.
    """

    plan: BackfillPlan
    facts: dict[date, DayFacts]
    settled: list[date]
    measured: list[date]
    written: Mapping[date, Written]
    open: dict[date, DayState]
    faults: list[str]
    without_bar: list[str]
    failed_checks: list[FailedCheck]
    warnings: list[FailedCheck]
    seconds: float
    backfill_id: str

    @property
    def exit_code(self) -> int:
        """0 where nothing failed; a day that is late is not due and no failure."""
        overdue = any(state.state != "late" for state in self.open.values())
        return 1 if overdue or self.faults or self.failed_checks else 0

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        books = self.books()
        return {
            "backfill": self.backfill_id,
            "days": len(self.closed),
            "rows": books["rows"],
            "done_before": self.plan.done,
            "measured": self.measured,
            "downloads": len(self.plan.downloads),
            **books,
            "open": {day.isoformat(): {"state": s.state, "detail": s.detail} for day, s in self.open.items()},
            "faults": self.faults,
            "failed_checks": [asdict(check) for check in self.failed_checks],
            "worth_a_look": [asdict(check) for check in self.warnings],
            "tickers_without_bar": self.without_bar,
            "extra_columns": {day.isoformat(): names for day, names in self.extra_columns.items()},
            "seconds": round(self.seconds, 3),
            "per_day": [_day_json(self.facts[day], self.written.get(day)) for day in self.closed],
        }

    @property
    def closed(self) -> list[date]:
        """Days of the range that are loaded or holidays, run now or before."""
        return [day for day in self.facts if day not in self.open]

    def books(self) -> dict[str, Any]:
        """Add up the books of the closed days; what was written, of those run now.

        Lines are headers, accepted and quarantined rows; accepted rows are those outside the universe and those in the
        database.
        """
        lakes = [lake for day in self.closed if (lake := self.facts[day].lake)]
        loads = [load for day in self.closed if (load := self.facts[day].load)]
        written = [wrote for day in self.settled if (wrote := self.written.get(day))]
        outside = sum((Counter(load.outside) for load in loads), Counter[str]())
        rejected = sum((Counter(lake.rejected) for lake in lakes), Counter[str]())
        return {
            "files": len(lakes),
            "lines": sum(lake.lines for lake in lakes),
            "headers": len(lakes),
            "accepted": sum(lake.accepted for lake in lakes),
            "quarantined": dict(rejected.most_common()),
            "outside": dict(outside.most_common()),
            "rows": sum(load.selected for load in loads),
            "inserted": sum(wrote.inserted for wrote in written),
            "updated": sum(wrote.updated for wrote in written),
            "deleted": sum(wrote.deleted for wrote in written),
            "unchanged": sum(wrote.unchanged for wrote in written),
        }

    @property
    def extra_columns(self) -> dict[date, tuple[str, ...]]:
        """Columns that the vendor added to the files of the days run now."""
        lakes = {day: lake for day in self.settled if (lake := self.facts[day].lake)}
        return {day: lake.extra_columns for day, lake in lakes.items() if lake.extra_columns}

    @property
    def lines_run(self) -> int:
        """Lines of the files of the days run now."""
        return sum(lake.lines for day in self.settled if (lake := self.facts[day].lake))


def _day_json(facts: DayFacts, written: Written | None) -> dict[str, Any]:
    lake, load = facts.lake, facts.load
    return {
        "trading_date": facts.trading_date,
        "lines": lake.lines if lake else 0,
        "headers": 1 if lake else 0,
        "accepted": lake.accepted if lake else 0,
        "quarantined": lake.quarantined if lake else 0,
        "rows": load.selected if load else 0,
        "outside": dict(load.outside) if load else {},
        "inserted": written.inserted if written else 0,
        "unchanged": written.unchanged if written else 0,
    }


def show_report(report: BackfillReport) -> None:
    """Print what a backfill did."""
    books = report.books()
    quarantined, outside = books["quarantined"], sum(books["outside"].values())
    shown = {
        "days": len(report.facts),
        "  run now": len(report.settled),
        **({"  measured again": len(report.measured)} if report.measured else {}),
        "  done before": len(report.plan.done),
        **({"  open": len(report.open)} if report.open else {}),
        "files": books["files"],
        "lines": books["lines"],
        "headers": books["headers"],
        "accepted": books["accepted"],
        "quarantined": sum(quarantined.values()),
        **{f"  {reason}": rows for reason, rows in quarantined.items()},
        **({"outside the universe": outside} if outside else {}),
        "rows in the database" + (", open days aside" if report.open else ""): books["rows"],
        **{f"  {name}": books[name] for name in ("inserted", "updated", "deleted", "unchanged")},
    }
    out.print(table(["", ""], shown.items()))
    out.print("lines = headers + accepted + quarantined; accepted = outside the universe + rows in the database")
    if outside:
        name = escape(report.plan.universe.name)
        out.print(f"(universe {name!r}: the lake has the others; instruments.yml, TBP_UNIVERSE)")
    rate = report.lines_run / report.seconds if report.seconds else 0
    out.print(f"{report.seconds:.1f} seconds, {rate:,.0f} rows/s")
    for day, names in report.extra_columns.items():
        err.print(f"[yellow]warning[/] {day}: the vendor added columns, kept as text: {escape(', '.join(names))}")
    if report.without_bar:
        tickers = escape(few(report.without_bar))
        err.print(f"[yellow]no bar[/] on any loaded day: {tickers} (misspelt, or not listed then?)")
    for state, days in by_state(report.open).items():
        err.print(f"[yellow]open[/] {days}: {escape(state)}")
    _show_warnings(report.warnings)
    for check in report.failed_checks:
        err.print(f"[red]check failed[/] {check.day}: {check.name} ({escape(check.description)})")
    for fault in report.faults:
        err.print(f"[red]fault[/] {escape(fault)}")


def _show_warnings(checks: list[FailedCheck]) -> None:
    """Print a line for each check with the days it warns of, and what it says of the newest."""
    for name in dict.fromkeys(check.name for check in checks):
        said = {check.day: check.description for check in checks if check.name == name}
        days = sorted(said)
        shown = few([str(day) for day in days])
        err.print(f"[yellow]worth a look[/] {name}: {shown}. {days[-1]}: {escape(said[days[-1]])}")
    if checks:
        days = sorted(check.day for check in checks)
        err.print(f"`tbp quality flags --from {days[0]} --to {days[-1]}` and `tbp report` show what was found")
