"""The page: one HTML file with everything in it, which asks no network and works from a disk."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import jinja2
from markupsafe import Markup

from tbp_assets.reports import palette, wording
from tbp_assets.reports.cells import ShownTable, shown
from tbp_assets.reports.chart import Chart
from tbp_assets.reports.charts import charts
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.embedding import charts_json, csv_link, digest, library
from tbp_assets.reports.sections import SECTIONS, Section
from tbp_assets.reports.tables import NO_FORMULA, Table, tables

INVENTED: Final = "synthetic"
VERDICTS: Final = {"good": "✓ good", "warning": "! look at this", "bad": "✕ bad", "neutral": ""}


@dataclass(frozen=True, slots=True)
class TableView:
    """A table on the page: its first rows, and the link to all of them."""

    shown: ShownTable
    link: str
    linked: int
    file: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with what stands in it."""

    section: Section
    chart: Chart | None
    tables: tuple[TableView, ...]


def render(contents: ReportContents) -> str:
    """Return the report as one self-contained HTML document."""
    drawn, listed = charts(contents), tables(contents)
    script = _asset("page.js")
    return _environment().get_template("page.html.j2").render(
        contents=contents,
        range=_range(contents),
        sections=_sections(contents, drawn, listed),
        invented=contents.data_source == INVENTED,
        verdicts=VERDICTS,
        troubles=_troubles(listed),
        formulas=NO_FORMULA,
        charts=Markup(charts_json(drawn)),  # noqa: S704  # escaped for a script element where it is made
        library=Markup(library()),  # noqa: S704  # of the installed package, checked where it is made
        script=Markup(script),  # noqa: S704  # the package's own
        style=Markup(_asset("page.css")),  # noqa: S704
        light=Markup(palette.declarations(palette.LIGHT)),  # noqa: S704
        dark=Markup(palette.declarations(palette.DARK)),  # noqa: S704
        digests=" ".join((digest(library()), digest(script))),
    )  # fmt: skip


def _range(contents: ReportContents) -> str:
    return f"{contents.first}" if contents.first == contents.last else f"{contents.first} to {contents.last}"


def _sections(contents: ReportContents, drawn: tuple[Chart, ...], listed: tuple[Table, ...]) -> list[SectionView]:
    by_id, views = {chart.id: chart for chart in drawn}, shown(listed)
    span = f"{contents.first}_{contents.last}"
    return [
        SectionView(section, by_id.get(section.chart), tuple(_view(views[name], span) for name in section.tables))
        for section in SECTIONS
    ]


def _view(table: ShownTable, span: str) -> TableView:
    link, rows = csv_link(table.table)
    return TableView(table, link, rows, f"{table.table.id}_{span}.csv")


def _troubles(listed: tuple[Table, ...]) -> list[str]:
    rows = {table.id: table.frame.height for table in listed}
    found: list[str] = []
    if rows["open_days"]:
        found.append(wording.counted(rows["open_days"], "day is open", "days are open"))
    if rows["failures"]:
        found.append(wording.counted(rows["failures"], "failure is not repaired", "failures are not repaired"))
    return found


def _asset(name: str) -> str:
    return (files("tbp_assets.reports") / "templates" / name).read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"count": wording.count, "visible": wording.visible, "moment": wording.moment}
    return environment
