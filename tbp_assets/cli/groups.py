"""The commands of `tbp` that have a second word: config, quarantine, quality, metrics, alerts.

They import their work when they are called, like those of one word.
"""

# ruff: noqa: PLC0415
from pathlib import Path
from typing import Annotated

import typer

from tbp_assets.cli.options import Below, CsvFlag, From, JsonFlag, Limit, Ticker, To
from tbp_assets.errors import UsageError

config_app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Look at the rows that were kept out.")
quality_app = typer.Typer(no_args_is_help=True, help="Look at scores and at what is worth a look.")
metrics_app = typer.Typer(invoke_without_command=True, help="Print what Prometheus is told, or serve it.")
alerts_app = typer.Typer(help="Tell people what is wrong.")

Seconds = Annotated[float, typer.Option("--timeout", min=0.1, help="Longest time of a scrape, in seconds.")]
Reason = Annotated[str, typer.Option(help="Only rows that break this rule.")]


@config_app.command("check")
def config_check(as_json: JsonFlag = False) -> int:  # noqa: FBT002
    """Check the four files and the environment; name what is missing."""
    from tbp_assets.cli import config as work

    return work.check(as_json=as_json)


@config_app.command("show")
def config_show(as_json: JsonFlag = False) -> int:  # noqa: FBT002
    """Show every setting as it is in effect, and where each value comes from; secrets are masked."""
    from tbp_assets.cli import config as work

    return work.show(as_json=as_json)


@quarantine_app.command("list")
def quarantine_list(
    start: From = None,
    end: To = None,
    reason: Reason = "",
    ticker: Ticker = "",
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Count the quarantined rows of each day by the first rule each breaks."""
    from tbp_assets.cli import quarantine as work

    return work.show_counts(work.Wanted(start, end, reason or None, ticker or None), as_json=as_json)


@quarantine_app.command("show")
def quarantine_show(  # noqa: PLR0917  # options of a command
    start: From = None,
    end: To = None,
    reason: Reason = "",
    ticker: Ticker = "",
    limit: Annotated[int, typer.Option(min=1, help="Most rows.")] = 50,
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Print quarantined rows as they stand in the provider's file, with line number and every rule each breaks."""
    from tbp_assets.cli import quarantine as work

    return work.show_rows(work.Wanted(start, end, reason or None, ticker or None), limit=limit, as_json=as_json)


@quarantine_app.command("export")
def quarantine_export(
    path: Annotated[Path, typer.Argument(help="A new file: .csv or .parquet.")],
    start: From = None,
    end: To = None,
    reason: Reason = "",
    ticker: Ticker = "",
) -> int:
    """Write quarantined rows to a file."""
    from tbp_assets.cli import quarantine as work

    return work.export_rows(work.Wanted(start, end, reason or None, ticker or None), path)


@quality_app.command("days")
def quality_days(  # noqa: PLR0917  # options of a command
    start: From = None,
    end: To = None,
    ticker: Annotated[str, typer.Option(help="The trend of this ticker.")] = "",
    below: Below = None,
    limit: Limit = 100,
    as_csv: CsvFlag = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Show total, accepted, rejected and modified rows and the score of each day, or a ticker's trend."""
    from tbp_assets.cli import quality as work

    return work.show_days(work.Wanted(start, end, ticker or None, below), work.Form(limit, as_json, as_csv))


@quality_app.command("tickers")
def quality_tickers(  # noqa: PLR0917  # options of a command
    start: From = None,
    end: To = None,
    below: Below = None,
    limit: Limit = 100,
    as_csv: CsvFlag = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Show the same for each ticker over a range of days, the worst first."""
    from tbp_assets.cli import quality as work

    return work.show_tickers(work.Wanted(start, end, None, below), work.Form(limit, as_json, as_csv))


@quality_app.command("flags")
def quality_flags(  # noqa: PLR0917  # options of a command
    start: From = None,
    end: To = None,
    ticker: Ticker = "",
    rule: Annotated[str, typer.Option(help="Only this flag; docs/quality.md lists them.")] = "",
    limit: Limit = 100,
    as_csv: CsvFlag = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Show what is worth a look: splits, moves, spikes, gaps and the like, the severest and newest first."""
    from tbp_assets.cli import quality as work

    return work.show_flags(work.Wanted(start, end, ticker or None), rule or None, work.Form(limit, as_json, as_csv))


@metrics_app.callback()
def metrics_once(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option(help="Write this file instead, whole or not at all: *.prom for node_exporter.")
    ] = None,
    seconds: Seconds = 30,
) -> int:
    """Print what Prometheus is told, once; the database is not started for it."""
    if context.invoked_subcommand:
        if output is not None:
            raise UsageError("--output belongs to `tbp metrics` alone: serve writes no file")
        return 0
    from tbp_assets.cli import metrics as work

    return work.once(output, seconds=seconds)


@metrics_app.command("serve")
def metrics_serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on. There is no login.")] = "127.0.0.1",
    seconds: Seconds = 8,
) -> int:
    """Serve /metrics over HTTP until Ctrl-C; read anew at each scrape."""
    from tbp_assets.cli import metrics as work

    work.serve(host, port, seconds=seconds)


@alerts_app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be sent; send nothing.")] = False,  # noqa: FBT002
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Tell what is wrong and was not told yet, by webhook and e-mail: for those who run cron and no daemon."""
    from tbp_assets.cli import alerts as work

    if context.invoked_subcommand is None:
        return work.alerts(dry_run=dry_run, as_json=as_json)
    if dry_run or as_json:
        raise UsageError(f"options of `tbp alerts {context.invoked_subcommand}` stand behind it")
    return 0


@alerts_app.command("test")
def alerts_test(as_json: JsonFlag = False) -> int:  # noqa: FBT002
    """Send a test message through every channel that is configured, and say how it went."""
    from tbp_assets.cli import alerts as work

    return work.try_channels(as_json=as_json)
