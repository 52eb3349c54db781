"""A real browser that opens a report from a disk and writes down what it asks for and complains of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
DRAWN: Final = "html[data-drawn=all]"
# What stands for data, as it is seen: neither axes nor the line of a target, and nothing without an extent.
MARKS: Final = """() => {
  const seen = (mark) => { const box = mark.getBoundingClientRect(); return box.width + box.height > 0; };
  const marks = '.role-mark:not(.mark-rule) > path[d]:not([d=""]), .role-mark > text';
  return Object.fromEntries([...document.querySelectorAll('.drawing')]
    .map((box) => [box.id, [...box.querySelectorAll(marks)].filter(seen).length]));
}"""


@dataclass
class Visit:
    """A page that was opened, how long that took, and what happened meanwhile."""

    page: Page
    seconds: float = 0.0
    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])

    def marks(self) -> dict[str, int]:
        """Return how many marks each chart has, by the id of its element."""
        return self.page.evaluate(MARKS)

    def value(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        return self.page.evaluate(script)


def executable() -> str:
    """Return a browser's path; without one the test is skipped, or fails where one is required."""
    found = os.environ.get("TBP_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    missing = "no browser: install chromium (apt install chromium), or name one in TBP_TEST_BROWSER"
    if os.environ.get("TBP_REQUIRE_BROWSER") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def started(*arguments: str) -> Generator[Browser]:
    """Give a browser with a profile of its own, and arguments beside the usual ones."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *arguments])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int = 1180, height: int = 900, dark: bool = False, scripts: bool = True
) -> Generator[Visit]:
    """Open a file in a window of its own, wait until its charts are drawn, and close it."""
    window = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    page = window.new_page()
    visit = Visit(page)

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(message.text)

    def opens(dialog: Dialog) -> None:
        visit.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", said)
    page.on("dialog", opens)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("request", lambda request: visit.requests.append(request.url))
    try:
        begun = monotonic()
        page.goto(file.as_uri())
        if scripts:
            page.wait_for_selector(DRAWN, timeout=20_000)
        visit.seconds = monotonic() - begun
        yield visit
    finally:
        window.close()
