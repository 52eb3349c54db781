"""The words and options of `tbp`, its exit codes, and how an error reaches a person: one line, never a traceback.

Commands import their work when they are called, so that `tbp --help` answers at once.
"""

# ruff: noqa: PLC0415
import logging
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from tbp_assets.cli.ending import exit_code, line
from tbp_assets.cli.groups import alerts_app, config_app, metrics_app, quality_app, quarantine_app
from tbp_assets.cli.log_options import logs
from tbp_assets.cli.operating import operating_app
from tbp_assets.cli.options import Day, From, JsonFlag, To
from tbp_assets.errors import ConfigError, TbpError, UsageError
from tbp_assets.masking import masked

logger = logging.getLogger(__name__)


def _ended(code: int | None, **_options: object) -> None:
    # Typer drops what a command returns.
    raise typer.Exit(code or 0)


app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, result_callback=_ended)
app.add_typer(operating_app)
app.add_typer(config_app, name="config")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(quality_app, name="quality")
app.add_typer(metrics_app, name="metrics")
app.add_typer(alerts_app, name="alerts")
app.command()(logs)

FAILED, USAGE = 1, 2
TYPER_INTERRUPTED = 130


def _told_version(wanted: bool) -> None:  # noqa: FBT001  # Typer calls it so
    if wanted:
        from importlib.metadata import version

        print(f"tbp_assets {version('tbp_assets')}")  # noqa: T201
        raise typer.Exit


@app.callback()
def tbp(
    _version: Annotated[  # noqa: FBT002
        bool, typer.Option("--version", callback=_told_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Market-data day files into a database a trading system can trust."""
    # Here, since Typer sets its own before it calls anything of ours.
    sys.excepthook = _shown_unless_echo


@app.command()
def backfill(  # noqa: PLR0917  # options of a command
    start: Day,
    end: Day,
    tickers: Annotated[str | None, typer.Option(help="Only these tickers of the universe: A,B.")] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, help="Processes that work on parts of the range at once.")
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,  # noqa: FBT002
    force: Annotated[bool, typer.Option("--force", help="Run days that are done, too.")] = False,  # noqa: FBT002
    from_lake: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--from-lake", help="Load what was validated before; the provider is not asked for anything."),
    ] = False,
    queue: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--queue", help="Hand the runs to the running UI, which has them done where pipeline.yml says."),
    ] = False,
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Bring a range of trading dates into the database; days that are done are left alone."""
    from tbp_assets.cli import backfill as work

    chosen = [ticker.strip() for ticker in (tickers or "").split(",") if ticker.strip()]
    if tickers is not None and not chosen:
        raise UsageError(f"--tickers {tickers!r} names no ticker: write --tickers A,B")
    return work.backfill(
        start, end, tickers=chosen, jobs=jobs, dry_run=dry_run, force=force, from_lake=from_lake, queue=queue,
        as_json=as_json,
    )  # fmt: skip


@app.command()
def status(
    start: From = None,
    end: To = None,
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Show the state of each trading date, and days loaded under another universe or judged by other rules."""
    from tbp_assets.cli import status as work

    return work.status(start, end, as_json=as_json)


@app.command()
def failures(
    start: From = None,
    end: To = None,
    resolved: Annotated[bool, typer.Option("--all", help="Those that were repaired, too.")] = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """List the days that failed, why, and when each is asked for again."""
    from tbp_assets.cli import failures as work

    return work.failures(start, end, resolved=resolved, as_json=as_json)


@app.command()
def held(
    start: From = None,
    end: To = None,
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """List the days that are held as implausible, why, and the decisions that let others in."""
    from tbp_assets.cli import held as work

    return work.held(start, end, as_json=as_json)


@app.command()
def approve(  # noqa: PLR0917  # options of a command
    day: Day,
    reason: Annotated[str, typer.Option(help="Why the file is right; kept for ever.")],
    by: Annotated[str, typer.Option(help="Who decides; by default who is logged in on this machine.")] = "",
    file: Annotated[str, typer.Option(help="Only if the held file's sha256 begins so, as `tbp held` shows it.")] = "",
    no_load: Annotated[bool, typer.Option("--no-load", help="Leave the load to the next run of the day.")] = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Let exactly the file of a held day in, and load it; a newer file is judged anew."""
    from tbp_assets.cli import held as work

    return work.approve(day, work.Decision(reason, by, file), load=not no_load, as_json=as_json)


@app.command()
def restatements(  # noqa: PLR0917  # options of a command
    start: From = None,
    end: To = None,
    ticker: Annotated[str, typer.Option(help="Only what happened to this ticker.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most rows of each table.")] = 100,
    cells: Annotated[bool, typer.Option("--cells", help="Each value that was changed or taken away.")] = False,  # noqa: FBT002
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV: the values, where they are shown.")] = False,  # noqa: FBT002
    preview: Annotated[  # noqa: FBT002
        bool, typer.Option("--preview", help="What held files, and those not yet validated, would change.")
    ] = False,
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Show which loads changed days that were loaded before, and, for a single day, each value."""
    if preview:
        from tbp_assets.cli import preview as looking

        return looking.preview(start, end, ticker=ticker, limit=limit, as_csv=as_csv, as_json=as_json)
    from tbp_assets.cli import restatements as work

    form = work.Form(limit=limit, cells=cells or (start is not None and start == end), json=as_json, csv=as_csv)
    return work.restatements(start, end, ticker=ticker or None, form=form)


@app.command()
def report(  # noqa: PLR0917  # options of a command
    start: From = None,
    end: To = None,
    output: Annotated[Path | None, typer.Option(help="The HTML file; by default in reports/ of TBP_HOME.")] = None,
    tables: Annotated[Path | None, typer.Option(help="A directory for every table as CSV.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Write the quality report of all days loaded, or of a range: one HTML file that can be sent around."""
    from tbp_assets.cli import report as work

    return work.report(start, end, work.Target(output, tables, show), as_json=as_json)


@app.command()
def query(
    sql: Annotated[
        str, typer.Argument(help="One statement, e.g. \"SELECT * FROM market_data_raw WHERE ticker = 'AAPL'\".")
    ],
    limit: Annotated[int, typer.Option(min=1, help="Most rows to print.")] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Run SQL in a read-only session with a time-out."""
    from tbp_assets.cli import query as work

    return work.query(sql, limit=limit, as_json=as_json, as_csv=as_csv)


@app.command()
def demo(as_json: JsonFlag = False) -> int:  # noqa: FBT002
    """Take two weeks of an invented market through the whole graph into the embedded database."""
    from tbp_assets.cli import demo as work

    return work.demo(as_json=as_json)


def _shown_unless_echo(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # When a server goes away during a COPY, psycopg2 prints a fault of its own beside raising the error.
    if not (kind is SystemError and type(error.__cause__).__module__.startswith("psycopg2")):
        sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


def main() -> None:
    """Run what was typed. Exit codes: 0 done, 1 something failed (named), 2 usage or configuration, 130 interrupted."""
    try:
        code = _typed()
    except (UsageError, ConfigError) as error:
        code = _said(error, USAGE)
    except TbpError as error:
        code = _said(error, FAILED)
    except KeyboardInterrupt:
        code = _interrupted()
    sys.exit(code)


def _typed() -> int:
    """Run the words typed and return the exit code; Typer itself explains what it cannot parse."""
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    else:
        code = 0
    if code == TYPER_INTERRUPTED:
        raise KeyboardInterrupt
    return code


def _said(error: TbpError, code: int) -> int:
    print(f"tbp: {error}", file=sys.stderr)  # noqa: T201
    if code == FAILED and logging.getLogger("tbp_assets").handlers:
        # What makes no sense leaves nothing behind, not even a log.
        from tbp_assets.logs.events import COMMAND_FAILED

        COMMAND_FAILED.log(logger, str(error), command=" ".join(sys.argv[1:2]), error=error.category)
    return code


def _interrupted() -> int:
    print(line(), file=sys.stderr)  # noqa: T201
    return exit_code()
