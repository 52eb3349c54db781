"""Tables of Markdown, and their places in pages that are written by hand."""

from __future__ import annotations

BEGIN, END = "<!-- {}: written by `make docs` -->\n", "<!-- end of {} -->\n"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def with_table(page: str, name: str, written: str) -> str:
    """Return a page with the table of a name as code has it."""
    begin, end = BEGIN.format(name), END.format(name)
    before, rest = page.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}{written}\n{end}{after}"
