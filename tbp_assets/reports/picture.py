"""The report in one glance: a PNG of heat map and score, and a summary in Markdown, for the page of an asset."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final, cast

import polars as pl

from tbp_assets.reports import wording
from tbp_assets.reports.cells import written
from tbp_assets.reports.chart import Chart, Spec
from tbp_assets.reports.contents import ReportContents
from tbp_assets.reports.heat_map import SHARES, heat_map
from tbp_assets.reports.palette import painted
from tbp_assets.reports.tables import Table, tables
from tbp_assets.reports.trends import score_trend

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
WIDTH: Final = 800
MOST_TICKERS: Final = 25
MOST_ROWS: Final = 5
# vl-convert carries the first of them along: the picture is the same on a machine without fonts.
FONT: Final = "Liberation Sans, Arial, sans-serif"
SUMMARY_COLUMNS: Final = {
    "worst_days": ("trading_date", "score", "state", "rejected", "what_was_rejected"),
    "tickers": ("ticker", "score", "total", "rejected", "flagged"),
}


def key_picture(contents: ReportContents) -> bytes:
    """Return heat map and score trend as a PNG with a background of its own."""
    import vl_convert  # noqa: PLC0415  # 40 MB that only a report needs

    charts = (heat_map(contents, MOST_TICKERS), score_trend(contents))
    # No address is allowed, and none is in the specification: nothing is fetched.
    spec = cast("dict[str, Any]", painted(_spec(charts)))
    return _packed(vl_convert.vegalite_to_png(spec, scale=1.0, allowed_base_urls=[]))


def summary(contents: ReportContents) -> str:
    """Return headlines, worst days and worst tickers as Markdown."""
    headlines = [[line.label, line.value, line.verdict, line.explanation] for line in contents.headlines]
    parts = [f"**Data quality, {contents.first} to {contents.last}**"]
    if headlines:
        parts.append(_markdown(["", "value", "verdict", "why"], headlines))
    parts += [_worst(table) for table in tables(contents) if table.id in SUMMARY_COLUMNS]
    return "\n\n".join(parts) + "\n"


def _packed(png: bytes) -> bytes:
    """Return a PNG with its pixels packed as tightly as they can be; vl-convert cares for speed alone."""
    chunks, at = list[tuple[bytes, bytes]](), len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    pixels = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    others = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    return SIGNATURE + b"".join(map(_chunk, [*others[:-1], (b"IDAT", zlib.compress(pixels, 9)), others[-1]]))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, content = chunk
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _spec(charts: tuple[Chart, ...]) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "var(--paper)",
        "padding": 18,
        "spacing": 28,
        "resolve": {"scale": {"color": "independent"}},
        "vconcat": [_view(chart) for chart in charts],
        "datasets": {name: frame.to_dicts() for chart in charts for name, frame in chart.data.items()},
        "config": _config(charts),
    }


def _config(charts: tuple[Chart, ...]) -> Spec:
    configured = [cast("Spec", chart.spec["config"]) for chart in charts if chart.spec]
    title = {"color": "var(--ink)", "subtitleColor": "var(--muted)", "fontSize": 14, "subtitleFontSize": 11}
    place = {"anchor": "start", "frame": "group", "offset": 10, "subtitlePadding": 5}
    legend = {"labelColor": "var(--muted)", "labelFontSize": 11, "symbolType": "square", "title": None}
    return {**(configured[0] if configured else {}), "font": FONT, "title": {**title, **place}, "legend": legend}


def _view(chart: Chart) -> Spec:
    title = {"text": chart.title, "subtitle": chart.alternative}
    if chart.spec is None:
        return {
            "data": {"values": [{}]},
            "mark": {"type": "text", "text": ""},
            "width": WIDTH,
            "height": 1,
            "title": title,
        }
    spec = {name: part for name, part in chart.spec.items() if name not in {"config", "autosize", "padding", "$schema"}}
    if "encoding" in spec:
        shown = set(chart.data["cells"]["named"])
        spec["encoding"] = _with_legend(cast("Spec", spec["encoding"]), [name for name in SHARES if name in shown])
    return {**spec, "width": WIDTH, "title": title}


def _with_legend(encoding: Spec, shown: list[str]) -> Spec:
    names = "{" + ", ".join(f"'{name}': '{label}'" for name, label in SHARES.items()) + "}"
    legend = {"orient": "bottom", "direction": "horizontal", "values": shown, "labelExpr": f"{names}[datum.label]"}
    return {**encoding, "color": {**cast("Mapping[str, Any]", encoding["color"]), "legend": legend}}


def _worst(table: Table) -> str:
    frame = table.frame.filter(pl.col("score") < wording.FULL).select(SUMMARY_COLUMNS[table.id]).head(MOST_ROWS)
    named = "Worst days" if table.id == "worst_days" else "Worst tickers"
    if frame.is_empty():
        return f"{named}: none, no row was rejected."
    rows = [[written(name, value) for name, value in row.items()] for row in frame.iter_rows(named=True)]
    return f"{named}:\n\n" + _markdown([name.replace("_", " ") for name in frame.columns], rows)


def _markdown(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *([_escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    """Return a stranger's text with every letter that Markdown or HTML would take for more than itself escaped."""
    visible = wording.visible(text, 80).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|~!]|(?<!\w)_|_(?!\w))", r"\\\1", visible)
