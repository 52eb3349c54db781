"""Options that several commands of `tbp` share."""

from datetime import date, datetime
from typing import Annotated

import typer


def day_of(text: str) -> date:
    """Return the date that was typed."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a date has no zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write YYYY-MM-DD") from None


JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Day = Annotated[date, typer.Argument(parser=day_of, metavar="YYYY-MM-DD")]
From = Annotated[date | None, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="First trading date.")]
To = Annotated[date | None, typer.Option("--to", parser=day_of, metavar="YYYY-MM-DD", help="Last trading date.")]
Ticker = Annotated[str, typer.Option(help="Only this ticker.")]
Limit = Annotated[int, typer.Option(min=1, help="Most rows to print.")]
CsvFlag = Annotated[bool, typer.Option("--csv", help="Print CSV, all rows of it.")]
Below = Annotated[float | None, typer.Option(min=0, max=100, help="Only scores below this one.")]
