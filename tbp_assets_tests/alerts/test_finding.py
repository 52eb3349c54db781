"""What is wrong in a situation, and when two sightings are one trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tbp_assets.alerts.finding import alerts_of, ended
from tbp_assets.alerts.situation import CheckResult, FailedRun, Situation
from tbp_assets.bars.day_state import DayState, Expectation, day_state
from tbp_assets.bars.facts import DayFacts, LakeFact, LandedFile, LandingFact
from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.settings.alerts import AlertKind
from tbp_assets.storage.alerts import Alert, StandingAlert
from tbp_assets.storage.revisions import RestatedBars

pytestmark = pytest.mark.unit
DAY = date(2024, 1, 5)
DUE = datetime(2024, 1, 6, 18, tzinfo=UTC)
UNIVERSE = Universe("configured", (Listing("AAPL"), Listing("META", first=date(2024, 6, 9))))
ALL_KINDS = ("run_failure", "missing_day", "check_failure", "restatement", "retries_exhausted")
REJECTED = DayState("rejected", "bad")


def situation(now: datetime = DUE, facts: DayFacts | None = None) -> Situation:
    """Return a situation of one watched session, of which nothing is known unless given."""
    expectation, known = Expectation(frozenset({DAY}), time(13)), facts or DayFacts(DAY)
    states = {DAY: day_state(known, expectation, now)}
    return Situation(now, expectation, {DAY: known}, states, {DAY}, set(), [], {}, [], [])


def absent(at: datetime) -> DayFacts:
    return DayFacts(DAY, LandingFact(DAY, "absent", at))


def run(left_open: DayState | None = None, run_id: str = "0123456789") -> FailedRun:
    return FailedRun(run_id, "day_bars", DUE, (DAY,), {DAY: left_open} if left_open else {}, ())


def check(*, passed: bool = False, severity: str = "error", at: datetime = DUE) -> CheckResult:
    return CheckResult("market_data_raw", "ok", DAY, passed, severity, "why", "1", at)  # pyright: ignore[reportArgumentType]


def found(of: Situation, severity: str = "error", kinds: tuple[str, ...] = ALL_KINDS) -> list[Alert]:
    return alerts_of(of, UNIVERSE, kinds=kinds, severity=severity)  # pyright: ignore[reportArgumentType]


def standing(alert: Alert) -> StandingAlert:
    return StandingAlert(1, "email", alert.kind, alert.identity, alert.days, alert.what, alert.happened_at, DUE)


def test_a_day_is_missing_from_its_deadline_on() -> None:
    assert found(situation(DUE - timedelta(seconds=1))) == []
    assert [alert.identity for alert in found(situation(DUE))] == ["missing 2024-01-05"]


def test_a_day_that_is_landed_and_not_loaded_is_waited_for_until_its_deadline() -> None:
    file = LandedFile("f", "s3://f", "sha", "etag", 1, 2, DUE, DUE)
    landed = DayFacts(DAY, LandingFact(DAY, "landed", DUE, file=file))
    assert found(situation(DUE - timedelta(seconds=1), landed)) == []
    (alert,) = found(situation(DUE, landed))
    assert "landed, not yet loaded" in alert.what


def test_a_day_that_is_not_watched_or_that_a_run_is_about_is_not_missing() -> None:
    assert found(replace(situation(), watched=set())) == []
    assert found(replace(situation(), running={DAY})) == []


def test_two_runs_that_leave_a_day_in_the_same_state_are_one_trouble_told_by_the_newest() -> None:
    first, second = run(REJECTED), replace(run(REJECTED, "second"), ended_at=DUE + timedelta(days=1))
    (alert,) = found(replace(situation(), failed_runs=[first, second]), kinds=("run_failure",))
    assert (alert.run_id, alert.happened_at) == ("second", second.ended_at)
    other = replace(second, left_open={DAY: DayState("not_entitled", "no")})
    assert len(found(replace(situation(), failed_runs=[first, other]), kinds=("run_failure",))) == 2


def test_a_run_that_failed_only_for_late_days_is_no_trouble() -> None:
    assert found(replace(situation(), failed_runs=[run(DayState("late"))]), kinds=("run_failure",)) == []


def test_runs_that_failed_by_themselves_are_a_trouble_each() -> None:
    runs = [replace(run(run_id=name), causes=("the disk is full",)) for name in ("one", "two")]
    assert [alert.identity for alert in found(replace(situation(), failed_runs=runs), kinds=("run_failure",))] == [
        "run one", "run two"
    ]  # fmt: skip


@pytest.mark.parametrize(("severity", "least", "told"), [
    ("error", "error", 1), ("error", "warn", 1), ("warn", "warn", 1), ("warn", "error", 0)
])  # fmt: skip
def test_a_failed_check_is_told_from_the_least_severity_on(severity: str, least: str, told: int) -> None:
    result = check(severity=severity)
    assert len(found(replace(situation(), checks={result.key: result}), least, ("check_failure",))) == told


def test_a_check_of_a_day_is_not_told_beside_the_run_that_left_the_day_open() -> None:
    same, other = replace(check(), run_id="0123456789"), replace(check(), run_id="2", check="other")
    now = replace(situation(), failed_runs=[run(REJECTED)], checks={each.key: each for each in (same, other)})
    assert [each.identity for each in found(now, kinds=("run_failure", "check_failure"))] == [
        f"failed {DAY} rejected", f"{other.key} error"
    ]  # fmt: skip
    assert len(found(now, kinds=("check_failure",))) == 2, "the run is not told"


def test_a_check_that_says_that_a_day_is_held_is_not_told_beside_the_held_day() -> None:
    file = LandedFile("f", "s3://f", "sha", "etag", 1, 2, DUE, DUE)
    lake = LakeFact(DAY, "held", "s3://f", "sha", "polygon", "1", 2, 0, {"day_held": 2}, {}, (), DUE, "why")
    now = situation(facts=DayFacts(DAY, LandingFact(DAY, "landed", DUE, file=file), lake))
    assert now.states[DAY].state == "held"
    same, other = check(), replace(check(), check="other", description="bars are gone")
    now = replace(now, checks={each.key: each for each in (same, other)})
    assert [each.identity for each in found(now, kinds=("held_day", "check_failure"))] == [
        f"held {DAY} sha", f"{other.key} error"
    ]  # fmt: skip


def test_a_check_that_passes_is_no_trouble_and_ends_one() -> None:
    bad, good = check(), check(passed=True)
    before = replace(situation(), checks={bad.key: bad})
    after = replace(situation(), checks={good.key: good})
    (alert,) = found(before, kinds=("check_failure",))
    assert found(after, kinds=("check_failure",)) == []
    assert ended([standing(alert)], before) == []
    assert ended([standing(alert)], situation()) == [], "it was not checked again"
    assert ended([standing(alert)], after) == [standing(alert)]


def test_restated_bars_are_told_for_tickers_of_the_universe_on_their_days() -> None:
    bars = [
        RestatedBars(7, DAY, DUE, "r", "changed", ["AAPL", "META"]), RestatedBars(7, DAY, DUE, "r", "dropped", ["ZZZZ"])
    ]  # fmt: skip
    (alert,) = found(replace(situation(), restated=bars), kinds=("restatement",))
    assert alert.what == "2024-01-05: changed: AAPL (load 7, 2024-01-06 13:00 New York)"
    everything = replace(UNIVERSE, everything=True)
    (alert,) = alerts_of(replace(situation(), restated=bars), everything, kinds=["restatement"], severity="error")
    assert "changed: AAPL, META; dropped: ZZZZ" in alert.what


@pytest.mark.parametrize("kind", ["missing_day", "run_failure", "retries_exhausted"])
def test_a_day_that_is_closed_ends_what_was_told_of_it(kind: AlertKind) -> None:
    told = StandingAlert(1, "email", kind, "x", [DAY], "", DUE, DUE)
    assert ended([told], situation()) == []
    holiday = replace(situation(facts=absent(DUE + timedelta(hours=1))), states={DAY: DayState("holiday")})
    assert ended([told], holiday) == [told]


def test_a_run_that_failed_on_a_closed_day_ends_only_once_the_day_was_worked_on() -> None:
    told = StandingAlert(1, "email", "run_failure", "x", [DAY], "", DUE, DUE)
    closed = replace(situation(facts=absent(DUE - timedelta(hours=1))), states={DAY: DayState("loaded")})
    assert ended([told], closed) == []


def test_a_trouble_without_days_and_a_restatement_have_no_end() -> None:
    closed = replace(situation(), states={DAY: DayState("loaded")})
    assert ended([StandingAlert(1, "email", "run_failure", "run x", [], "", DUE, DUE)], closed) == []
