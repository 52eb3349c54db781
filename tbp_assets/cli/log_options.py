"""The words and options of `tbp logs`."""

# ruff: noqa: PLC0415
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from tbp_assets.cli.options import day_of


def moment(text: str) -> datetime:
    """Return the day or time that was typed, a day as its first moment; UTC unless an offset is given."""
    return _moment(text, time.min)


def last_moment(text: str) -> datetime:
    """Return the day or time that was typed, a day as its last moment."""
    return _moment(text, time.max)


def _moment(text: str, of_a_day: time) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, in UTC") from None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        at = datetime.combine(at.date(), of_a_day)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def span_of_time(text: str) -> timedelta:
    """Return the span that was typed."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise typer.BadParameter(f"{text!r} is no span of time: write 90s, 30m, 2h or 3d")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def logs(  # noqa: PLR0917  # options of a command
    start: Annotated[
        datetime | None, typer.Option("--from", parser=moment, metavar="UTC", help="From this day or time on.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", parser=last_moment, metavar="UTC", help="Up to this day or time.")
    ] = None,
    since: Annotated[
        timedelta | None, typer.Option(parser=span_of_time, metavar="30m|2h|3d", help="From so long ago on.")
    ] = None,
    level: Annotated[str, typer.Option(help="Only lines of this level or worse: info, warning, error.")] = "",
    day: Annotated[
        date | None, typer.Option(parser=day_of, metavar="YYYY-MM-DD", help="Only this trading date.")
    ] = None,
    run: Annotated[str, typer.Option(help="Only this run; the first characters of its id will do.")] = "",
    event: Annotated[str, typer.Option(help="Only this event; docs/logs.md lists them.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most lines, the newest.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is logged from now on.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as they are: a JSON object each.")] = False,  # noqa: FBT002
) -> int:
    """Show what was logged, by every process of this TBP_HOME."""
    from tbp_assets.cli import logs as work

    wanted = work.wanted(start, end, since, level=level, day=day, run=run, event=event)
    return work.logs(wanted, limit=limit, follow=follow, as_json=as_json)
