"""The typed settings: instruments, groups, universes, places, and the defaults of a fresh machine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from tbp_assets.bars.rules import RULES
from tbp_assets.config_loader import ConfigLoader
from tbp_assets.errors import ConfigError
from tbp_assets.settings import PROJECT_ROOT, Settings
from tbp_assets.settings.instruments import Symbol
from tbp_assets.settings.urls import BucketPrefix
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit

SYMBOLS = ["AAPL", "MSFT", "NVDA", "META", "SPY", "QQQ", "JPM", "V", "CVX", "LLY", "UNH", "WMT"]
STOCKS = ["AAPL", "MSFT", "NVDA", "META", "JPM", "V", "CVX", "LLY", "UNH", "WMT"]


def shipped(**environment: str) -> Settings:
    return ConfigLoader(PROJECT_ROOT / "config", environment).load()


def refusal(project: Project, old: str, new: str) -> str:
    project.change("instruments.yml", old, new)
    with pytest.raises(ConfigError) as caught:
        ConfigLoader(project.config, {}).get_all_tickers()
    return str(caught.value)


def test_the_twelve_instruments_come_most_important_first() -> None:
    tickers = ConfigLoader(PROJECT_ROOT / "config", {}).get_all_tickers()
    assert [ticker.symbol for ticker in tickers] == SYMBOLS
    assert [ticker.priority for ticker in tickers] == [1] * 6 + [2] * 6


def test_an_instrument_says_all_that_is_configured_of_it() -> None:
    meta = ConfigLoader(PROJECT_ROOT / "config", {}).get_all_tickers()[3]
    assert (meta.symbol, meta.name, meta.sector) == ("META", "Meta Platforms Inc.", "Communication Services")
    assert (meta.asset_class, meta.priority, meta.valid_from) == ("stock", 1, date(2022, 6, 9))
    assert [(former.symbol, former.until) for former in meta.formerly] == [("FB", date(2022, 6, 8))]


def test_the_five_groups_hold_what_their_conditions_say() -> None:
    assert ConfigLoader(PROJECT_ROOT / "config", {}).get_ticker_groups() == {
        "high_priority": ["AAPL", "MSFT", "NVDA", "META", "SPY", "QQQ"],
        "medium_priority": ["JPM", "V", "CVX", "LLY", "UNH", "WMT"],
        "etfs": ["SPY", "QQQ"],
        "all_stocks": STOCKS,
        "all_symbols": [*STOCKS, "SPY", "QQQ"],
    }


def test_a_group_may_name_its_symbols_and_combine_conditions(project: Project) -> None:
    project.change("instruments.yml", "etfs: {asset_class: etf}", "mine: {symbols: [SPY, V, QQQ], priority: 1}")
    assert ConfigLoader(project.config, {}).get_ticker_groups()["mine"] == ["SPY", "QQQ"]


@pytest.mark.parametrize("word", ["TRUE", "ON", "no", "Yes"])
def test_a_ticker_that_yaml_reads_as_a_boolean_is_refused_with_the_cure(project: Project, word: str) -> None:
    message = refusal(project, "symbol: JPM,", f"symbol: {word},")
    assert "instruments.4.symbol" in message
    assert 'put the ticker in quotes, as in "TRUE"' in message


def test_a_ticker_in_quotes_may_be_true(project: Project) -> None:
    project.change("instruments.yml", "symbol: JPM,", 'symbol: "TRUE",')
    assert "TRUE" in [ticker.symbol for ticker in ConfigLoader(project.config, {}).get_all_tickers()]


@pytest.mark.parametrize("word", ["NA", "NAN", "null_", "BCpC", "BRK.A"])
def test_a_ticker_that_looks_like_something_else_stays_text(project: Project, word: str) -> None:
    project.change("instruments.yml", "symbol: JPM,", f"symbol: {word},")
    assert word in [ticker.symbol for ticker in ConfigLoader(project.config, {}).get_all_tickers()]


@pytest.mark.parametrize("word", ['""', '"A B"', "12", '"' + "A" * 33 + '"', "[A]"])
def test_a_symbol_that_is_no_ticker_is_refused(project: Project, word: str) -> None:
    assert "config/instruments.yml: instruments.4.symbol: " in refusal(project, "symbol: JPM,", f"symbol: {word},")


def test_settings_and_rules_agree_on_what_a_ticker_is() -> None:
    # The settings took a quote, which no accepted bar can have: such an instrument could never be loaded.
    symbol = TypeAdapter[str](Symbol)
    words = [*map(chr, range(0x1F, 0x82)), "A" * 32, "A" * 33, "A\n", "É", '"A"']
    rule = next(rule for rule in RULES if rule.id == "ticker_malformed")
    kept = pl.DataFrame({"ticker": words}).select(rule.holds)["ticker"].to_list()
    assert [_taken(symbol, word) for word in words] == kept
    assert kept.count(True) == 94


def _taken(symbol: TypeAdapter[str], word: str) -> bool:
    try:
        return symbol.validate_python(word) == word
    except ValidationError:
        return False


def test_an_instrument_named_twice_is_refused(project: Project) -> None:
    assert refusal(project, "symbol: JPM,", "symbol: AAPL,").endswith("instruments named twice: AAPL")


def test_an_unknown_symbol_of_a_group_is_named(project: Project) -> None:
    message = refusal(project, "etfs: {asset_class: etf}", "etfs: {symbols: [SPY, XYZ]}")
    assert "group etfs: unknown symbols ['XYZ']" in message


@pytest.mark.parametrize("name", ["all", "configured"])
def test_a_group_may_not_take_the_name_of_a_universe(project: Project, name: str) -> None:
    assert f"group {name}: the name is taken" in refusal(project, "etfs: {asset", f"{name}: {{asset")


@pytest.mark.parametrize(("name", "tickers"), [("configured", 13), ("etfs", 2), ("all_stocks", 11), ("all", 13)])
def test_a_universe_is_configured_a_group_or_all(name: str, tickers: int) -> None:
    universe = shipped(TBP_UNIVERSE=name).universe
    assert (universe.name, len(universe.listings), universe.everything) == (name, tickers, name == "all")


def test_the_universe_of_settings_is_made_once() -> None:
    settings = shipped()
    assert settings.universe is settings.universe


def test_an_unknown_universe_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"universe 'etf' is unknown: .*configured, all, high_priority, .*etfs"):
        _ = shipped(TBP_UNIVERSE="etf").universe


def test_a_fresh_machine_gets_development_embedded_and_no_source() -> None:
    settings = shipped()
    assert (settings.pipeline.environment, settings.pipeline.log_level) == ("development", "INFO")
    assert (settings.s3.url, settings.s3.endpoint_url) == ("", "https://files.massive.com")
    assert settings.database.embedded
    assert (settings.home, settings.store) == (PROJECT_ROOT / ".tbp", PROJECT_ROOT / ".tbp")
    assert settings.universe.name == "configured"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("ENVIRONMENT", "staging", "'staging' is unknown"), ("LOG_LEVEL", "loud", "Input should be")],
)
def test_an_unknown_word_in_a_variable_is_refused(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"config/pipeline.yml: {name.lower()}: {said}"):
        shipped(**{name: value})


def test_a_relative_home_starts_at_the_project_and_an_absolute_one_stays() -> None:
    assert shipped(TBP_HOME="elsewhere").home == PROJECT_ROOT / "elsewhere"
    assert shipped(TBP_HOME="/data/tbp").home == Path("/data/tbp")
    assert shipped(TBP_HOME="~/tbp").home == Path.home() / "tbp"


def test_landing_zone_and_lake_lie_where_the_lake_url_says() -> None:
    assert shipped(TBP_LAKE_URL="file:///data/lake").store == Path("/data/lake")


def test_a_lake_may_lie_in_a_bucket() -> None:
    assert shipped(TBP_LAKE_URL="s3://lake/research/tbp/").store == BucketPrefix("lake", "research/tbp/")
    assert str(shipped(TBP_LAKE_URL="s3://lake").store) == "s3://lake"


def test_a_lake_url_may_be_percent_encoded_as_urls_are() -> None:
    place = Path("/data/my lake")
    assert shipped(TBP_LAKE_URL=place.as_uri()).store == place


@pytest.mark.parametrize(
    "url",
    [
        "gs://lake",
        "s3://",
        "s3:///lake",
        "s3://lake/a?b",
        "s3://me:hush@lake",
        "/data/lake",
        "file://data/lake",
        "lake",
        "file:///a?b",
        "file:///a#b",
        "file://[::1/a",
    ],
)
def test_a_lake_url_of_another_scheme_is_refused_naming_the_variable(url: str) -> None:
    with pytest.raises(ConfigError, match=r"TBP_LAKE_URL .* must be empty, file:///an/absolute/path or s3://") as told:
        _ = shipped(TBP_LAKE_URL=url).store
    assert "hush" not in str(told.value)


def test_settings_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(shipped().s3, "region", "elsewhere")  # noqa: B010  # an assignment the type checker would refuse
