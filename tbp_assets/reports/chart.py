"""What a chart is before it is drawn: a Vega-Lite specification without a value of the data in it, and the data beside.

Strings of a vendor's bad lines are only ever data: no title, domain or expression of a specification holds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import altair as alt
import polars as pl

from tbp_assets.reports.palette import colour
from tbp_assets.reports.timeline import Timeline

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
AXIS_WIDTH: Final = 58
ROOMY: Final = 120
Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: a colour, what it means, and the letter or the shape that goes with it in the chart."""

    colour: str
    label: str
    letter: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the words that go with it.

    Attributes:
        id: Of the element it is drawn into.
        title: What it shows; says so where columns are weeks or months.
        alternative: What one sees in it, in words; where there is nothing to draw, why.
        table: Id of the table with the same data.
        spec: Vega-Lite, its data sets by name; None where there is nothing to draw.
        data: The data sets.
        keys: Its legend.
        hint: How to read it, where that is not plain.
        least_width, most_width: Pixels; under the least it scrolls in its box, over the most it does not grow.
    """

    id: str
    title: str
    alternative: str
    table: str
    spec: Spec | None = None
    data: Mapping[str, pl.DataFrame] = field(default_factory=dict[str, pl.DataFrame])
    keys: tuple[Key, ...] = ()
    hint: str = ""
    least_width: int = 0
    most_width: int = 0


def specification(chart: alt.Chart | alt.LayerChart | alt.FacetChart, height: int, *, headroom: int = 5) -> Spec:
    """Return a chart as Vega-Lite in the report's style, as wide as its box.

    Args:
        chart: Marks and encodings.
        height: Pixels between the axes.
        headroom: Pixels above them.
    """
    return {
        **chart.to_dict(),
        "width": "container",
        "height": height,
        "padding": {"left": 5, "right": 5, "top": headroom, "bottom": 5},
        "autosize": {"type": "fit-x", "contains": "padding", "resize": True},
        "config": _STYLE,
    }


def band(names: Sequence[str]) -> alt.Scale:
    """Return a scale of cells beside one another; narrow ones touch, or the gaps would be all one sees."""
    return alt.Scale(type="band", domain=list(names), paddingInner=0.1 if len(names) <= ROOMY else 0, paddingOuter=0.05)


def columns_of_time(line: Timeline) -> alt.X:
    """Return the axis that charts over time share, one band a column."""
    values, length = line.ticks()
    axis = alt.Axis(
        title=None,
        values=values,
        labelExpr=f"slice(datum.label, 0, {length})",
        labelAngle=0,
        labelOverlap="greedy",
        labelSeparation=8,
        ticks=True,
        grid=False,
    )
    return alt.X(field="at", type="ordinal", axis=axis, scale=band(line.keys))


def tooltip(**titles: str) -> list[alt.Tooltip]:
    """Return the lines of a tooltip by field; every one is text that was written in Python."""
    return [alt.Tooltip(field=name, type="nominal", title=title) for name, title in titles.items()]


_STYLE: Final[Mapping[str, Any]] = {
    "background": "transparent",
    "aria": False,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": colour("muted"),
        "titleColor": colour("muted"),
        "domainColor": colour("line"),
        "tickColor": colour("line"),
        "gridColor": colour("line"),
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    },
    "axisY": {"minExtent": AXIS_WIDTH, "labelLimit": 120, "domain": False, "ticks": False},
    "text": {"fill": colour("ink")},
}
