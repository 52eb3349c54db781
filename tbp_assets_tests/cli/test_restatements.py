"""`tbp restatements`: which loads changed a day, what the values were, and a plain sentence where none did."""

from __future__ import annotations

import csv
import io

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration
RANGE = ("--from", TUESDAY, "--to", WEDNESDAY)
CELL = ["trading_date", "ticker", "column", "old", "new", "change", "valid_from", "valid_to", "batch_id"]


@pytest.fixture
def loaded(project: Project, tbp: Tbp) -> Project:
    """Two days of AAPL, MSFT and SPY, as the provider first gave them."""
    project.publish({day: day_file(good_rows(day)) for day in (TUESDAY, WEDNESDAY)})
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(0)
    return project


@pytest.fixture
def restated(loaded: Project, tbp: Tbp) -> Project:
    """Wednesday restated: AAPL changed, SPY dropped, QQQ added; ZZZZ, outside the universe, changed."""
    wednesday = [row("AAPL", WEDNESDAY, close=10.75), row("MSFT", WEDNESDAY), row("QQQ", WEDNESDAY)]
    loaded.publish({WEDNESDAY: day_file([*wednesday, row("ZZZZ", WEDNESDAY, close=10.75)])})
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(0)
    return loaded


def test_nothing_was_restated_is_said_in_a_sentence(loaded: Project, tbp: Tbp) -> None:
    said = tbp("restatements")
    said.must_be(0)
    assert said.out.splitlines()[-1] == "nothing was restated: trading dates 2024-01-02 to 2024-01-03"
    assert tbp("restatements", "--json").json["restatements"] == []


def test_nothing_was_ever_loaded_is_said_in_a_sentence(project: Project, tbp: Tbp) -> None:
    said = tbp("restatements", "--ticker", "AAPL")
    said.must_be(0)
    assert said.out.splitlines()[-1] == "nothing was ever loaded, so nothing was restated"


def test_each_restating_load_is_a_line(restated: Project, tbp: Tbp) -> None:
    _, header, line = tbp("restatements").out.splitlines()
    assert header.split("  ")[0] == "trading date"
    assert line.split()[0] == "2024-01-03"
    assert line.split()[-5:] == ["1", "1", "0", "0", "1"]
    assert " -> " in line


def test_summary_for_a_program(restated: Project, tbp: Tbp) -> None:
    found = tbp("restatements", *RANGE, "--json").json
    (load,) = found["restatements"]
    assert "cells" not in found
    names = ("trading_date", "changed", "dropped", "rejected", "outside_validity", "added")
    assert [load[name] for name in names] == ["2024-01-03", 1, 1, 0, 0, 1]
    assert len(load["earlier_sha256"]) == len(load["source_sha256"]) == 64


def test_values_are_shown_for_a_single_day_and_where_asked_for(restated: Project, tbp: Tbp) -> None:
    for words in (("--from", WEDNESDAY, "--to", WEDNESDAY), (*RANGE, "--cells")):
        lines = tbp("restatements", *words).out.splitlines()
        assert lines[4].split()[:5] == ["trading", "date", "ticker", "column", "old"]
        assert lines[5].split()[:6] == ["2024-01-03", "AAPL", "close", "10.5", "10.75", "changed"]
        assert len(lines) == 12


def test_values_for_other_programs(restated: Project, tbp: Tbp) -> None:
    lines = list(csv.reader(io.StringIO(tbp("restatements", "--cells", "--csv").out)))
    assert lines[0] == CELL
    assert lines[1][:6] == ["2024-01-03", "AAPL", "close", "10.5", "10.75", "changed"]
    assert lines[-1][:6] == ["2024-01-03", "SPY", "transactions", "7", "", "dropped"]
    found = tbp("restatements", "--cells", "--json").json
    assert [cell["old"] for cell in found["cells"]] == [10.5, 10.0, 11.0, 9.5, 10.5, 1000.0, 7]
    assert found["cells_in_all"] == 7


def test_summary_as_csv(restated: Project, tbp: Tbp) -> None:
    lines = list(csv.DictReader(io.StringIO(tbp("restatements", "--csv").out)))
    assert [(line["trading_date"], line["changed"], line["added"]) for line in lines] == [("2024-01-03", "1", "1")]


def test_one_ticker_is_chosen(restated: Project, tbp: Tbp) -> None:
    found = tbp("restatements", "--ticker", "SPY", "--cells", "--json").json
    assert [(load["changed"], load["dropped"]) for load in found["restatements"]] == [(0, 1)]
    assert {cell["ticker"] for cell in found["cells"]} == {"SPY"}
    last = tbp("restatements", "--ticker", "MSFT").out.splitlines()[-1]
    assert last == "nothing of MSFT was restated: trading dates 2024-01-02 to 2024-01-03"


def test_what_the_limit_hides_is_counted(restated: Project, tbp: Tbp) -> None:
    tbp("restatements", "--cells", "--limit", 1).must_be(0, "6 more values")
    restated.publish({TUESDAY: day_file(good_rows(TUESDAY, ["AAPL"]))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    said = tbp("restatements", "--limit", 1, "--json")
    said.must_be(0, "more than 1 loads")
    assert [load["trading_date"] for load in said.json["restatements"]] == ["2024-01-02"]


def test_what_makes_no_sense_is_refused(restated: Project, tbp: Tbp) -> None:
    tbp("restatements", "--from", WEDNESDAY, "--to", TUESDAY).must_be(2, "--from 2024-01-03 is after --to 2024-01-02")
    tbp("restatements", "--ticker", "spy").must_be(2, "never held a 1d bar of spy")
    tbp("restatements", "--from", "yesterday").must_be(2, "is no date")
