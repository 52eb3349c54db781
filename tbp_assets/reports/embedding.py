"""What is put inside the one file: charts' data as JSON, tables as links, scripts with the digest that admits them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterable
from functools import cache
from typing import Any, Final
from urllib.parse import quote

import polars as pl

from tbp_assets.reports.chart import Chart
from tbp_assets.reports.tables import Table

# A browser refuses addresses of more than 2 MiB, and the page is to stay small enough to be sent.
LONGEST_LINK: Final = 700_000
# Letters that mean something to a reader of HTML or of scripts; inside a JSON string the escape is the same letter.
ESCAPES: Final = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&'\u2028\u2029"}


def script_json(value: object) -> str:
    """Return a value as JSON that can stand in a script element, whatever its strings say."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(ESCAPES)


def charts_json(charts: Iterable[Chart]) -> str:
    """Return the charts that are to be drawn, with their data by column."""
    drawn = [
        {"id": chart.id, "spec": chart.spec, "data": {name: columns(frame) for name, frame in chart.data.items()}}
        for chart in charts
        if chart.spec
    ]
    return script_json(drawn)


def columns(frame: pl.DataFrame) -> dict[str, Any]:
    """Return a frame by column; a column of few different values as those and the places where they stand."""
    return {series.name: _column(series) for series in frame.iter_columns()}


def _column(series: pl.Series) -> Any:
    values = [_finite(value) for value in series.to_list()]
    distinct = list(dict.fromkeys(values))
    if 2 * len(distinct) > len(values):
        return values
    places = {value: place for place, value in enumerate(distinct)}
    return {"values": distinct, "places": [places[value] for value in values]}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def csv_link(table: Table) -> tuple[str, int]:
    """Return a link that holds a table as CSV, and how many of its rows fit in."""
    rows = table.frame.height
    while len(link := _link(table.csv(rows))) > LONGEST_LINK:
        rows = int(rows * LONGEST_LINK / len(link) * 0.98)
    return link, rows


def _link(text: str) -> str:
    return "data:text/csv;charset=utf-8," + quote(text, safe="/:;,?@$!*()~=+")


def digest(script: str) -> str:
    """Return the source expression by which a content security policy admits one script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@cache
def library() -> str:
    """Return Vega-Lite as one script that sets `vegaEmbed`; it is part of vl-convert, nothing is fetched.

    Raises:
        ValueError: The script would end the element it stands in.
    """
    import vl_convert  # noqa: PLC0415  # 40 MB that only a report needs

    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("this version of vl-convert has a script that cannot stand in a page")
    return script
