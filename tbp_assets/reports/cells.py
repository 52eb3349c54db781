"""A table as the page shows it: its first rows as text, with the links between a day, a ticker and their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.tables import Table

MOST_ROWS: Final = 50
PLAIN: Final = frozenset({"line", "batch_id"})
CODE: Final = frozenset({"text", "source_key", "earlier_sha256", "source_sha256"})
LONG: Final = frozenset({"text", "source_key", "detail", "error_message", "what_was_rejected"})
HEADINGS: Final = {"earlier_sha256": "earlier file", "source_sha256": "newer file", "source_key": "file"}
STYLES: Final = {"code": CODE, "long": LONG}
LIMITS: Final = {"ticker": 40, "earlier_sha256": 12, "source_sha256": 12}
# The pairs of tables that link to each other, by the column both have.
LINKED: Final = (("worst_days", "rejected_rows", "trading_date"), ("tickers", "flags", "ticker"))


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, its CSS classes, and where it links to."""

    text: str
    style: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row and the id by which others link to it."""

    cells: tuple[Cell, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The part of a table that the page shows."""

    table: Table
    headings: tuple[Cell, ...]
    rows: tuple[Row, ...]

    @property
    def extent(self) -> str:
        """Return how many rows are shown, of how many."""
        shown, total = len(self.rows), self.table.frame.height
        return wording.counted(total, "row") if shown == total else f"{shown:,} of {total:,} rows"


@dataclass(frozen=True, slots=True)
class Links:
    """Of a table: the anchors of its rows by the value of one column, and where such a value leads."""

    column: str = ""
    anchors: Mapping[object, str] = field(default_factory=dict[object, str])
    targets: Mapping[object, str] = field(default_factory=dict[object, str])


def shown(tables: Sequence[Table]) -> dict[str, ShownTable]:
    """Return the first rows of each table, linked to each other, by the tables' ids."""
    by_id = {table.id: table for table in tables}
    links: dict[str, Links] = {}
    for one, other, column in LINKED:
        ours, theirs = (_anchors(by_id[name], column) for name in (one, other))
        links[one], links[other] = Links(column, ours, theirs), Links(column, theirs, ours)
    return {table.id: _shown(table, links.get(table.id, Links())) for table in tables}


def _anchors(table: Table, column: str) -> dict[object, str]:
    """Return the anchor of the first row shown with each value; no value is in it, for it may be a stranger's."""
    values = table.frame[column].head(MOST_ROWS).to_list()
    return {value: f"{table.id}-{values.index(value) + 1}" for value in values if value is not None}


def _shown(table: Table, links: Links) -> ShownTable:
    frame = table.frame.head(MOST_ROWS)
    headings = tuple(
        Cell(HEADINGS.get(name, name.replace("_", " ")), _style(name, dtype)) for name, dtype in frame.schema.items()
    )
    seen, rows = set[object](), list[Row]()
    for values in frame.iter_rows(named=True):
        value = values.get(links.column)
        anchor = "" if value in seen else links.anchors.get(value, "")
        seen.add(value)
        target = links.targets.get(value, "")
        rows.append(
            Row(
                tuple(
                    Cell(written(name, each), heading.style, f"#{target}" if target and name == links.column else "")
                    for (name, each), heading in zip(values.items(), headings, strict=True)
                ),
                anchor,
            )
        )
    return ShownTable(table, headings, tuple(rows))


def _style(name: str, dtype: pl.DataType) -> str:
    styles = ("number" if dtype.is_numeric() else "", *(style for style, names in STYLES.items() if name in names))
    return " ".join(style for style in styles if style)


def written(column: str, value: object) -> str:
    """Return a value as the page writes it in a column."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case int():
            text = str(value) if column in PLAIN else wording.count(value)
        case float():
            text = _NUMBERS.get(column, wording.measured)(value)
        case datetime():
            text = wording.moment(value)
        case date():
            text = value.isoformat()
        case _:
            text = wording.visible(str(value), LIMITS.get(column, wording.LONGEST_TEXT))
    return text


_NUMBERS: Final = {"score": wording.score, "coverage": wording.percent}
