"""How results reach a person (tables, a bar on a terminal, plain lines elsewhere) or a program (JSON)."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from tbp_assets.bars.sessions import weekdays

WIDTH_IN_A_FILE = 160

out = Console(highlight=False, markup=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH_IN_A_FILE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def print_json(value: Any) -> None:
    """Print a value as one JSON document; JSON has no NaN and no infinity, so they are null."""
    sys.stdout.write(json.dumps(_finite(value), default=_plain, indent=2, allow_nan=False) + "\n")


def _finite(value: object) -> object:
    if isinstance(value, float | Decimal):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in cast("Sequence[object]", value)]
    return value


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table; numbers are grouped by thousands and aligned right."""
    body = [list(row) for row in rows]
    named = any(columns)
    grid = Table(header_style="bold", box=None, pad_edge=False, show_header=named)
    for index, column in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[index], int | float | None) for row in body)
        last = index == len(columns) - 1
        grid.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=not last)
    for row in body:
        grid.add_row(*(_cell(value) for value in row))
    return grid


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def span(days: Sequence[date], *, among: Sequence[date] | None = None) -> str:
    """Return days as text, stretches as first..last.

    Args:
        days: In order.
        among: Days of which none may lie inside a stretch unless it belongs to it; the weekdays where None.
    """
    ranks = {day: rank for rank, day in enumerate(among or weekdays(days[0], days[-1]))} if days else {}
    parts: list[list[date]] = []
    for day in days:
        if parts and ranks[day] == ranks[parts[-1][-1]] + 1:
            parts[-1].append(day)
        else:
            parts.append([day])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}..{part[-1]}" for part in parts)
