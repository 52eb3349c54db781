"""`tbp config check`: are the four files and the environment enough for what was chosen?"""

from __future__ import annotations

import pytest

from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project

pytestmark = pytest.mark.unit
CONFIGURED = ["AAPL", "MSFT", "NVDA", "META", "JPM", "V", "CVX", "LLY", "UNH", "WMT", "SPY", "QQQ"]


def test_a_complete_configuration_names_the_instruments_and_groups(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check")
    said.must_be(0)
    lines = said.out.splitlines()
    assert sorted(line.split()[0] for line in lines[1:13]) == sorted(CONFIGURED)
    assert "etfs: SPY QQQ" in lines
    assert any("META" in line and "2022-06-09" in line and "FB until 2022-06-08" in line for line in lines)
    assert lines[-1] == "configuration is complete"


def test_a_program_gets_the_same(project: Project, tbp: Tbp) -> None:
    found = tbp("config", "check", "--json").json
    assert (found["ok"], found["missing"]) == (True, [])
    assert sorted(each["symbol"] for each in found["instruments"]) == sorted(CONFIGURED)
    assert set(found["groups"]) == {"high_priority", "medium_priority", "etfs", "all_stocks", "all_symbols"}


def test_what_is_missing_is_named_with_variable_and_file(project: Project, tbp: Tbp) -> None:
    said = tbp("config", "check", TBP_FLAT_FILES_URL="s3://flatfiles", DB_HOST="db.example.com", DB_USER="trader")
    said.must_be(
        1,
        "POLYGON_S3_ACCESS_KEY is not set (config/s3.yml asks for it: access_key)",
        "POLYGON_S3_SECRET_KEY is not set (config/s3.yml asks for it: secret_key)",
        "DB_PASSWORD is not set (config/database.yml asks for it: password)",
    )
    assert "DB_USER" not in said.err
    assert said.out.splitlines()[-1] == "configuration is not complete"


def test_no_source_is_incomplete(project: Project, tbp: Tbp) -> None:
    tbp("config", "check", TBP_FLAT_FILES_URL="").must_be(1, "no source of day files: set TBP_FLAT_FILES_URL")
    assert tbp("config", "check", "--json").json["ok"] is False


def test_secrets_are_not_printed(project: Project, tbp: Tbp) -> None:
    secrets = {name: f"secret-{name}" for name in ("POLYGON_S3_ACCESS_KEY", "POLYGON_S3_SECRET_KEY", "DB_PASSWORD")}
    choices = {"TBP_FLAT_FILES_URL": "s3://flatfiles", "DB_HOST": "db.example.com", "DB_USER": "trader"}
    for command in (("config", "check"), ("config", "check", "--json")):
        said = tbp(*command, **secrets, **choices)
        said.must_be(0)
        assert "secret-" not in said.out + said.err


def test_an_added_instrument_is_named(project: Project, tbp: Tbp) -> None:
    line = '\n  - {symbol: "TRUE", name: TrueCar, sector: Technology, asset_class: stock, priority: 3}'
    project.change("instruments.yml", "\ninstruments:", "\ninstruments:" + line)
    assert "TrueCar" in tbp("config", "check").out
