"""`tbp report`: the quality report of a range of days as one HTML file, and its tables as CSV files."""

import webbrowser
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tbp_assets.bars.sessions import exchange_date, weekdays
from tbp_assets.cli.output import out, print_json
from tbp_assets.cli.session import Session
from tbp_assets.errors import StorageError, UsageError
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.page import render
from tbp_assets.reports.tables import write_csvs
from tbp_assets.resources.reporting import report_source
from tbp_assets.storage.files import write_whole


@dataclass(frozen=True, slots=True)
class Target:
    """Where the report goes.

    Attributes:
        output: The HTML file; None for one named after the range in `reports/` of TBP_HOME.
        tables: Directory for the CSV files; None for none.
        open: Show the page in a browser.
    """

    output: Path | None
    tables: Path | None
    open: bool


def report(first: date | None, last: date | None, target: Target, *, as_json: bool = False) -> int:
    """Run the command and return its exit code."""
    session = Session.start()
    first, last = _range(session, first, last)
    path = target.output or session.settings.home / "reports" / f"quality_{first}_{last}.html"
    if path.suffix not in {".html", ".htm"} or path.is_dir():
        raise UsageError(f"{path}: name an .html file")
    source = report_source(session.settings, session.dataset, session.database, session.data_source)
    contents = source.contents(first, last)
    page = render(contents).encode()
    written = write_csvs(contents, target.tables) if target.tables else ()
    write_whole(path.absolute(), page)
    if as_json:
        print_json(_as_json(contents, path, written))
    else:
        _show(session, contents, path, written)
    if target.open and not webbrowser.open(path.absolute().as_uri()):
        raise StorageError(f"no browser could be started; the report is {path}")
    return 0


def _range(session: Session, first: date | None, last: date | None) -> tuple[date, date]:
    """Return the range asked for, by default from the first to the last day that was ever loaded, or until now."""
    known, start = session.known_days(), session.settings.pipeline.partitions.start_date
    newest = exchange_date(datetime.now(UTC)) - timedelta(days=1)
    if not known and (first is None or last is None):
        raise UsageError("nothing was ever loaded: run `tbp backfill`, or say --from and --to")
    last = last or (max(first, newest) if first else newest)
    first = first or min(known[0], last)
    if first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    if first < start:
        raise UsageError(f"{first} lies before the first partition, {start} (pipeline.yml: partitions.start_date)")
    if last > newest:
        raise UsageError(f"--to {last} has no day file yet; the newest trading date is {newest}")
    if not weekdays(first, last):
        raise UsageError(f"{first} to {last} holds no trading date: only Monday to Friday are")
    return first, last


def _show(session: Session, contents: ReportContents, path: Path, written: tuple[Path, ...]) -> None:
    out.print(session.route)
    for line in contents.headlines:
        out.print(f"{line.label}: {line.value} ({line.explanation})")
    for sentence in contents.left_out:
        out.print(f"not in it: {sentence}")
    out.print(f"report → {path}")
    if written:
        out.print(f"{len(written)} tables → {written[0].parent}")


def _as_json(contents: ReportContents, path: Path, written: tuple[Path, ...]) -> dict[str, object]:
    lines = contents.headlines
    return {
        "route": contents.route,
        "first": contents.first,
        "last": contents.last,
        "report": path,
        "tables": written,
        "headlines": [
            {"label": line.label, "value": line.value, "verdict": line.verdict, "explanation": line.explanation}
            for line in lines
        ],
        "left_out": contents.left_out,
    }
