"""A day that as a whole is implausible is held: nothing of it is loaded until a person lets exactly its file in."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, day_file, row
from tbp_assets_tests.storage.days import query

pytestmark = pytest.mark.integration

DAYS = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
TICKERS = ("AAPL", "MSFT", "SPY", *(f"X{n:03}" for n in range(150)))
TENTH = len(TICKERS) // 10
RANGE = ("--from", TUESDAY, "--to", FRIDAY)


def lines(day: date, like: date | None = None, *, volume: int = 1) -> list[str]:
    """Return a genuine day's rows, or those of another day under its stamps."""
    shift = (like or day).day / 100
    return [
        row(
            ticker, day, open=10 + n + shift, high=11 + n + shift, low=9 + n + shift, close=10.5 + n + shift,
            volume=volume * (1000 + 7 * n + (like or day).day), transactions=10 + n,
        )
        for n, ticker in enumerate(TICKERS)
    ]  # fmt: skip


GOOD = {day: day_file(lines(day)) for day in DAYS}
STALE = day_file(lines(FRIDAY, THURSDAY))


@pytest.fixture
def project(project: Project) -> Project:
    """A project that judges whole days, with four genuine files in its mirror."""
    project.judge_whole_days()
    project.publish(GOOD)
    return project


def loaded(project: Project) -> dict[str, int]:
    sql = "SELECT (timestamp AT TIME ZONE 'America/New_York')::date::text, count(*) FROM market_data_raw GROUP BY 1"
    return dict(query(project.database(), sql))


def test_a_genuine_market_is_loaded_and_nothing_is_held(project: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    assert loaded(project) == {str(day): 3 for day in DAYS}
    said = tbp("held")
    said.must_be(0)
    assert "no day is held" in said.out


def test_the_content_of_the_day_before_is_held_told_approved_and_kept_on_record(project: Project, tbp: Tbp) -> None:
    project.publish({FRIDAY: STALE})
    tbp("backfill", TUESDAY, FRIDAY).must_be(1, f"open {FRIDAY}: held", "bars of another day", str(THURSDAY))
    assert loaded(project) == {str(day): 3 for day in DAYS[:3]}
    states = tbp("status", *RANGE, "--json").json["counts"]
    assert states == {"loaded": 3, "held": 1}
    held = tbp("held", "--json")
    assert held.code == 1
    (day,) = held.json["held"]
    digest = sha256(STALE).hexdigest()
    assert (day["trading_date"], day["source_sha256"], day["loaded"]) == (str(FRIDAY), digest, None)
    assert day["findings"][0] == {"statistic": "repeated_rows", "value": 1.0, "limit": day["findings"][0]["limit"],
                                  "severity": "hold"}  # fmt: skip
    tbp("approve", FRIDAY, "--reason", "seen", "--file", "0" * 12).must_be(2, "look again with `tbp held`")
    tbp("approve", FRIDAY, "--reason", "  ").must_be(2, "--reason is empty")
    assert loaded(project) == {str(day): 3 for day in DAYS[:3]}, "a refused decision loads nothing"
    tbp("approve", FRIDAY, "--reason", "a quiet  day", "--by", "Ann", "--file", digest[:12]).must_be(0)
    assert loaded(project) == {str(day): 3 for day in DAYS}
    after = tbp("held", "--json")
    assert (after.code, after.json["held"]) == (0, [])
    (decision,) = after.json["approved"]
    assert (decision["source_sha256"], decision["reason"], decision["approved_by"]) == (digest, "a quiet day", "Ann")
    assert "approved by Ann: a quiet day" in tbp("status", *RANGE).out


def test_an_approval_is_of_one_file_and_a_newer_one_is_judged_anew(project: Project, tbp: Tbp) -> None:
    project.publish({FRIDAY: STALE})
    tbp("backfill", TUESDAY, FRIDAY)
    tbp("approve", FRIDAY, "--reason", "looked at", "--no-load").must_be(0)
    assert str(FRIDAY) not in loaded(project)
    project.publish({FRIDAY: day_file(lines(FRIDAY, WEDNESDAY))})
    tbp("backfill", FRIDAY, FRIDAY).must_be(1, f"open {FRIDAY}: held")
    assert str(FRIDAY) not in loaded(project)


def test_a_short_restatement_is_held_shown_and_takes_nothing_away(project: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    before = query(project.database(), "SELECT * FROM market_data_raw ORDER BY 1, 2")
    project.publish({FRIDAY: day_file(lines(FRIDAY)[:TENTH])})
    tbp("backfill", TUESDAY, FRIDAY).must_be(1, f"open {FRIDAY}: held")
    assert query(project.database(), "SELECT * FROM market_data_raw ORDER BY 1, 2") == before
    shown = tbp("restatements", "--preview", *RANGE, "--json").json
    (coming,) = shown["restatements"]
    assert (coming["state"], coming["removed"], coming["changed"], coming["added"]) == (
        "held", len(TICKERS) - TENTH, 0, 0,
    )  # fmt: skip
    assert shown["cells_in_all"] == len(TICKERS) - TENTH
    one = tbp("restatements", "--preview", "--ticker", "X149", "--json").json["cells"]
    assert [(cell["ticker"], cell["new"], cell["change"]) for cell in one] == [("X149", None, "removed")]
    project.publish({FRIDAY: GOOD[FRIDAY]})
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    assert tbp("held").code == 0
    assert "no file is waiting" in tbp("restatements", "--preview").out


def test_doubled_volumes_are_held_also_as_a_first_file(project: Project, tbp: Tbp) -> None:
    project.publish({FRIDAY: day_file(lines(FRIDAY, volume=2))})
    tbp("backfill", TUESDAY, FRIDAY).must_be(1, f"open {FRIDAY}: held", "trade_size_ratio")


def test_what_is_not_held_cannot_be_approved(project: Project, tbp: Tbp) -> None:
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    tbp("approve", FRIDAY, "--reason", "why not").must_be(2, "is not held, it is loaded")
    tbp("approve", date(2024, 1, 6), "--reason", "a Saturday").must_be(2, "no trading date")
    tbp("held", "--from", FRIDAY, "--to", TUESDAY).must_be(2, "is after")
    assert not list(project.store.rglob("approvals.jsonl"))


def test_fewest_bars_decides_whether_days_are_compared(project: Project, tbp: Tbp) -> None:
    project.publish({FRIDAY: STALE})
    project.change("pipeline.yml", "fewest_bars: 20 ", f"fewest_bars: {len(TICKERS) + 1} ")
    tbp("backfill", TUESDAY, FRIDAY).must_be(0)
    assert str(FRIDAY) in loaded(project)


def publish_a_day_of_which_a_fifth_is_repeated(project: Project, warn: str, hold: str) -> None:
    """Publish a Friday of which one bar in five is that of Thursday, and set the bands for it."""
    mixed = [old if n % 5 == 0 else new for n, (old, new) in enumerate(
        zip(lines(FRIDAY, THURSDAY), lines(FRIDAY), strict=True)
    )]  # fmt: skip
    project.publish({FRIDAY: day_file(mixed)})
    path = project.config / "pipeline.yml"
    (line,) = [each for each in path.read_text().splitlines() if each.lstrip().startswith("repeated_rows:")]
    project.change("pipeline.yml", line, f"      repeated_rows: {{warn: [null, {warn}], hold: [null, {hold}]}}")
    (equal,) = [each for each in path.read_text().splitlines() if each.lstrip().startswith("equal_closes:")]
    project.change("pipeline.yml", equal, "      equal_closes: {warn: [null, 1], hold: [null, 1]}")


@pytest.mark.parametrize("warn", ["1", "0.005"])
def test_warn_is_the_band_beyond_which_a_day_is_warned_of(project: Project, tbp: Tbp, warn: str) -> None:
    publish_a_day_of_which_a_fifth_is_repeated(project, warn, hold="1")
    said = tbp("backfill", TUESDAY, FRIDAY)
    said.must_be(0)
    assert ("repeated_rows is 0.2" in said.err) == (warn == "0.005")


@pytest.mark.parametrize(("hold", "held"), [("1", 0), ("0.02", 1)])
def test_hold_is_the_band_beyond_which_a_day_is_held(project: Project, tbp: Tbp, hold: str, held: int) -> None:
    publish_a_day_of_which_a_fifth_is_repeated(project, "0.005", hold)
    assert (tbp("backfill", TUESDAY, FRIDAY).code, tbp("held").code) == (held, held)
