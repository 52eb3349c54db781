"""The page as text: complete in itself, small, and without a stranger's markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote

import polars as pl
import pytest

from tbp_assets.reports import embedding
from tbp_assets.reports.embedding import csv_link, library, script_json
from tbp_assets.reports.page import render
from tbp_assets.reports.tables import Table, tables
from tbp_assets_tests.reports.contents_builder import HOSTILE, five_years, nothing, one_day, usual

pytestmark = pytest.mark.unit

ADDRESSES: Final = {"src", "href", "action", "srcset", "data", "poster", "background", "formaction"}


class Elements(HTMLParser):
    """Collects elements and their attributes, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return render(usual())


def test_the_page_names_no_address_but_its_own_and_data(page: str) -> None:
    addresses = [value for _, found in Elements(page).found for name, value in found.items() if name in ADDRESSES]
    assert addresses
    assert all(value and value.startswith(("#", "data:text/csv;")) for value in addresses)
    assert "@import" not in page
    assert "url(" not in page.partition("<script")[0]


def test_the_page_admits_its_own_scripts_and_nothing_else(page: str) -> None:
    policy = next(found["content"] for _, found in Elements(page).found if "http-equiv" in found)
    _, _, code = Elements(page).scripts
    assert policy == (
        f"default-src 'none'; script-src {embedding.digest(library())} {embedding.digest(code)}; "
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def test_a_strangers_markup_makes_no_element(page: str) -> None:
    plain = usual(60, tuple(f"TST{letter}" for letter in "ABCDEFGHIJKL"))
    harmless = {name: getattr(plain, name).with_columns(pl.col(pl.String()).str.replace_all(r"[<>&\"']", "_"))
                for name in ("days", "rejected_rows", "flags", "tickers", "coverage", "failures")}  # fmt: skip
    tame = Elements(render(replace(plain, **harmless)))
    wild = Elements(page)
    assert [tag for tag, _ in wild.found] == [tag for tag, _ in tame.found]
    assert not any(name.startswith("on") for _, found in wild.found for name in found)


@pytest.mark.parametrize("text", [*HOSTILE, "\u2028\u2029", "]]>", "'\"`&amp;"])
def test_json_in_a_script_is_the_same_text_and_cannot_end_the_script(text: str) -> None:
    written = script_json({"text": text})
    assert json.loads(written) == {"text": text}
    assert not re.search(r"[<>&'\u2028\u2029]", written)


def test_what_is_no_number_is_null_in_the_charts_data() -> None:
    assert embedding.columns(pl.DataFrame({"x": [1.0, float("nan"), float("inf")]})) == {"x": [1.0, None, None]}


def test_a_packed_column_is_the_column() -> None:
    packed: Any = embedding.columns(pl.DataFrame({"x": ["a", "b", "a", "a", None, "b"]}))["x"]
    assert [packed["values"][place] for place in packed["places"]] == ["a", "b", "a", "a", None, "b"]


def test_every_anchor_that_is_linked_is_there_once(page: str) -> None:
    found = Elements(page).found
    ids = [each["id"] for _, each in found if each.get("id")]
    links = {(each.get("href") or "")[1:] for _, each in found if (each.get("href") or "").startswith("#")}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    assert len(links) > 20


def test_every_link_to_a_csv_holds_the_whole_table(page: str) -> None:
    links = {str(found["download"]): str(found["href"]) for _, found in Elements(page).found if "download" in found}
    contents = usual()
    for table in tables(contents):
        link = links[f"{table.id}_{contents.first}_{contents.last}.csv"]
        assert unquote(link.removeprefix("data:text/csv;charset=utf-8,")) == table.csv()


def test_a_link_that_would_be_too_long_holds_the_first_rows_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding, "LONGEST_LINK", 1000)
    table = Table("invented", "Invented", pl.DataFrame({"n": range(1000)}))
    link, rows = csv_link(table)
    assert 0 < rows < 1000
    assert unquote(link).count("\r\n") == rows + 1
    assert len(link) <= 1000
    assert re.search(r"\(its first \d+ of 60 rows\)", render(usual()))


@pytest.mark.parametrize(("source", "marked"), [("synthetic", True), ("polygon", False)])
def test_invented_data_is_called_invented(source: str, marked: bool) -> None:
    assert ("<b>Invented data.</b>" in render(replace(nothing(), data_source=source))) is marked


def test_open_days_and_failures_are_named_at_the_top(page: str) -> None:
    assert "5 days are open, 1 failure is not repaired" in page.partition("<main")[0]
    assert 'class="troubles"' not in render(one_day())


def test_what_was_left_out_is_said_in_the_footer(page: str) -> None:
    assert usual().left_out[0] in page.partition("<footer>")[2]


def test_a_page_of_nothing_has_sentences_and_no_empty_frame() -> None:
    text = render(nothing())
    assert not {"figure", "table"} & {tag for tag, _ in Elements(text).found}
    assert "No row was rejected in this range." in text


def test_the_same_contents_make_the_same_page(page: str) -> None:
    assert render(usual()) == page


@pytest.mark.parametrize(("contents", "limit"), [(usual, 1_300_000), (five_years, 3_200_000), (nothing, 1_000_000)])
def test_the_page_stays_small(contents: Any, limit: int) -> None:
    assert len(render(contents()).encode()) < limit
