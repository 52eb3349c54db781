"""Quality measured by real runs: counts of bad rows, results of every day of a range, and what open days leave."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tbp_assets.bars.rules import RULES
from tbp_assets.defs.jobs import MEASURE_JOB
from tbp_assets.defs.shared import DATA_QUALITY_METRICS, MARKET_DATA_RAW, RAW_DAY_FILE, VALIDATED_BARS
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import FRIDAY, NEW_YEAR, THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.io_managers.bad_day import GOOD, MODIFIED, bad_day, bad_rows
from tbp_assets_tests.io_managers.running import FAILED, FILLED, WEEK, failures, runs_of
from tbp_assets_tests.storage.days import query
from tbp_assets_tests.storage.measured import quality_in, quiet, sessions

pytestmark = pytest.mark.integration

SESSIONS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
CHECKS = ("metrics_match_books", "score_reaches_target", "flag_rate_is_usual", "universe_is_covered")
UNIVERSE = ("AAPL", "MSFT", "NVDA", "META", "JPM", "V", "CVX", "LLY", "UNH", "WMT", "SPY", "QQQ")
REJECTED = {reason: len(lines) for reason, lines in bad_rows().items()}
REFUSED = day_file(["AAPL,1"], header="ticker,price")


def publish(project: Project, **changed: bytes) -> None:
    """Publish four sessions of the whole universe; `wednesday=…` replaces that day's file."""
    names = {"tuesday": TUESDAY, "wednesday": WEDNESDAY, "thursday": THURSDAY, "friday": FRIDAY}
    files = {day: day_file(lines) for day, lines in quiet(SESSIONS, *UNIVERSE).items()}
    project.publish(files | {names[name]: content for name, content in changed.items()})


def scores(project: Project) -> dict[date, float | None]:
    with quality_in(project.database()) as quality:
        found: list[tuple[date, float | None]] = quality.by_day(NEW_YEAR, FRIDAY).select("trading_date", "score").rows()
    return dict(found)


def flags(project: Project, *columns: str) -> list[tuple[Any, ...]]:
    with quality_in(project.database()) as quality:
        return quality.flags(NEW_YEAR, date(2024, 12, 31)).select(columns).rows()


def written(project: Project) -> list[list[tuple[Any, ...]]]:
    """Return which transaction wrote each row of quality: the same only where nothing was written."""
    names = [f"data_quality_{name}" for name in ("metrics", "flags", "days")]
    return [query(project.database(), f"SELECT xmin::text, {name}::text FROM {name} ORDER BY 2") for name in names]


def test_every_rule_has_a_bad_row_here() -> None:
    assert set(REJECTED) == {rule.id for rule in RULES}


def test_a_day_with_every_kind_of_bad_row_is_counted_by_reason_in_table_and_metadata(project: Project) -> None:
    project.publish({TUESDAY: bad_day()})
    with runs_of(project) as runs:
        assert runs.day(TUESDAY).success
        shown = runs.metadata(DATA_QUALITY_METRICS, TUESDAY)
        books = runs.checked(DATA_QUALITY_METRICS, "metrics_match_books")[TUESDAY]
    accepted, rejected = 1 + len(GOOD) + len(MODIFIED), sum(REJECTED.values())
    assert [shown[name] for name in ("total", "accepted", "rejected", "modified")] == [
        accepted + rejected, accepted, rejected, 2,
    ]  # fmt: skip
    said = [part.rsplit(" ", 1) for part in shown["rejected by reason"].split(", ")]
    assert {reason: int(rows) for reason, rows in said} == REJECTED
    assert shown["score"] == round(100 * accepted / (accepted + rejected), 4)
    sql = "SELECT key, sum(value::int)::int FROM data_quality_metrics, jsonb_each_text(rejection_reasons) GROUP BY key"
    assert dict(query(project.database(), sql)) == REJECTED  # type: ignore[arg-type]
    assert (books.passed, books.targeted) == (True, True)


def test_each_ticker_has_its_own_reasons_and_the_good_ones_share_a_row(project: Project) -> None:
    project.publish({TUESDAY: bad_day()})
    with runs_of(project) as runs:
        runs.day(TUESDAY)
    with quality_in(project.database()) as quality:
        metrics = quality.metrics(TUESDAY, TUESDAY)
    reasons = {ticker: json.loads(found) for ticker, found in metrics.select("ticker", "rejection_reasons").iter_rows()}
    own = {reason: {reason: count} for reason, count in REJECTED.items() if reason in reasons}
    assert {ticker: reasons[ticker] for ticker in own} == {
        **own, "price_missing": {"price_missing": 1}, "price_not_positive": {"price_not_positive": 1},
    }  # fmt: skip
    assert reasons["(no ticker)"]["ticker_malformed"] == 3
    assert set(REJECTED) - set(own) <= set(reasons["(no ticker)"])
    sums = {ticker: rest for ticker, *rest in metrics.select(metrics.columns[1:6]).iter_rows()}
    assert sums["(other tickers)"] == [len(GOOD), len(GOOD), 0, 0]
    assert [sums[ticker] for ticker in MODIFIED] == [[1, 1, 0, 1]] * 2
    assert (sums["AAPL"], sums["SPY"]) == ([1, 1, 0, 0], [0, 0, 0, 0])


def test_every_day_of_a_range_has_its_own_result_of_every_check(project: Project) -> None:
    publish(
        project,
        tuesday=day_file([*good_rows(TUESDAY, UNIVERSE), row("NVDA", TUESDAY, low=-1)]),
        wednesday=day_file(good_rows(WEDNESDAY, UNIVERSE[:-1])),
        thursday=day_file([*good_rows(THURSDAY, UNIVERSE[1:]), row("AAPL", THURSDAY, high=99)]),
    )
    project.change("pipeline.yml", "max_rejected_share: 0.05", "max_rejected_share: 0.5")
    with runs_of(project) as runs:
        assert runs.days(NEW_YEAR, FRIDAY).success
        results = {name: runs.checked(DATA_QUALITY_METRICS, name) for name in CHECKS}
        assert [list(found) for found in results.values()] == [WEEK] * 4
        assert all(result.targeted for found in results.values() for result in found.values())
    failed = [(name, day) for name, found in results.items() for day in WEEK if not found[day].passed]
    assert failed == [
        ("score_reaches_target", TUESDAY), ("flag_rate_is_usual", THURSDAY), ("universe_is_covered", TUESDAY),
        ("universe_is_covered", WEDNESDAY),
    ]  # fmt: skip
    said = {name: [found[day].description for day in WEEK] for name, found in results.items()}
    assert [text.split(",")[0] for text in said["metrics_match_books"]] == [
        "No file for this day", "13 of 13 lines", "11 of 11 lines", "12 of 12 lines", "12 of 12 lines",
    ]  # fmt: skip
    assert said["score_reaches_target"][1] == "Score 84.61 of a target of 99, 2 rows rejected; below: NVDA."
    assert said["flag_rate_is_usual"][3] == "1 price_spike: AAPL."
    assert said["universe_is_covered"][2] == "11 of 12 listed tickers have a bar (91.6%); none of QQQ."


@pytest.mark.parametrize("file", ["withheld", "refused"])
def test_a_day_that_is_kept_out_whole_is_measured_while_its_bars_stay_open(project: Project, file: str) -> None:
    withheld = day_file([*good_rows(THURSDAY), row("BAD", THURSDAY, low="")])
    publish(project, thursday=withheld if file == "withheld" else REFUSED)
    with runs_of(project) as runs:
        said = failures(runs.days(NEW_YEAR, FRIDAY))
        assert set(said) == {"market_data_raw_checks"}
        assert runs.cells(MARKET_DATA_RAW)[3] == FAILED
        assert runs.cells(DATA_QUALITY_METRICS) == [FILLED, FILLED, FILLED, FAILED, FILLED]
        assert not runs.checked(DATA_QUALITY_METRICS, "score_reaches_target")[THURSDAY].passed
        assert runs.checked(DATA_QUALITY_METRICS, "metrics_match_books")[THURSDAY].passed
    assert scores(project) == {TUESDAY: 100, WEDNESDAY: 100, THURSDAY: 0, FRIDAY: 100}


def test_a_missing_day_leaves_its_cell_open_and_the_good_days_have_their_results(project: Project) -> None:
    days = quiet([TUESDAY, THURSDAY, FRIDAY], *UNIVERSE)
    project.publish({day: day_file(lines) for day, lines in days.items()})
    with runs_of(project) as runs:
        said = failures(runs.days(NEW_YEAR, FRIDAY))
        assert "2024-01-03: missing (the provider has no file yet)" in said["data_quality_metrics_checks"]
        assert runs.cells(DATA_QUALITY_METRICS) == [FILLED, FILLED, FAILED, FILLED, FILLED]
        for name in CHECKS:
            results = runs.checked(DATA_QUALITY_METRICS, name)
            assert {day: result.passed for day, result in results.items()} == {day: day != WEDNESDAY for day in WEEK}
            assert results[WEDNESDAY].description == "missing (the provider has no file yet)"
            assert all(result.targeted for day, result in results.items() if day != WEDNESDAY), name
    assert list(scores(project)) == [TUESDAY, THURSDAY, FRIDAY]


def test_a_damaged_lake_day_leaves_its_cell_open_and_says_so(project: Project) -> None:
    publish(project)
    with runs_of(project) as runs:
        runs.only(RAW_DAY_FILE, NEW_YEAR, FRIDAY)
        runs.only(VALIDATED_BARS, NEW_YEAR, FRIDAY)
        (bars,) = project.store.rglob("2024-01-03.bars.*")
        bars.write_bytes(b"altered")
        said = failures(runs.days(NEW_YEAR, FRIDAY, MEASURE_JOB))
        assert runs.cells(DATA_QUALITY_METRICS) == [FILLED, FILLED, FAILED, FILLED, FILLED]
    assert said["data_quality_metrics_checks"].startswith("1 day stays open, 4 are done. 2024-01-03: rejected")
    assert "was altered; materialize validated_bars again" in said["data_quality_metrics_checks"]


def test_materializing_again_writes_nothing(project: Project) -> None:
    publish(project, wednesday=day_file([*good_rows(WEDNESDAY, UNIVERSE[1:]), row("AAPL", WEDNESDAY, high=99)]))
    with runs_of(project) as runs:
        runs.days(NEW_YEAR, FRIDAY)
        before = written(project)
        assert runs.only(DATA_QUALITY_METRICS, NEW_YEAR, FRIDAY).success
        assert runs.days(WEDNESDAY, WEDNESDAY).success
        notes = {runs.metadata(DATA_QUALITY_METRICS, day)["written"] for day in SESSIONS}
    assert [len(rows) for rows in before] == [4 * 12, 1, 4]
    assert written(project) == before
    assert notes == {"nothing, it was as it should be"}


def test_a_split_and_a_gap_across_two_runs_are_found(project: Project) -> None:
    days = sessions(8)
    rows = quiet(days, "AAPL", "MSFT", "SPY")
    rows[days[6]] = [line for line in rows[days[6]] if not line.startswith("SPY")]
    price = {"open": 108.5, "high": 110.0, "low": 105.0, "close": 109.0, "volume": 100}
    rows[days[7]] = [row("AAPL", days[7], **price), *rows[days[7]][1:]]
    project.publish({day: day_file(lines) for day, lines in rows.items()})
    with runs_of(project) as runs:
        assert runs.days(days[0], days[6]).success
        assert flags(project, "ticker", "rule") == [("SPY", "vanished")]
        assert runs.day(days[7]).success
        shown = runs.metadata(DATA_QUALITY_METRICS, days[7])
    found = flags(project, "trading_date", "ticker", "rule", "observed")
    assert found[1:] == [(days[7], "AAPL", "probable_split", 108.5), (days[7], "SPY", "gap", 1.0)]
    assert shown["flags by rule"] == "probable_split 1, gap 1"
    assert shown["flags in the universe"] == 2
