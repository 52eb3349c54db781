"""The page in a real browser, opened from a disk: drawn, silent, usable by keyboard and on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from tbp_assets.reports.page import render
from tbp_assets.reports.tables import tables
from tbp_assets_tests.reports.browser import Visit, executable, opened, started
from tbp_assets_tests.reports.contents_builder import HOSTILE, five_years, nothing, one_day, usual

pytestmark = pytest.mark.integration

KINDS: Final = {"usual": usual, "five_years": five_years, "one_day": one_day, "nothing": nothing}
CHARTS_JSON: Final = re.compile(r'(<script type="application/json" id="charts">)(.*?)(</script>)', re.DOTALL)
BACKGROUND: Final = "getComputedStyle(document.body).backgroundColor"
LABEL: Final = "getComputedStyle(document.querySelector('#chart-score svg .role-axis-label text')).fill"
FOCUSED: Final = """() => { const at = document.activeElement;
    return at.id || at.className || at.getAttribute('aria-label') || at.tagName; }"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in KINDS}
    for name, file in files.items():
        file.write_text(render(KINDS[name]()), encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def visits(chromium: Browser, pages: dict[str, Path]) -> Iterator[dict[str, Visit]]:
    """Every page, for tests that only look."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(opened(chromium, file)) for name, file in pages.items()}


@pytest.fixture
def visit(visits: dict[str, Visit]) -> Visit:
    return visits["usual"]


def changed(file: Path, old: str, new: str) -> Path:
    """Write a page with a part of it replaced, and return its file."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    other = file.with_name(f"changed_{file.name}")
    other.write_text(text.replace(old, new), encoding="utf-8")
    return other


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_for_and_nothing_is_complained_of(
    visits: dict[str, Visit], pages: dict[str, Path], kind: str
) -> None:
    assert visits[kind].complaints == []
    assert visits[kind].requests == [pages[kind].as_uri()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_has_marks(visits: dict[str, Visit], kind: str) -> None:
    marks = visits[kind].marks()
    assert len(marks) == {"usual": 7, "five_years": 7, "one_day": 5, "nothing": 0}[kind]
    assert all(marks.values()), marks


def test_a_chart_without_marks_would_be_noticed(chromium: Browser, pages: dict[str, Path]) -> None:
    text = pages["usual"].read_text(encoding="utf-8")
    found = CHARTS_JSON.search(text)
    assert found
    charts: list[dict[str, Any]] = json.loads(found[2])
    for chart in charts:
        chart["data"] = {name: dict.fromkeys(frame, ()) for name, frame in chart["data"].items()}
    with opened(chromium, changed(pages["usual"], found[2], json.dumps(charts))) as each:
        assert set(each.marks().values()) == {0}


def test_a_complaint_would_be_noticed(chromium: Browser, pages: dict[str, Path]) -> None:
    """The policy of the page refuses a script that is not the page's own, and the refusal is a complaint."""
    with opened(
        chromium, changed(pages["nothing"], "</footer>", "</footer><script>window.injected = 1</script>")
    ) as each:
        assert each.value("window.injected") is None
        assert any("Content Security Policy" in text for text in each.complaints)


def test_a_request_would_be_noticed(chromium: Browser, pages: dict[str, Path]) -> None:
    picture = (pages["nothing"].parent / "picture.png").as_uri()
    page = changed(pages["nothing"], "default-src 'none';", "default-src * file:;")
    with opened(chromium, changed(page, "</footer>", f'</footer><img src="{picture}">')) as each:
        assert each.requests[1:] == [picture]


def test_a_strangers_text_is_shown_as_text(visit: Visit) -> None:
    assert visit.value("window.injected") is None
    assert visit.page.locator("img").count() == 0
    assert visit.page.locator("script").count() == 3
    shown = visit.page.locator("#table-rejected_rows tbody").inner_text()
    assert all(text in shown for text in HOSTILE if text.isprintable())


def test_a_tooltip_shows_a_strangers_ticker_as_text(chromium: Browser, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["usual"]) as each:
        row = each.page.locator("#chart-coverage .role-mark path").nth(60 + 5)
        row.scroll_into_view_if_needed()
        row.hover()
        tip = each.page.locator("#vg-tooltip-element.visible")
        tip.wait_for()
        assert "</script><script>window.injected = 1</script>" in tip.inner_text()
        assert tip.locator("script").count() == 0
        assert each.complaints == []


def test_five_years_of_60_tickers_are_drawn_soon(visits: dict[str, Visit]) -> None:
    # 1.5 to 2.5 s on two shared cores; with every single cell drawn it is a second more.
    assert visits["five_years"].seconds < 8


def test_dark_changes_the_page_and_its_charts_and_paper_is_white(
    visit: Visit, chromium: Browser, pages: dict[str, Path]
) -> None:
    with opened(chromium, pages["usual"], dark=True) as dark:
        assert visit.value(BACKGROUND) == "rgb(255, 255, 255)"
        assert dark.value(BACKGROUND) == "rgb(18, 23, 29)"
        assert visit.value(LABEL) != dark.value(LABEL)
        dark.page.emulate_media(media="print", color_scheme="dark")
        assert dark.value(BACKGROUND) == "rgb(255, 255, 255)"
        assert dark.value(LABEL) == visit.value(LABEL)


@pytest.mark.parametrize("kind", ["usual", "five_years"])
def test_a_sheet_of_paper_is_wide_enough(chromium: Browser, pages: dict[str, Path], kind: str) -> None:
    with opened(chromium, pages[kind], width=680) as each:
        each.page.emulate_media(media="print")
        assert each.value("document.documentElement.scrollWidth") == 680


def test_the_button_turns_the_page_dark_and_is_remembered(chromium: Browser, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["usual"]) as each:
        label, button = each.value(LABEL), each.page.locator("#theme")
        button.focus()
        each.page.keyboard.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        assert each.value(BACKGROUND) == "rgb(18, 23, 29)"
        assert each.value(LABEL) != label
        each.page.reload()
        assert each.value(BACKGROUND) == "rgb(18, 23, 29)"


@pytest.mark.parametrize("kind", KINDS)
def test_a_phone_scrolls_no_page_sideways(chromium: Browser, pages: dict[str, Path], kind: str) -> None:
    with opened(chromium, pages[kind], width=390, height=844) as each:
        each.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert each.value("document.documentElement.scrollWidth") == 390
        assert all(each.marks().values())


def test_the_keyboard_reaches_the_skip_link_the_button_and_what_scrolls(visits: dict[str, Visit]) -> None:
    page, seen = visits["one_day"].page, list[str]()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if len(seen) == 1:
            assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    assert seen[:2] == ["skip", "theme"]
    assert {"scroll", "csv"} <= set(seen)


def test_whatever_scrolls_can_be_focused_and_has_a_name(visit: Visit) -> None:
    nameless = """[...document.querySelectorAll('body *')].filter((each) =>
        ['auto', 'scroll'].includes(getComputedStyle(each).overflowX)
        && !(each.tabIndex === 0 && each.getAttribute('role') === 'region' && each.getAttribute('aria-label')))
        .map((each) => each.outerHTML.slice(0, 80))"""
    assert visit.value(nameless) == []


def test_every_chart_has_its_words_and_its_table(visit: Visit) -> None:
    for box in visit.page.get_by_role("img").all():
        words = box.get_attribute("aria-label") or ""
        assert re.search(r"\. .+\d.+\.$", words)
        link = box.locator("xpath=ancestor::figure").locator(".hint a").get_attribute("href") or ""
        assert visit.page.locator(link).count() == 1


def test_headings_go_down_one_step_at_a_time(visit: Visit) -> None:
    levels: list[int] = visit.value("[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => +each.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_link_to_a_folded_table_unfolds_it(visits: dict[str, Visit]) -> None:
    page = visits["five_years"].page
    table = page.locator("#table-days table")
    assert not table.is_visible()
    page.locator('.hint a[href="#table-days"]').first.click()
    table.wait_for(state="visible")


@pytest.mark.parametrize("table", ["rejected_rows", "presence"])
def test_a_csv_link_saves_the_table(visits: dict[str, Visit], table: str) -> None:
    contents, page = five_years(), visits["five_years"].page
    with page.expect_download() as download:
        page.locator(f"#table-{table} a.csv").click()
    assert download.value.suggested_filename == f"{table}_{contents.first}_{contents.last}.csv"
    saved = Path(download.value.path()).read_bytes().decode()
    assert saved == next(each for each in tables(contents) if each.id == table).csv()


def test_without_scripts_the_page_says_what_is_missing_and_shows_its_tables(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    with opened(chromium, pages["usual"], scripts=False) as each:
        assert each.page.locator("noscript p").is_visible()
        assert not each.page.locator("#theme").is_visible()
        assert each.page.locator("#table-worst_days tbody tr").count() == 17


def test_a_machine_without_a_browser_skips_and_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TBP_TEST_BROWSER", raising=False)
    monkeypatch.delenv("TBP_REQUIRE_BROWSER", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        executable()


def test_where_a_browser_is_required_none_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TBP_TEST_BROWSER", raising=False)
    monkeypatch.setenv("TBP_REQUIRE_BROWSER", "1")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        executable()
