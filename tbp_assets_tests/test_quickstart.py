"""The quick start's commands run as they stand, with what it says to put into .env, and show what it says they show."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tbp_assets.bars.sessions import expected_sessions
from tbp_assets_tests.alerts.servers import Hook
from tbp_assets_tests.conftest import VARIABLES
from tbp_assets_tests.day_files import day_file, good_rows, write_mirror
from tbp_assets_tests.embedded.postgres.conftest import cleaned_home
from tbp_assets_tests.pages import blocks, commands, read, run_in_order

pytestmark = pytest.mark.integration
PAGE = read("docs/quickstart.md")
DEMO, *REST = PAGE.split("\n## 2. ")
OWN = "\n## 2. ".join(REST)


def test_it_runs_from_the_demo_to_a_backup(tmp_path: Path, httpserver: HTTPServer) -> None:
    hook, plain = Hook(httpserver), {name: value for name, value in os.environ.items() if name not in VARIABLES}
    with cleaned_home(tmp_path / "demo") as demo, cleaned_home(tmp_path / "own") as own:
        invented = {"TBP_HOME": str(demo), "TBP_FLAT_FILES_URL": "synthetic://market?seed=7&tickers=60"}
        assert list(run_in_order(commands(DEMO), plain | invented)) == ["make demo"]
        env_file = {"TBP_HOME": str(own), "TBP_FLAT_FILES_URL": mirror(tmp_path), "TBP_ALERT_WEBHOOK_URL": hook.url}
        said = run_in_order(commands(OWN), plain | env_file | {"BACKUPS": str(tmp_path / "backups")})
    assert [command.split(" ")[1] for command in said] == [
        "config", "doctor", "backfill", "status", "query", "alerts", "backup", "stop"
    ]  # fmt: skip
    printed = {command.split(" ")[1]: text for command, text in said.items()}
    assert "configuration is complete" in printed["config"]
    assert "access us_stocks_sip/day_aggs_v1: may be read from" in printed["doctor"]
    assert "never started" in printed["doctor"]
    assert "not looked at" in printed["doctor"]
    assert "9 loaded" in printed["status"]
    assert "AAPL" in printed["query"]
    assert "webhook: delivered" in printed["alerts"]
    assert len(hook.texts) == 1
    assert (tmp_path / "backups" / "market.dump.books.json").is_file()


def mirror(root: Path) -> str:
    """Write the mirror that stands for the provider, and return its URL."""
    first, last = re.findall(r"tbp backfill (\S+) (\S+)", PAGE)[0]
    return write_mirror(
        root / "flatfiles",
        {day: day_file(good_rows(day)) for day in sorted(expected_sessions(*map(date.fromisoformat, (first, last))))},
    ).as_uri()


def test_what_is_put_into_env_is_what_the_example_knows() -> None:
    (block,) = blocks(PAGE, "ini")
    known = re.findall(r"^#?([A-Z0-9_]+)=", read(".env.example"), re.MULTILINE)
    assert set(re.findall(r"^([A-Z0-9_]+)=", block, re.MULTILINE)) <= set(known)
