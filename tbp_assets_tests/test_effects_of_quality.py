"""Every key of `quality` in pipeline.yml changes what is flagged, or which check of a day does not pass, and how."""

from __future__ import annotations

import re
from datetime import date

import dagster as dg
import polars as pl
import pytest

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.bars.flags import FLAG_NAMES, FLAGS, FlagName, FlagSettings, flags_within_day
from tbp_assets.bars.metrics import METRICS_SCHEMA
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.checks.quality import MeasuredDays, flag_rate_is_usual
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.storage.quality import MeasuredDay, store_quality
from tbp_assets_tests.bars.day_facts import lake_fact
from tbp_assets_tests.bars.flagging import DAYS, Bar, bar, frame, quiet
from tbp_assets_tests.bars.test_flags import CASES
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import TUESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import lake_in
from tbp_assets_tests.storage.pools import closed_pools

__all__ = ["closed_pools"]
pytestmark = pytest.mark.integration

LAST = DAYS[30]
EARLIER, PLAIN = quiet(DAYS[:30]), bar(day=LAST)
UNITED: Bar = {"open": 105.0, "high": 110.0, "low": 100.0, "close": 106.0, "volume": 100.0}
ACROSS_DAYS: dict[FlagName, list[Bar]] = {
    "price_move": [*EARLIER, PLAIN | {"close": 20.0}],
    "probable_split": [*EARLIER, PLAIN | UNITED],
    "volume_spike": [*EARLIER, PLAIN | {"volume": 50_000.0}],
    "stale_price": [*EARLIER[:25], *(bar(day=day) for day in DAYS[25:31])],
    "gap": [*EARLIER[:25], PLAIN],
    "vanished": EARLIER,
    "appeared": [PLAIN],
}
# Limits at which the bars above, and those of the flags within a day, are no longer worth a look.
FURTHER: dict[FlagName, str] = {
    "price_below_minimum": "0.001", "price_above_maximum": "20000", "price_spike": "5",
    "volume_above_maximum": "2.0e+9", "price_move": "2", "probable_split": "20", "volume_spike": "100",
    "stale_price": "10",
}  # fmt: skip
LISTED = ["AAPL", "MSFT", "NVDA", "META", "JPM", "V", "CVX", "LLY", "UNH", "WMT", "SPY", "QQQ"]


def flag_settings(project: Project) -> FlagSettings:
    return project.settings().pipeline.quality.flag_settings


def raised(project: Project, name: FlagName) -> bool:
    """Whether bars made to raise a flag do."""
    if name in ACROSS_DAYS:
        market = frame([*ACROSS_DAYS[name], *quiet(ticker="OTHER")])
        found = flags_across_days(market, [LAST], flag_settings(project))
    else:
        beyond = next(case[2] for case in CASES if case[0] == name)
        found = flags_within_day(frame([bar(**beyond)]), flag_settings(project))  # pyright: ignore[reportArgumentType]
    return name in found["rule"].to_list()


def change_flag(project: Project, name: FlagName, key: str, value: str) -> None:
    """Set a key of a flag."""
    text = (project.config / "pipeline.yml").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^    {name}: {{.*}}", text, re.MULTILINE)
    project.change("pipeline.yml", line, re.sub(rf"{key}: [^,}}]+", f"{key}: {value}", line))


def said_of(project: Project, name: FlagName) -> CheckOutcome:
    """Return what the check says of a day on which one bar of the universe has a flag."""
    settings, database, lake = project.settings(), project.database(), lake_in(project.store)
    flags = frame([bar()]).select(
        "trading_date", "ticker", rule=pl.lit(name), observed=1.0, reference=1.0, detail=pl.lit("")
    )
    metrics = pl.DataFrame([("AAPL", 1, 1, 0, 0, "{}", "{}")], schema=METRICS_SCHEMA, orient="row")
    measured = MeasuredDay(lake_fact(TUESDAY), metrics, flags, "")
    store_quality(database, lake.dataset, measured, "run")
    quality = settings.pipeline.quality
    warn = dg.AssetCheckSeverity.WARN
    days = MeasuredDays(
        lake, database, settings.universe, quality.flag_settings, 99, warn, 0.95, warn, (TUESDAY, TUESDAY)
    )
    return flag_rate_is_usual(days, TUESDAY)


@pytest.mark.parametrize("name", FLAG_NAMES)
def test_severity_decides_whether_a_flag_is_looked_for_and_how_its_check_fails(
    project: Project, name: FlagName
) -> None:
    heard: list[tuple[bool, dg.AssetCheckSeverity]] = []
    for severity in ("info", "warn", "error"):
        change_flag(project, name, "severity", severity)
        assert raised(project, name)
        outcome = said_of(project, name)
        heard.append((outcome.passed, outcome.severity))
    warn, error = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
    assert heard == [(True, warn), (False, warn), (False, error)]
    change_flag(project, name, "severity", "off")
    assert not raised(project, name)


@pytest.mark.parametrize("name", [name for name in FLAG_NAMES if FLAGS[name].limit])
def test_limit_is_where_a_flag_begins(project: Project, name: FlagName) -> None:
    assert raised(project, name)
    change_flag(project, name, "limit", FURTHER[name])
    assert not raised(project, name)


def test_test_tickers_are_the_patterns_of_symbols_nobody_trades(project: Project) -> None:
    bars = frame([bar("ZVZZT"), bar("AAPL")])
    found = [flags_within_day(bars, flag_settings(project))["ticker"].to_list()]
    project.change("pipeline.yml", '["Z?ZZT", ZBZX', '["AA*", ZBZX')
    found.append(flags_within_day(bars, flag_settings(project))["ticker"].to_list())
    assert found == [["ZVZZT"], ["AAPL"]]


def evaluation(project: Project, check: str, day: date = TUESDAY) -> dg.AssetCheckEvaluation:
    """Run a day, and return what was recorded of one of its checks."""
    job = build_definitions(project.settings()).resolve_job_def("day_bars")
    events = job.execute_in_process(partition_key=str(day)).all_events
    found = [event.event_specific_data for event in events]
    (one,) = [each for each in found if isinstance(each, dg.AssetCheckEvaluation) and each.check_name == check]
    return one


def publish_low_score(project: Project) -> None:
    """Publish a day with a score of 98.00: one of 50 rows is bad."""
    good = good_rows(TUESDAY, [*LISTED, *(f"T{n}" for n in range(37))])
    project.publish({TUESDAY: day_file([*good, row("BAD", low=-1)])})


@pytest.mark.parametrize(("target", "passed"), [("98", True), ("98.01", False)])
def test_score_target_is_the_score_a_day_must_have(project: Project, target: str, passed: bool) -> None:
    publish_low_score(project)
    project.change("pipeline.yml", "score_target: 99 ", f"score_target: {target} ")
    assert evaluation(project, "score_reaches_target").passed is passed


@pytest.mark.parametrize("severity", ["warn", "error"])
def test_score_severity_is_how_the_check_of_the_score_fails(project: Project, severity: str) -> None:
    publish_low_score(project)
    project.change("pipeline.yml", "score_severity: warn", f"score_severity: {severity}")
    found = evaluation(project, "score_reaches_target")
    assert (found.passed, found.severity.value) == (False, severity.upper())


@pytest.mark.parametrize(("target", "passed"), [("0.91", True), ("0.92", False)])
def test_coverage_target_is_how_many_of_the_universe_must_have_a_bar(
    project: Project, target: str, passed: bool
) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY, LISTED[:11]))})
    project.change("pipeline.yml", "coverage_target: 0.95 ", f"coverage_target: {target} ")
    assert evaluation(project, "universe_is_covered").passed is passed


@pytest.mark.parametrize("severity", ["warn", "error"])
def test_coverage_severity_is_how_the_check_of_coverage_fails(project: Project, severity: str) -> None:
    project.publish({TUESDAY: day_file(good_rows(TUESDAY, LISTED[:11]))})
    project.change("pipeline.yml", "coverage_severity: warn", f"coverage_severity: {severity}")
    found = evaluation(project, "universe_is_covered")
    assert (found.passed, found.severity.value) == (False, severity.upper())
