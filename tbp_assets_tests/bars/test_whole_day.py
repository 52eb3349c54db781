"""The verdict on a whole day: two sides of each band, wider limits for shares of few bars, and what is said."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from tbp_assets.bars.facts import DayFinding
from tbp_assets.bars.whole_day import OPEN, STATISTICS, Band, Measured, judge, sentence
from tbp_assets.settings import PROJECT_ROOT
from tbp_assets.settings.whole_day import WholeDayConfig

pytestmark = pytest.mark.unit

MONDAY = date(2024, 1, 8)
MANY_BARS = 10_000_000  # so many that a share's limit is not widened to be seen


def measured(name: str, value: float, bars: int = MANY_BARS) -> Measured:
    return Measured(MONDAY, {name: value}, {name: bars}, {"rows": 3.0}, MONDAY, "")


def severity(name: str, value: float, bars: int = MANY_BARS, band: Band | None = None) -> str | None:
    found = judge(measured(name, value, bars), {name: band} if band else {}).findings
    assert len(found) <= 1
    return found[0].severity if found else None


@pytest.mark.parametrize("name", list(STATISTICS))
def test_each_band_has_two_sides(name: str) -> None:
    band = STATISTICS[name].band
    step = 1e-3
    for limits, beyond in ((band.hold, "hold"), (band.warn, "warn")):
        for limit, away in zip(limits, (-step, step), strict=True):
            if limit is not None:
                assert severity(name, limit + away) in {beyond, "hold"}
                assert severity(name, limit) != beyond
    inside = [limit for limit in band.warn if limit is not None]
    assert severity(name, sum(inside) / len(inside)) is None


@pytest.mark.parametrize(("value", "found"), [(0.0194, None), (0.0195, "warn"), (0.0585, "warn"), (0.0587, "hold")])
def test_a_share_of_few_bars_may_lie_a_little_beyond_its_limit(value: float, found: str | None) -> None:
    """By three standard errors: of 1 % of 1,000 bars 0.0094, of 4 % 0.0186."""
    assert severity("repeated_rows", value, 1000, Band((None, 0.01), (None, 0.04))) == found


def test_a_number_has_no_such_tolerance() -> None:
    assert severity("market_move", 0.5001, 30, Band(OPEN, (None, 0.5))) == "hold"


def test_a_statistic_of_too_few_bars_says_nothing() -> None:
    fewest = STATISTICS["price_correlation"].fewest
    assert severity("price_correlation", 0.1, fewest - 1) is None
    assert severity("price_correlation", 0.1, fewest) == "hold"


def test_a_value_that_is_no_number_is_not_let_through() -> None:
    assert severity("price_correlation", float("nan")) == "hold"
    assert severity("market_move", float("nan")) == "hold"


def test_open_limits_find_nothing() -> None:
    assert severity("market_move", 99.0, band=Band()) is None


def test_what_holds_a_day_is_said_first() -> None:
    values = {"equal_closes": 0.12, "market_move": 4.6}
    whole = judge(Measured(MONDAY, values, dict.fromkeys(values, MANY_BARS), {}, None, "why"), {})
    assert [(found.statistic, found.severity) for found in whole.findings] == [
        ("market_move", "hold"), ("equal_closes", "warn")
    ]  # fmt: skip
    assert [found.statistic for found in whole.holding] == ["market_move"]
    assert (whole.statistics, whole.compared_with, whole.thin) == (values, MONDAY, "why")


def test_a_finding_is_said_with_value_limit_side_and_likely_fault() -> None:
    whole = judge(measured("repeated_rows", 0.9983), {})
    assert sentence(whole.findings[0], whole) == (
        "repeated_rows is 0.9983, above 0.02: perhaps bars of another day under this day's stamps (2024-01-08)"
    )
    low = DayFinding("tickers_shared", 0.5, 0.88, "hold")
    assert sentence(low, whole) == (
        "tickers_shared is 0.5, below 0.88: perhaps a part of the market missing, or other tickers"
    )


def test_the_configuration_that_is_shipped_has_the_bands_of_the_code() -> None:
    section = yaml.safe_load((PROJECT_ROOT / "config" / "pipeline.yml").read_text(encoding="utf-8"))
    shipped = WholeDayConfig.model_validate(section["validation"]["whole_day"])
    assert list(shipped.statistics) == list(STATISTICS)
    assert shipped.bands == {name: statistic.band for name, statistic in STATISTICS.items()}
