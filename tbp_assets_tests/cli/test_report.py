"""`tbp report`: one page of a range of days, its tables as CSV, and one message where it cannot be written."""

from __future__ import annotations

import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.reports.tables import tables
from tbp_assets.resources.reporting import report_source
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration
RANGE = ("--from", NEW_YEAR, "--to", THURSDAY)
UNIVERSE = ("AAPL", "MSFT", "SPY")


@pytest.fixture
def measured(project: Project, tbp: Tbp) -> Project:
    """A holiday, a good day, one with a spike and a rejected row, and one without a file."""
    crowd = good_rows(WEDNESDAY, [f"X{n:03}" for n in range(97)])
    wednesday = [row("AAPL", WEDNESDAY, high=99), row("MSFT", WEDNESDAY), row("SPY", WEDNESDAY, low=-1), *crowd]
    project.publish({TUESDAY: day_file(good_rows(TUESDAY, UNIVERSE)), WEDNESDAY: day_file(wednesday)})
    tbp("backfill", NEW_YEAR, THURSDAY).must_be(1)
    return project


def test_a_person_reads_the_headlines_and_where_the_page_is(measured: Project, tbp: Tbp, tmp_path: Path) -> None:
    path = tmp_path / "out" / "week.html"
    said = tbp("report", *RANGE, "--output", path)
    said.must_be(0)
    assert said.out.splitlines()[0].startswith(measured.mirror.as_uri())
    assert "Days loaded: 2 of 3 (1 missing; 1 holidays)" in said.out
    assert "Quality score: 99.02 (100 x 102 accepted / 103 rows, rounded down; 0 days below" in said.out
    assert "Worth a look: 1 " in said.out
    assert said.out.splitlines()[-1] == f"report → {path}"
    assert path.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_nothing_but_the_page_is_left_where_it_was_asked_for(measured: Project, tbp: Tbp, tmp_path: Path) -> None:
    path = tmp_path / "out" / "week.html"
    for _ in range(2):
        tbp("report", *RANGE, "--output", path).must_be(0)
    assert list(path.parent.iterdir()) == [path]


def test_a_page_is_replaced_whole(measured: Project, tbp: Tbp, tmp_path: Path) -> None:
    path = tmp_path / "week.html"
    path.write_text("x" * 10_000_000, encoding="utf-8")
    tbp("report", *RANGE, "--output", path).must_be(0)
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_a_page_without_a_name_is_named_after_its_range(measured: Project, tbp: Tbp) -> None:
    path = measured.settings().home / "reports" / "quality_2024-01-01_2024-01-04.html"
    assert Path(tbp("report", *RANGE, "--json").json["report"]) == path
    assert path.stat().st_size > 100_000
    first = tbp("report", "--to", THURSDAY, "--json").json
    assert (first["first"], first["last"]) == ("2024-01-02", "2024-01-04"), "from the first day that was ever loaded"
    newest = datetime.now(UTC).date() - timedelta(days=2)
    assert tbp("report", "--json").json["last"] >= str(newest)


def test_a_name_without_a_directory_is_in_the_working_directory(
    measured: Project, tbp: Tbp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tbp("report", *RANGE, "--output", "week.htm").must_be(0)
    assert (tmp_path / "week.htm").is_file()


def test_a_report_for_a_program(measured: Project, tbp: Tbp, tmp_path: Path) -> None:
    path = tmp_path / "week.html"
    found = tbp("report", *RANGE, "--output", path, "--json").json
    assert {name: found[name] for name in ("first", "last", "report", "tables", "left_out")} == {
        "first": "2024-01-01", "last": "2024-01-04", "report": str(path), "tables": [], "left_out": [],
    }  # fmt: skip
    verdicts = {line["label"]: (line["value"], line["verdict"]) for line in found["headlines"]}
    assert verdicts == {
        "Days loaded": ("2 of 3", "bad"), "Quality score": ("99.02", "good"), "Rows accounted for": ("all", "good"),
        "Coverage": ("13.88 %", "bad"), "Worth a look": ("1", "warning"), "Failed, not repaired": ("0 days", "good"),
    }  # fmt: skip


def test_every_table_is_written_as_it_is_in_the_report(measured: Project, tbp: Tbp, tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "tables"
    found = tbp("report", *RANGE, "--output", tmp_path / "week.html", "--tables", directory, "--json").json
    source = report_source(measured.settings(), US_STOCKS_DAY_AGGS, measured.database(), "polygon")
    expected = {f"{table.id}.csv": table.csv() for table in tables(source.contents(NEW_YEAR, THURSDAY))}
    assert {path.name: path.read_bytes().decode() for path in directory.iterdir()} == expected
    assert found["tables"] == [str(directory / name) for name in expected]
    assert expected["rejections.csv"].splitlines()[1:] == ["2024-01-03,price_not_positive,1"]
    days = [line.split(",")[:2] for line in expected["days.csv"].splitlines()[1:]]
    assert days == [
        ["2024-01-01", "holiday"], ["2024-01-02", "loaded"], ["2024-01-03", "loaded"], ["2024-01-04", "missing"],
    ]  # fmt: skip
    said = tbp("report", *RANGE, "--output", tmp_path / "week.html", "--tables", directory)
    assert said.out.splitlines()[-1] == f"{len(expected)} tables → {directory}"


def test_the_page_is_shown_in_a_browser(
    measured: Project, tbp: Tbp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[str]()
    monkeypatch.setattr(webbrowser, "open", lambda url: shown.append(url) or True)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    path = tmp_path / "a week.html"
    tbp("report", *RANGE, "--output", path).must_be(0)
    assert shown == []
    tbp("report", *RANGE, "--output", path, "--open").must_be(0)
    assert shown == [path.as_uri()]


def test_where_no_browser_starts_the_page_is_there_all_the_same(
    measured: Project, tbp: Tbp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    path = tmp_path / "week.html"
    tbp("report", *RANGE, "--output", path, "--open").must_be(1, "no browser could be started", str(path))
    assert path.is_file()


def test_where_nothing_was_ever_loaded_a_range_is_asked_for(project: Project, tbp: Tbp, tmp_path: Path) -> None:
    path = tmp_path / "week.html"
    tbp("report", "--output", path).must_be(2, "nothing was ever loaded: run `tbp backfill`, or say --from and --to")
    assert not path.exists()
    found = tbp("report", *RANGE, "--output", path, "--json").json
    assert {line["label"]: line["value"] for line in found["headlines"]}["Days loaded"] == "0 of 3"
    assert path.is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", FRIDAY, "--to", TUESDAY), "--from 2024-01-05 is after --to 2024-01-02"),
        (("--from", "2019-12-31", "--to", TUESDAY), "2019-12-31 lies before the first partition, 2020-01-01"),
        (("--from", "2024-01-06", "--to", "2024-01-07"), "2024-01-06 to 2024-01-07 holds no trading date"),
        (("--from", TUESDAY, "--to", "2124-01-03"), "--to 2124-01-03 has no day file yet"),
        (("--from", "yesterday"), "'yesterday' is no date"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(
    project: Project, tbp: Tbp, tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    path = tmp_path / "out" / "week.html"
    tbp("report", *words, "--output", path).must_be(2, said)
    assert not path.parent.exists()


@pytest.mark.parametrize("name", ["directory.html", ".", "week.pdf", "week"])
def test_a_place_that_is_no_page_is_refused(project: Project, tbp: Tbp, tmp_path: Path, name: str) -> None:
    (tmp_path / "directory.html").mkdir()
    before = sorted(tmp_path.rglob("*"))
    tbp("report", *RANGE, "--output", tmp_path / name).must_be(2, f"{tmp_path / name}: name an .html file")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(
    project: Project, tbp: Tbp, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a directory should be", encoding="utf-8")
    said = tbp("report", *RANGE, "--output", blocked / "week.html")
    said.must_be(1, f"{blocked / 'week.html'} cannot be written: ")
    assert said.err.count("tbp:") == 1
    path = tmp_path / "week.html"
    tables_refused = tbp("report", *RANGE, "--output", path, "--tables", blocked)
    tables_refused.must_be(1, str(blocked), "cannot be written")
    assert tables_refused.err.count("tbp:") == 1
    assert not path.exists(), "half of what was asked for is not to be taken for the whole"
