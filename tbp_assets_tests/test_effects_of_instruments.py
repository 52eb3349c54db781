"""Every key of instruments.yml changes which bars are loaded, or what is said of them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tbp_assets.cli.config import check
from tbp_assets.config_loader import ConfigLoader
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit

FIRST_AS_META, LAST_AS_FB = date(2022, 6, 9), date(2022, 6, 8)


def loader(project: Project) -> ConfigLoader:
    return ConfigLoader(project.config, {})


def tickers(project: Project, day: date) -> list[str]:
    return loader(project).load().universe.tickers(day)


def groups(project: Project) -> dict[str, list[str]]:
    return loader(project).get_ticker_groups()


def test_symbol_is_the_ticker_whose_bars_are_loaded(project: Project) -> None:
    before = tickers(project, FIRST_AS_META)
    project.change("instruments.yml", "symbol: JPM,", "symbol: BCpC,")
    assert set(tickers(project, FIRST_AS_META)) == {*before, "BCpC"} - {"JPM"}


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [("name", "Visa Inc.", "Visa Incorporated"), ("sector", "Energy", "Oil"), ("symbol", "symbol: V,", "symbol: VV,")],
)
def test_name_and_sector_are_what_config_check_shows(
    project: Project, capsys: pytest.CaptureFixture[str], key: str, old: str, new: str
) -> None:
    project.change("instruments.yml", old, new)
    project.settings()
    assert check(as_json=True) == 0
    shown = [instrument[key] for instrument in json.loads(capsys.readouterr().out)["instruments"]]
    assert new.removeprefix("symbol: ").rstrip(",") in shown


def test_sector_puts_an_instrument_into_a_group(project: Project) -> None:
    project.change("instruments.yml", "etfs: {asset_class: etf}", "oil: {sector: Energy}")
    assert groups(project)["oil"] == ["CVX"]
    project.change(
        "instruments.yml",
        "sector: Financials, asset_class: stock, priority: 2}\n  - {symbol: V,",
        "sector: Energy, asset_class: stock, priority: 2}\n  - {symbol: V,",
    )
    assert groups(project)["oil"] == ["JPM", "CVX"]


def test_asset_class_puts_an_instrument_into_a_group(project: Project) -> None:
    project.change(
        "instruments.yml", "sector: Broad Market, asset_class: etf", "sector: Broad Market, asset_class: stock"
    )
    assert groups(project)["etfs"] == ["QQQ"]


def test_priority_orders_instruments_and_puts_them_into_groups(project: Project) -> None:
    project.change(
        "instruments.yml",
        "sector: Energy, asset_class: stock, priority: 2",
        "sector: Energy, asset_class: stock, priority: 1",
    )
    order = [ticker.symbol for ticker in loader(project).get_all_tickers()]
    assert order.index("CVX") < order.index("SPY") < order.index("JPM")
    assert "CVX" in groups(project)["high_priority"]


def test_valid_from_is_the_first_day_of_a_ticker(project: Project) -> None:
    assert "META" not in tickers(project, LAST_AS_FB)
    assert "META" in tickers(project, FIRST_AS_META)
    project.change("instruments.yml", "valid_from: 2022-06-09", "valid_from: 2022-06-08")
    assert "META" in tickers(project, LAST_AS_FB)


def test_formerly_symbol_is_loaded_under_its_old_name(project: Project) -> None:
    assert "FB" in tickers(project, LAST_AS_FB)
    project.change("instruments.yml", "{symbol: FB,", "{symbol: TFB,")
    assert "TFB" in tickers(project, LAST_AS_FB)
    assert "FB" not in tickers(project, LAST_AS_FB)


def test_formerly_until_is_the_last_day_of_the_old_name(project: Project) -> None:
    assert "FB" not in tickers(project, FIRST_AS_META)
    project.change("instruments.yml", "until: 2022-06-08", "until: 2022-06-09")
    assert "FB" in tickers(project, FIRST_AS_META)


def test_a_group_holds_what_meets_its_conditions(project: Project) -> None:
    project.change("instruments.yml", "all_symbols: {}", "few: {symbols: [V, SPY], asset_class: etf}")
    assert groups(project)["few"] == ["SPY"]
    project.change(
        "instruments.yml", "medium_priority: {priority: 2}", "medium_priority: {priority: 1, asset_class: stock}"
    )
    assert groups(project)["medium_priority"] == ["AAPL", "MSFT", "NVDA", "META"]
