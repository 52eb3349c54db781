"""Options that several commands of `tbp` share."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer


def day_of(text: str) -> date:
    """Return the date that was typed."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a date has no zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write YYYY-MM-DD") from None


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


JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Day = Annotated[date, typer.Argument(parser=day_of, metavar="YYYY-MM-DD")]
From = Annotated[date | None, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="First trading date.")]
To = Annotated[date | None, typer.Option("--to", parser=day_of, metavar="YYYY-MM-DD", help="Last trading date.")]
Ticker = Annotated[str, typer.Option(help="Only this ticker.")]
Limit = Annotated[int, typer.Option(min=1, help="Most rows to print.")]
CsvFlag = Annotated[bool, typer.Option("--csv", help="Print CSV, all rows of it.")]
Below = Annotated[float | None, typer.Option(min=0, max=100, help="Only scores below this one.")]
