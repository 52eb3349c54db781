"""SQL statements, one a file, each named by what it does. Values are bound, never written into the text."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def source(name: str) -> str:
    """Return the text of a statement."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


@cache
def statement(name: str) -> TextClause:
    """Return a statement with `:name` parameters."""
    return text(source(name))
