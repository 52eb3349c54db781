"""Tables and their CSV files: read back they are equal, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tbp_assets.errors import StorageError
from tbp_assets.reports.cells import MOST_ROWS, shown, written
from tbp_assets.reports.contents import MOMENT, REJECTED_ROWS_SCHEMA
from tbp_assets.reports.tables import Table, tables, write_csvs
from tbp_assets_tests.reports.contents_builder import FIRST, HOSTILE, MADE_AT, five_years, nothing, usual

pytestmark = pytest.mark.unit


def table_of(*texts: str | None) -> Table:
    return Table("invented", "Invented", pl.DataFrame({"text": texts}, schema={"text": pl.String()}))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_the_csv_has_every_row_of_the_table() -> None:
    for table in tables(five_years()):
        assert len(read(table.csv())) == table.frame.height + 1, table.id


def test_the_csv_is_as_rfc_4180_wants_it() -> None:
    assert table_of('say "x", y', "two\nlines", None).csv() == 'text\r\n"say ""x"", y"\r\n"two\nlines"\r\n\r\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1+1"])  # noqa: RUF001
def test_a_text_that_a_spreadsheet_would_take_for_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    assert read(table_of(text).csv())[1] == [f"'{text}"]


@pytest.mark.parametrize("text", ["TSTA,1,2", "a=b", "'quoted'", "", "</script>"])
def test_any_other_text_is_as_it_was(text: str) -> None:
    assert read(table_of(text).csv())[1] == [text]


def test_a_negative_number_is_no_formula() -> None:
    frame = pl.DataFrame({"observed": [-1.5], "rows": [-2]})
    assert read(Table("invented", "Invented", frame).csv())[1] == ["-1.5", "-2"]


def test_moments_are_utc_and_dates_iso() -> None:
    frame = pl.DataFrame({"day": [FIRST], "at": [MADE_AT]}, schema={"day": pl.Date(), "at": MOMENT})
    assert read(Table("invented", "Invented", frame).csv())[1] == ["2024-01-02", "2024-04-02T09:30:00Z"]


def test_a_strangers_text_comes_back_from_the_csv() -> None:
    table = table_of(*HOSTILE)
    assert [row[0].removeprefix("'") for row in read(table.csv())[1:]] == list(HOSTILE)


def test_the_csv_files_are_named_after_their_tables(tmp_path: Path) -> None:
    files = write_csvs(usual(), tmp_path / "new")
    assert [file.stem for file in files] == [table.id for table in tables(usual())]
    assert [file.read_bytes().decode() for file in files] == [table.csv() for table in tables(usual())]


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/days\.csv cannot be written"):
        write_csvs(usual(), tmp_path / "file")


def test_the_worst_days_begin_with_the_lowest_score_and_say_what_was_rejected() -> None:
    worst = {table.id: table for table in tables(usual())}["worst_days"].frame
    assert worst["score"].is_sorted()
    assert worst.row(0, named=True)["what_was_rejected"] == "day_withheld 5,605, duplicate_key 5,605"
    assert (worst["rejected"] > 0).all()


def test_open_days_are_neither_loaded_nor_holidays() -> None:
    open_days = {table.id: table for table in tables(usual())}["open_days"].frame
    assert open_days["state"].to_list() == ["rejected", *["missing"] * 4]


def test_tables_of_nothing_have_no_rows_and_a_sentence() -> None:
    for table in tables(nothing()):
        assert table.frame.is_empty()
        assert table.empty.endswith(".")


def test_the_page_shows_the_first_rows() -> None:
    views = shown(tables(five_years()))
    assert len(views["days"].rows) == MOST_ROWS
    assert views["days"].extent == "50 of 1,300 rows"
    assert views["failures"].extent == "1 row"


def test_a_worst_day_and_its_rejected_rows_link_to_each_other() -> None:
    views = shown(tables(usual()))
    day, rejected = views["worst_days"].rows[0], views["rejected_rows"].rows
    target = next(row for row in rejected if row.anchor == day.cells[0].href.removeprefix("#"))
    assert target.cells[0].text == day.cells[0].text
    assert target.cells[0].href == f"#{day.anchor}"


def test_a_day_whose_rows_are_not_shown_links_to_nothing() -> None:
    none = pl.DataFrame(schema=REJECTED_ROWS_SCHEMA)
    views = shown(tables(replace(usual(), rejected_rows=none)))
    assert all(not row.cells[0].href for row in views["worst_days"].rows)


def test_no_anchor_is_made_of_a_strangers_text() -> None:
    anchors = [row.anchor for view in shown(tables(usual())).values() for row in view.rows if row.anchor]
    assert all(anchor.replace("_", "").replace("-", "").isalnum() for anchor in anchors)
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("rows", 1234567, "1,234,567"), ("line", 12345, "12345"), ("score", 100.0, "100.00"),
        ("score", 99.9999, "> 99.99"),
        ("score", 99.99, "99.99"), ("coverage", 0.99999, "> 99.9 %"), ("coverage", 1.0, "100.0 %"),
        ("on_target", True, "yes"),
        ("detail", None, ""), ("text", "a\u202eb\x00", "a\ufffdb\ufffd"), ("text", "x" * 301, "x" * 300 + " …"),
        ("source_sha256", "ab" * 32, "abababababab …"), ("since", MADE_AT, "2024-04-02 09:30 UTC"),
    ],
)  # fmt: skip
def test_values_are_written_for_a_person(column: str, value: object, text: str) -> None:
    assert written(column, value) == text
