"""The colours of page and charts, light and dark, told apart by lightness as well as by blue and orange.

Of shares the worst stands out most from its background.

A chart names a colour as CSS does, `var(--state-late)`: the browser paints it anew when the page turns dark or is
printed, and nothing is drawn again. Where no browser is, `painted` puts the values in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "panel": "#f6f8fa",
    "ink": "#1b2530",
    "muted": "#596673",
    "line": "#d9dfe5",
    "link": "#1f5fa8",
    "good": "#2f6db3",
    "warning": "#9a5200",
    "bad": "#8f2d0c",
    "share-all": "#bcd6ef",
    "share-most": "#e9b062",
    "share-half": "#d98a2b",
    "share-few": "#b95a14",
    "share-none": "#7d1f06",
    "state-loaded": "#8fb8e0",
    "state-holiday": "#dfe4e9",
    "state-late": "#f6dfb8",
    "state-missing": "#e8923a",
    "state-not-entitled": "#6b7784",
    "state-held": "#6a4a8c",
    "state-rejected": "#8f2d0c",
    "on-pale": "#1b2530",
    "on-amber": "#1b2530",
    "on-deep": "#ffffff",
    "trace": "#8ebbe4",
    "series-1": "#2f6db3",
    "series-2": "#e8923a",
    "series-3": "#8ebbe4",
    "series-4": "#8f4a14",
    "series-5": "#6b7784",
    "series-6": "#1d3c60",
    "series-7": "#f3cb94",
    "series-rest": "#c9d0d7",
}
DARK: Final[Mapping[str, str]] = {
    "paper": "#12171d",
    "panel": "#1a212a",
    "ink": "#e4e9ee",
    "muted": "#9eabb8",
    "line": "#323d49",
    "link": "#8dbdf0",
    "good": "#7fb2e8",
    "warning": "#f0a648",
    "bad": "#ff9d76",
    "share-all": "#294f78",
    "share-most": "#806439",
    "share-half": "#bd7c30",
    "share-few": "#f59e42",
    "share-none": "#ffdcae",
    "state-loaded": "#35628f",
    "state-holiday": "#2b343e",
    "state-late": "#f0d6a6",
    "state-missing": "#e8923a",
    "state-not-entitled": "#66727f",
    "state-held": "#8d6bb5",
    "state-rejected": "#c04a1e",
    "on-pale": "#ffffff",
    "on-amber": "#12171d",
    "on-deep": "#ffffff",
    "trace": "#47698f",
    "series-1": "#6aa5e6",
    "series-2": "#f0a14b",
    "series-3": "#a9cff2",
    "series-4": "#c27a3d",
    "series-5": "#8b97a4",
    "series-6": "#3a629a",
    "series-7": "#f7dcb5",
    "series-rest": "#4c5763",
}
SERIES: Final = tuple(name for name in LIGHT if re.fullmatch(r"series-\d", name))


def colour(name: str) -> str:
    """Return a colour as a chart and CSS name it.

    Raises:
        KeyError: There is no such colour.
    """
    LIGHT[name]
    return f"var(--{name})"


def declarations(colours: Mapping[str, str]) -> str:
    """Return colours as declarations of CSS."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def painted(spec: object, colours: Mapping[str, str] = LIGHT) -> object:
    """Return a chart's specification with the colours' values in the place of their names."""
    if isinstance(spec, Mapping):
        return {key: painted(value, colours) for key, value in cast("Mapping[str, object]", spec).items()}
    if isinstance(spec, list | tuple):
        return [painted(value, colours) for value in cast("list[object]", spec)]
    if isinstance(spec, str) and (found := re.fullmatch(r"var\(--([a-z0-9-]+)\)", spec)):
        return colours.get(found[1], spec)
    return spec
