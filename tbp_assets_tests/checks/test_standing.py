"""What is said of all days together: which stay open, and which tickers lack bars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import dagster as dg
import pytest

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.sessions import at_exchange, weekdays
from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.standing import AllDays, coverage_reaches_target, failed_days_are_repaired
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.day_facts import gather
from tbp_assets.storage.failed_downloads import DayFault, FailedDownloads
from tbp_assets_tests.bars.day_facts import lake_fact, landing_fact, loaded
from tbp_assets_tests.checks.measured_days import CHOSEN, rows, values
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, good_rows
from tbp_assets_tests.storage.days import lake_in, landing_zone, load, query, validated
from tbp_assets_tests.storage.measured import sessions

pytestmark = pytest.mark.integration

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
SATURDAY = FRIDAY + timedelta(days=1)
NOW = at_exchange(SATURDAY, time(13))
WEEK = {day: loaded(day) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)} | {NEW_YEAR: DayFacts(NEW_YEAR)}


def all_days(
    project: Project, facts: Mapping[date, DayFacts], *, now: datetime = NOW, chosen: Universe = CHOSEN
) -> AllDays:
    """Return days of which these facts are known; every weekday but New Year's Day is a session."""
    expected = Expectation(frozenset(weekdays(TUESDAY, date(2024, 12, 31))), time(13))
    return AllDays(lake_in(project.store), project.database(), chosen, facts, expected, now)


def filled(project: Project, tickers: Mapping[date, list[str]], **options: object) -> AllDays:
    """Return days on which these tickers have bars in the database."""
    for day, names in tickers.items():
        load(project.database(), validated(good_rows(day, names), day))
    days = weekdays(min(tickers), max(tickers))
    facts = gather(landing_zone(project.store), lake_in(project.store), project.database(), days)
    return all_days(project, facts, now=at_exchange(max(tickers) + timedelta(days=1), time(13)), **options)  # type: ignore[arg-type]


def failures_of(project: Project) -> FailedDownloads:
    return FailedDownloads(project.database(), US_STOCKS_DAY_AGGS, "polygon")


def shown(outcome: CheckOutcome) -> list[tuple[object, ...]]:
    return [tuple(each.values()) for each in rows(outcome, "days")]


def test_where_every_day_is_loaded_or_a_holiday_none_is_open(project: Project) -> None:
    outcome = failed_days_are_repaired(all_days(project, WEEK))
    assert (outcome.passed, outcome.description) == (True, "Of 4 days that were asked for none is open.")


def test_a_project_that_never_loaded_anything_has_no_open_day_and_no_coverage(project: Project) -> None:
    days = all_days(project, {})
    assert failed_days_are_repaired(days) == CheckOutcome(True, "Of 0 days that were asked for none is open.")
    assert coverage_reaches_target(days, 0.95, WARN) == CheckOutcome(True, "Nothing was loaded yet.", severity=WARN)


def test_open_days_are_listed_newest_first_with_why_and_what_to_run(project: Project) -> None:
    withheld = DayFacts(WEDNESDAY, landing_fact(WEDNESDAY), lake_fact(WEDNESDAY, "withheld", cause="too many bad rows"))
    absent = DayFacts(THURSDAY, landing_fact(THURSDAY, "absent", version=None))
    outcome = failed_days_are_repaired(all_days(project, WEEK | {WEDNESDAY: withheld, THURSDAY: absent}))
    assert (outcome.passed, outcome.severity) == (False, ERROR)
    assert outcome.description == "2 days are open: 2024-01-04, 2024-01-03."
    assert shown(outcome) == [
        ("2024-01-04", "missing (the provider has no file yet)"),
        ("2024-01-03", "rejected (too many bad rows)"),
    ]
    assert values(outcome, "to repair") == [
        "`tbp failures` says why, `tbp backfill 2024-01-03 2024-01-04` asks again"
    ]  # fmt: skip


def test_a_day_that_is_not_due_yet_is_not_open(project: Project) -> None:
    facts = WEEK | {FRIDAY: DayFacts(FRIDAY, landing_fact(FRIDAY, "absent", version=None))}
    assert failed_days_are_repaired(all_days(project, facts, now=NOW - timedelta(minutes=1))).passed
    assert not failed_days_are_repaired(all_days(project, facts)).passed


def test_a_day_that_nobody_asked_for_is_not_open(project: Project) -> None:
    assert failed_days_are_repaired(all_days(project, WEEK | {FRIDAY: DayFacts(FRIDAY)})).passed


def test_a_failure_is_told_until_it_is_repaired(project: Project) -> None:
    failures, days = failures_of(project), all_days(project, WEEK)
    for run in ("run 1", "run 2"):
        failures.record(DayFault(WEDNESDAY, "network", "cut off"), run)
    outcome = failed_days_are_repaired(days)
    assert (outcome.passed, outcome.description) == (False, "1 days are open: 2024-01-03.")
    assert shown(outcome) == [("2024-01-03", "network, 2 attempts: cut off")]
    failures.mark_resolved([WEDNESDAY], "run 3", "schedule")
    assert failed_days_are_repaired(days).passed


def test_a_failure_before_the_first_day_ever_loaded_is_told(project: Project) -> None:
    failures_of(project).record(DayFault(date(2023, 5, 2), "network", "cut off"), "run")
    assert failed_days_are_repaired(all_days(project, WEEK)).description == "1 days are open: 2023-05-02."


def test_another_sources_failures_are_not_told(project: Project) -> None:
    elsewhere = FailedDownloads(project.database(), US_STOCKS_DAY_AGGS, "elsewhere")
    elsewhere.record(DayFault(WEDNESDAY, "network", "cut off"), "run")
    assert failed_days_are_repaired(all_days(project, WEEK)).passed


def test_where_every_ticker_has_every_bar_coverage_is_whole(project: Project) -> None:
    days = filled(project, {day: ["AAPL", "MSFT", "SPY"] for day in (TUESDAY, WEDNESDAY)})
    outcome = coverage_reaches_target(days, 0.95, WARN)
    assert (outcome.passed, outcome.description) == (True, "100.00% of the bars of 2 sessions.")
    assert values(outcome, "bars expected", "bars missing", "coverage") == [6, 0, 1.0]


def test_the_ticker_below_the_target_is_named(project: Project) -> None:
    days = filled(
        project, {TUESDAY: ["AAPL", "MSFT", "SPY"], WEDNESDAY: ["AAPL", "MSFT"], THURSDAY: ["AAPL", "MSFT", "SPY"]}
    )
    outcome = coverage_reaches_target(days, 0.95, WARN)
    assert (outcome.passed, outcome.severity) == (False, WARN)
    assert outcome.description == "88.88% of the bars of 3 sessions; below 95%: SPY."
    assert rows(outcome, "worst tickers")[0] == {
        "ticker": "SPY", "first_seen": "2024-01-02", "last_seen": "2024-01-04", "expected": 3, "present": 2,
        "missing": 1, "coverage": 0.6667,
    }  # fmt: skip
    assert coverage_reaches_target(days, 2 / 3, WARN).passed
    assert coverage_reaches_target(days, 0.95, ERROR).severity == ERROR


def test_a_session_whose_file_never_came_is_missing_for_everyone(project: Project) -> None:
    days = filled(project, {day: ["AAPL", "MSFT", "SPY"] for day in (TUESDAY, THURSDAY)})
    assert days.sessions() == [TUESDAY, WEDNESDAY, THURSDAY]
    assert coverage_reaches_target(days, 0.95, WARN).description == (
        "66.66% of the bars of 3 sessions; below 95%: AAPL, MSFT, SPY."
    )


def test_a_day_with_bars_was_a_session_whatever_the_calendar_says(project: Project) -> None:
    days = filled(project, {day: ["AAPL", "MSFT", "SPY"] for day in (NEW_YEAR, TUESDAY)})
    assert days.sessions() == [NEW_YEAR, TUESDAY]


def test_a_configured_ticker_that_stopped_is_noticed_and_another_is_not_expected(project: Project) -> None:
    days = {day: ["AAPL", *(["MSFT", "GONE"] if number < 5 else [])] for number, day in enumerate(sessions(8))}
    chosen = Universe("all", (Listing("AAPL"), Listing("MSFT")), everything=True)
    outcome = coverage_reaches_target(filled(project, days, chosen=chosen), 0.95, WARN)
    assert [(each["ticker"], each["expected"], each["present"]) for each in rows(outcome, "worst tickers")] == [
        ("MSFT", 8, 5), ("AAPL", 8, 8), ("GONE", 5, 5),
    ]  # fmt: skip


def test_a_ticker_is_not_expected_outside_its_listing(project: Project) -> None:
    days = {TUESDAY: ["AAPL", "MSFT"], WEDNESDAY: ["AAPL"], THURSDAY: ["AAPL"]}
    until = Universe("chosen", (Listing("AAPL"), Listing("MSFT", last=TUESDAY)))
    outcome = coverage_reaches_target(filled(project, days, chosen=until), 0.95, WARN)
    assert (outcome.passed, outcome.description) == (True, "100.00% of the bars of 3 sessions.")


def test_bars_of_another_source_do_not_cover(project: Project) -> None:
    days = filled(project, {day: ["AAPL", "MSFT", "SPY"] for day in (TUESDAY, WEDNESDAY)})
    elsewhere = "UPDATE market_data_raw SET data_source = 'elsewhere' WHERE ticker = 'SPY' AND timestamp > :day"
    query(project.database(), elsewhere, day=WEDNESDAY)
    assert values(coverage_reaches_target(days, 0.95, WARN), "bars expected", "bars missing") == [6, 1]
