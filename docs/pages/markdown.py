"""Markdown as the pages need it: tables, and the parts of a page that code writes."""

from __future__ import annotations

from collections.abc import Sequence

BEGIN, END = "<!-- {}: written by `make docs` -->\n", "<!-- end of {} -->\n"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def with_table(page: str, name: str, written: str) -> str:
    """Return a page with the part of a name as code has it."""
    begin, end = BEGIN.format(name), END.format(name)
    before, rest = page.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}{written}\n{end}{after}"
