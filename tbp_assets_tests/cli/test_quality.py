"""`tbp quality`: scores by day and by ticker, a ticker's trend, and flags, for a person and for programs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from tbp_assets_tests.cli.terminal import Said, Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row

pytestmark = pytest.mark.integration
RANGE = ("--from", TUESDAY, "--to", WEDNESDAY)
CROWD = tuple(f"X{n:03}" for n in range(96))
KINDS = ("days", "tickers", "flags")


@pytest.fixture
def measured(project: Project, tbp: Tbp) -> Project:
    """A day with a rejected row and a row without volume; a day with two spikes, one outside the universe."""
    tuesday = [
        *good_rows(TUESDAY, ("AAPL", *CROWD)),
        row("MSFT", low=-1),
        row("NVDA", volume="", open=10.5),
        row("SPY"),
    ]
    wednesday = [row("AAPL", WEDNESDAY, high=99), row("MSFT", WEDNESDAY, volume=0), row("ZZZZ", WEDNESDAY, high=99)]
    project.publish({TUESDAY: day_file(tuesday), WEDNESDAY: day_file(wednesday)})
    tbp("backfill", TUESDAY, WEDNESDAY).must_be(0)
    return project


def rows(said: Said) -> list[list[object]]:
    said.must_be(0)
    return [list(found.values()) for found in said.json["shown"]]


def lines(said: Said) -> list[list[str]]:
    said.must_be(0)
    return list(csv.reader(io.StringIO(said.out)))


def test_each_day_is_a_line_with_its_score(measured: Project, tbp: Tbp) -> None:
    said = tbp("quality", "days")
    said.must_be(0)
    route, header, *days = said.out.splitlines()
    assert route.startswith(measured.mirror.as_uri())
    assert header.split() == ["trading_date", "total", "accepted", "rejected", "modified", "score"]
    assert [line.split() for line in days] == [
        ["2024-01-02", "100", "99", "1", "1", "99.0"], ["2024-01-03", "3", "3", "0", "0", "100.0"],
    ]  # fmt: skip


def test_days_for_a_program(measured: Project, tbp: Tbp) -> None:
    said = tbp("quality", "days", *RANGE, "--json")
    assert said.json["rows"] == 2
    assert said.json["shown"][0] == {
        "trading_date": "2024-01-02", "total": 100, "accepted": 99, "rejected": 1, "modified": 1, "score": 99.0,
    }  # fmt: skip
    assert rows(tbp("quality", "days", "--from", WEDNESDAY, "--json")) == [["2024-01-03", 3, 3, 0, 0, 100.0]]
    assert rows(tbp("quality", "days", "--to", TUESDAY, "--json")) == [["2024-01-02", 100, 99, 1, 1, 99.0]]


def test_the_trend_of_a_ticker_says_why(measured: Project, tbp: Tbp) -> None:
    assert rows(tbp("quality", "days", "--ticker", "MSFT", "--json")) == [
        ["2024-01-02", "MSFT", 1, 0, 1, 0, 0.0, "price_not_positive 1", ""],
        ["2024-01-03", "MSFT", 1, 1, 0, 0, 100.0, "", "zero_volume_moved 1"],
    ]
    assert rows(tbp("quality", "days", "--ticker", "msft", "--json")) == []


def test_only_scores_below_a_threshold_are_shown(measured: Project, tbp: Tbp) -> None:
    assert [found[0] for found in rows(tbp("quality", "days", "--below", 100, "--json"))] == ["2024-01-02"]
    assert rows(tbp("quality", "days", "--below", 99, "--json")) == []
    assert [found[0] for found in rows(tbp("quality", "tickers", "--below", 99, "--json"))] == ["MSFT"]
    trend = rows(tbp("quality", "days", "--ticker", "MSFT", "--below", 50, "--json"))
    assert [found[0] for found in trend] == ["2024-01-02"]


def test_the_worst_tickers_come_first(measured: Project, tbp: Tbp) -> None:
    found = rows(tbp("quality", "tickers", *RANGE, "--json"))
    assert found[:2] == [["MSFT", 2, 1, 1, 0, 50.0], ["NVDA", 1, 1, 0, 1, 100.0]]
    assert found[2] == ["(other tickers)", 97, 97, 0, 0, 100.0]
    assert found[-1][-1] is None, "those without a row come last"
    text = tbp("quality", "tickers").out.splitlines()
    assert text[1].split() == ["ticker", "total", "accepted", "rejected", "modified", "score"]
    assert text[2].split() == ["MSFT", "2", "1", "1", "0", "50.0"]


def test_flags_of_the_universe_are_listed_and_chosen(measured: Project, tbp: Tbp) -> None:
    spike = ["2024-01-03", "warn", "AAPL", "price_spike", 99.0, 10.5, ""]
    moved = ["2024-01-03", "warn", "MSFT", "zero_volume_moved", 10.5, 10.0, ""]
    assert rows(tbp("quality", "flags", "--json")) == [spike, moved]
    assert rows(tbp("quality", "flags", "--rule", "price_spike", "--json")) == [spike]
    assert rows(tbp("quality", "flags", "--ticker", "MSFT", *RANGE, "--json")) == [moved]
    assert rows(tbp("quality", "flags", "--to", TUESDAY, "--json")) == []
    assert "zero_volume_moved" in tbp("quality", "flags").out


def test_the_severest_flags_come_first_and_those_turned_off_are_not_shown(measured: Project, tbp: Tbp) -> None:
    measured.change("pipeline.yml", "zero_volume_moved: {severity: warn}", "zero_volume_moved: {severity: error}")
    assert [found[1:3] for found in rows(tbp("quality", "flags", "--json"))] == [["error", "MSFT"], ["warn", "AAPL"]]
    measured.change("pipeline.yml", "price_spike: {severity: warn,", "price_spike: {severity: 'off',")
    assert [found[2] for found in rows(tbp("quality", "flags", "--json"))] == ["MSFT"]


def test_csv_holds_every_row_and_the_route_is_beside_it(measured: Project, tbp: Tbp) -> None:
    said = tbp("quality", "tickers", "--csv", "--limit", 1)
    found = lines(said)
    assert found[0] == ["ticker", "total", "accepted", "rejected", "modified", "score"]
    assert len(found) == 1 + len(rows(tbp("quality", "tickers", "--json")))
    assert found[1] == ["MSFT", "2", "1", "1", "0", "50.0"]
    assert measured.mirror.as_uri() in said.err
    assert len(lines(tbp("quality", "days", "--csv"))) == len(lines(tbp("quality", "flags", "--csv"))) == 3


def test_what_the_limit_hides_is_counted(measured: Project, tbp: Tbp) -> None:
    said = tbp("quality", "flags", "--limit", 1)
    said.must_be(0, "1 more rows: --limit shows more, --csv prints all of them")
    assert "zero_volume_moved" not in said.out
    found = tbp("quality", "flags", "--limit", 1, "--json").json
    assert (found["rows"], len(found["shown"])) == (2, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("days",), "no day is measured: 2020-01-01 to "),
        (("days", "--ticker", "AAPL"), "no day is measured: 2020-01-01 to "),
        (("tickers", *RANGE), "no such ticker: 2024-01-02 to 2024-01-03"),
        (("flags", *RANGE), "nothing is flagged: 2024-01-02 to 2024-01-03"),
    ],
)
def test_where_nothing_was_measured_a_sentence_says_so(
    project: Project, tbp: Tbp, words: tuple[str, ...], said: str
) -> None:
    answer = tbp("quality", *words)
    answer.must_be(0)
    assert answer.out.splitlines()[-1].startswith(said)
    assert rows(tbp("quality", *words, "--json")) == []
    assert len(lines(tbp("quality", *words, "--csv"))) == 1, "the header alone"


def test_what_makes_no_sense_is_refused(project: Project, tbp: Tbp) -> None:
    tbp("quality", "flags", "--rule", "bad_luck").must_be(
        2, "there is no flag 'bad_luck'", "probable_split", "vanished"
    )
    for kind in KINDS:
        refused = tbp("quality", kind, "--from", WEDNESDAY, "--to", TUESDAY)
        refused.must_be(2, "--from 2024-01-03 is after --to 2024-01-02")
        tbp("quality", kind, "--from", "yesterday").must_be(2, "is no date")
        tbp("quality", kind, "--limit", 0).must_be(2, "--limit")
    tbp("quality", "days", "--below", 101).must_be(2, "--below")
    tbp("quality", "tickers", "--below", -1).must_be(2, "--below")


def test_a_range_that_reaches_into_the_future_shows_what_there_is(measured: Project, tbp: Tbp) -> None:
    future = datetime.now(UTC).date() + timedelta(days=30)
    assert len(rows(tbp("quality", "days", "--to", future, "--json"))) == 2
    assert rows(tbp("quality", "days", "--from", future, "--json")) == []


def test_quality_can_be_read_where_no_source_is_configured(measured: Project, tbp: Tbp) -> None:
    said = tbp("quality", "days", "--json", TBP_FLAT_FILES_URL="")
    assert said.json["route"].startswith("no source configured (polygon days)")
    assert len(rows(said)) == 2


def test_a_restated_day_that_is_not_measured_yet_is_told_by_status(measured: Project, tbp: Tbp) -> None:
    week = ("status", "--from", TUESDAY, "--to", FRIDAY)
    assert tbp(*week, "--json").json["quality_outdated"] == []
    measured.publish({TUESDAY: day_file(good_rows(TUESDAY))})
    tbp("backfill", TUESDAY, TUESDAY).must_be(0)
    assert tbp(*week, "--json").json["quality_outdated"] == ["2024-01-03"]
    said = tbp(*week).out
    assert "quality not measured, or before earlier days or settings changed: 2024-01-03" in said
    assert "`tbp backfill 2024-01-03 2024-01-03` measures them again" in said
    assert THURSDAY.isoformat() not in tbp(*week, "--json").json["quality_outdated"], "nothing is known of it"
