"""Every message that the page on troubleshooting explains is one that the code can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tbp_assets.settings import PROJECT_ROOT
from tbp_assets_tests.pages import read

pytestmark = pytest.mark.unit

DIFFERS = "…"
MESSAGES = re.findall(r"^\| `([^`]+)` \|", read("docs/troubleshooting.md"), re.MULTILINE)


@cache
def said() -> tuple[str, ...]:
    """Return every text of the code, with one character for each value that is put into it; docstrings are none."""
    files = sorted((PROJECT_ROOT / "tbp_assets").rglob("*.py"))
    return tuple(text for path in files for text in texts(ast.parse(path.read_text(encoding="utf-8"))))


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a module."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else DIFFERS for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield re.sub(r"\{\}", DIFFERS, node.value)


def constant_parts(message: str) -> list[str]:
    """Return what of a message is the same whatever it speaks of."""
    return [part.strip() for part in message.split(DIFFERS) if part.strip()]


def is_said(message: str) -> bool:
    """Whether one text of the code holds the parts of a message in their order."""
    pattern = re.compile(".*".join(map(re.escape, constant_parts(message))), re.DOTALL)
    return any(pattern.search(text) for text in said())


@pytest.mark.parametrize("message", MESSAGES)
def test_the_code_says_it(message: str) -> None:
    assert max(map(len, constant_parts(message))) > 8, "too little of it to be found again"
    assert is_said(message)


def test_there_are_messages_and_each_is_explained_once() -> None:
    assert len(MESSAGES) >= 40
    assert len(set(MESSAGES)) == len(MESSAGES)


def test_what_the_code_does_not_say_is_not_found() -> None:
    assert not is_said("no source of day files: set TBP_NOTHING to …")
    assert not is_said("A TerminalError is left … to Dagster")
