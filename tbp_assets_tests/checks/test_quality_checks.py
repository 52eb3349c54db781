"""What is said of a measured day: do its books balance, what are its rows worth, what is flagged, who is absent."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest

from tbp_assets.bars.flags import Severity
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.quality import (
    flag_rate_is_usual,
    metrics_match_books,
    score_reaches_target,
    universe_is_covered,
)
from tbp_assets_tests.checks.measured_days import CHOSEN, measured_days, rows, values
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import matching, query, universe
from tbp_assets_tests.storage.measured import flagging, measured, store

pytestmark = pytest.mark.integration

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
GOOD = {TUESDAY: good_rows(TUESDAY)}
CROWD = [row(f"T{n:03}") for n in range(200)]
SPIKES = [row("AAPL", high=99), row("MSFT", volume=2e9), row("SPY", low=0.005), row("ZZZZ", high=99)]
SPIKES_COMMAND = f"`tbp quality flags --from {TUESDAY} --to {TUESDAY}`"
LOOKS = (metrics_match_books, score_reaches_target, flag_rate_is_usual, universe_is_covered)


def test_a_good_day_passes_every_check_with_its_sentence(project: Project) -> None:
    days = measured_days(project, GOOD)
    found = [look(days, TUESDAY) for look in LOOKS]
    assert [(outcome.passed, outcome.description) for outcome in found] == [
        (True, "4 of 4 lines, 4 of 4 accepted, 0 of 0 rejected, 0 of 0 modified"),
        (True, "Score 100.00 of a target of 99, 0 rows rejected."),
        (True, "No bar is worth a look; 0 flags are there for information."),
        (True, "3 of 3 listed tickers have a bar (100.0%)."),
    ]


def test_a_day_without_a_file_has_nothing_to_measure(project: Project) -> None:
    days = measured_days(project, GOOD)
    for look in LOOKS:
        outcome = look(days, WEDNESDAY)
        assert (outcome.passed, outcome.description) == (True, "No file for this day, so nothing to measure.")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM data_quality_metrics WHERE ticker = 'AAPL'", "3 of 4 lines, 3 of 4 accepted"),
        ("DELETE FROM data_quality_metrics", "0 of 4 lines, 0 of 4 accepted"),
        ("UPDATE data_quality_metrics SET accepted_rows = 0, rejected_rows = 1 WHERE ticker = 'AAPL'", "1 of 0 rejec"),
        ("UPDATE data_quality_metrics SET modified_rows = 1 WHERE ticker = 'AAPL'", "1 of 0 modified"),
        (
            """UPDATE data_quality_metrics SET rejection_reasons = '{"high_below_low": 1}' WHERE ticker = 'AAPL'""",
            "0 of 0 modified, other reasons than the lake's",
        ),
    ],
)
def test_rows_changed_by_hand_fail_say_what_to_run_and_are_mended_by_it(
    project: Project, statement: str, said: str
) -> None:
    days = measured_days(project, GOOD)
    query(project.database(), statement)
    outcome = metrics_match_books(days, TUESDAY)
    assert (outcome.passed, outcome.severity) == (False, ERROR)
    assert said in outcome.description
    assert outcome.description.endswith("; materialize validated_bars and data_quality_metrics again")
    assert store(project.database(), measured(days.lake, TUESDAY, CHOSEN)).changed
    assert metrics_match_books(replace(days), TUESDAY).passed


def test_metrics_of_a_day_without_a_file_are_foreign(project: Project) -> None:
    days = measured_days(project, GOOD)
    query(project.database(), "UPDATE data_quality_metrics SET date = :day", day=WEDNESDAY)
    outcome = metrics_match_books(days, WEDNESDAY)
    assert not outcome.passed
    assert outcome.description.startswith("4 rows of metrics, and no file")


@pytest.mark.parametrize("pattern", ["*.json"])
def test_a_damaged_manifest_fails_the_books_and_raises_nothing(project: Project, pattern: str) -> None:
    days = measured_days(project, GOOD)
    (key,) = matching(days.lake.store, days.lake.directory(TUESDAY), pattern)
    days.lake.store.write(key, b"{")
    outcome = metrics_match_books(days, TUESDAY)
    assert not outcome.passed
    assert key.rpartition("/")[2] in outcome.description


def test_a_low_day_warns_with_its_worst_tickers_and_the_way_to_the_rows(project: Project) -> None:
    days = measured_days(project, {TUESDAY: [*good_rows(TUESDAY), row("BAD", low=-1)]})
    outcome = score_reaches_target(days, TUESDAY)
    assert (outcome.passed, outcome.severity) == (False, WARN)
    assert outcome.description == "Score 80.00 of a target of 99, 1 rows rejected."
    assert values(outcome, "score", "rejected", "tickers below, in the universe", "tickers below, in all") == [
        80.0, 1, 0, 1,
    ]  # fmt: skip
    (worst,) = rows(outcome, "worst tickers")
    assert worst == {
        "ticker": "BAD", "total_rows": 1, "accepted_rows": 0, "rejected_rows": 1,
        "rejection_reasons": '{"price_not_positive": 1}', "quality_score": 0.0,
    }  # fmt: skip
    assert values(outcome, "the rows") == [f"`tbp quarantine show --from {TUESDAY} --to {TUESDAY}`"]


def test_a_low_ticker_of_the_universe_warns_on_a_good_day(project: Project) -> None:
    days = measured_days(project, {TUESDAY: [*CROWD, row("MSFT", low=-1)]})
    outcome = score_reaches_target(days, TUESDAY)
    assert (outcome.passed, outcome.severity) == (False, WARN)
    assert outcome.description == "Score 99.50 of a target of 99, 1 rows rejected; below: MSFT."


def test_a_low_ticker_outside_the_universe_is_shown_and_does_not_warn(project: Project) -> None:
    outcome = score_reaches_target(measured_days(project, {TUESDAY: [*CROWD, row("BAD", low=-1)]}), TUESDAY)
    assert outcome.passed
    assert [worst["ticker"] for worst in rows(outcome, "worst tickers")] == ["BAD"]


def test_a_score_just_reached_passes_and_one_just_missed_is_not_rounded_up(project: Project) -> None:
    lines = [row(f"T{n:05}") for n in range(20_000)]
    days = measured_days(project, {TUESDAY: [*lines, row("BAD", low=-1)]})
    found = score_reaches_target(replace(days, score_target=100), TUESDAY)
    assert not found.passed
    assert found.description == "Score 99.99 of a target of 100, 1 rows rejected."
    assert score_reaches_target(replace(days, score_target=99.99), TUESDAY).passed


@pytest.mark.parametrize(("severity", "loudness"), [("warn", WARN), ("error", ERROR)])
def test_a_flagged_bar_is_as_loud_as_its_severity(
    project: Project, severity: Severity, loudness: dg.AssetCheckSeverity
) -> None:
    settings = flagging(price_spike=severity)
    outcome = flag_rate_is_usual(measured_days(project, {TUESDAY: [row("AAPL", high=99)]}, settings=settings), TUESDAY)
    assert (outcome.passed, outcome.severity) == (False, loudness)
    assert outcome.description == "1 price_spike: AAPL."
    assert values(outcome, "price_spike", "all of them") == [1, SPIKES_COMMAND]
    assert rows(outcome, "worst rows") == [
        {"severity": severity, "ticker": "AAPL", "rule": "price_spike", "observed": 99.0, "reference": 10.5,
         "detail": ""},
    ]  # fmt: skip


def test_score_and_coverage_are_as_loud_as_configured(project: Project) -> None:
    days = measured_days(project, {TUESDAY: [row("AAPL"), row("MSFT", low=-1)]})
    loud = replace(days, score_severity=ERROR, coverage_severity=ERROR)
    assert [look(days, TUESDAY).severity for look in (score_reaches_target, universe_is_covered)] == [WARN, WARN]
    assert [look(loud, TUESDAY).severity for look in (score_reaches_target, universe_is_covered)] == [ERROR, ERROR]


def test_a_flag_for_information_passes_and_is_shown(project: Project) -> None:
    settings = flagging(price_spike="info")
    outcome = flag_rate_is_usual(measured_days(project, {TUESDAY: [row("AAPL", high=99)]}, settings=settings), TUESDAY)
    assert outcome.passed
    assert outcome.description == "No bar is worth a look; 1 flags are there for information."
    assert [shown["severity"] for shown in rows(outcome, "worst rows")] == ["info"]


def test_a_flag_that_was_turned_off_since_is_not_told(project: Project) -> None:
    days = measured_days(project, {TUESDAY: [row("AAPL", high=99)]})
    outcome = flag_rate_is_usual(replace(days, settings=flagging(price_spike="off")), TUESDAY)
    assert (outcome.passed, dict(outcome.metadata)) == (True, {})


def test_the_severest_flags_come_first_and_those_outside_the_universe_are_not_told(project: Project) -> None:
    settings = flagging(volume_above_maximum="error")
    outcome = flag_rate_is_usual(measured_days(project, {TUESDAY: SPIKES}, settings=settings), TUESDAY)
    assert outcome.severity == ERROR
    assert outcome.description == "1 volume_above_maximum, 2 price_spike: MSFT, AAPL, SPY."
    assert [(shown["severity"], shown["ticker"]) for shown in rows(outcome, "worst rows")] == [
        ("error", "MSFT"), ("warn", "AAPL"), ("warn", "SPY"), ("info", "SPY"),
    ]  # fmt: skip


def test_more_flags_than_are_shown_are_counted(project: Project) -> None:
    names = [f"T{n:02}" for n in range(25)]
    lines = [row(name, high=99) for name in names]
    outcome = flag_rate_is_usual(measured_days(project, {TUESDAY: lines}, chosen=universe(*names)), TUESDAY)
    assert outcome.description.startswith("25 price_spike: T00, T01,")
    assert outcome.description.endswith("T19 and 5 more. 5 more are not shown here.")
    assert len(rows(outcome, "worst rows")) == 20


@pytest.mark.parametrize(("target", "passed"), [(0.5, True), (2 / 3, True), (0.67, False), (1.0, False)])
def test_absent_tickers_are_named_and_held_to_the_target(project: Project, target: float, passed: bool) -> None:
    days = measured_days(project, {TUESDAY: [row("AAPL"), row("MSFT"), row("SPY", low=-1)]})
    outcome = universe_is_covered(replace(days, coverage_target=target), TUESDAY)
    assert (outcome.passed, outcome.severity) == (passed, WARN)
    assert outcome.description == "2 of 3 listed tickers have a bar (66.6%); none of SPY."
    assert values(outcome, "listed", "without a bar") == [3, 1]


def test_a_day_that_is_withheld_covers_nobody_and_scores_nothing(project: Project) -> None:
    days = measured_days(project, {TUESDAY: [*good_rows(TUESDAY), row("BAD", low=-1)]}, share=0.05)
    outcomes: list[CheckOutcome] = [look(days, TUESDAY) for look in LOOKS]
    assert [outcome.passed for outcome in outcomes] == [True, False, True, False]
    assert outcomes[0].description.startswith("5 of 5 lines, 0 of 0 accepted, 5 of 5 rejected")
    assert outcomes[1].description.startswith("Score 0.00 of a target of 99, 5 rows rejected; below: AAPL, MSFT, SPY")
    assert outcomes[3].description == "0 of 3 listed tickers have a bar (0.0%); none of AAPL, MSFT, SPY."


def test_a_refused_file_counts_every_line_as_rejected(project: Project) -> None:
    days = measured_days(project, {TUESDAY: ["AAPL,1,2", "MSFT,1,2"]})
    assert metrics_match_books(days, TUESDAY).passed
    assert score_reaches_target(days, TUESDAY).description.startswith("Score 0.00 of a target of 99, 2 rows rejected")
