"""The rows that were kept out can be counted, read and taken along; those of a rule that was wrong come in."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tbp_assets.bars import rules as rules_module
from tbp_assets.bars.rules import RULES, Rule, rules_version
from tbp_assets.bars.schema import QUARANTINE_SCHEMA
from tbp_assets_tests.cli.terminal import Tbp
from tbp_assets_tests.conftest import Project
from tbp_assets_tests.day_files import THURSDAY, TUESDAY, WEDNESDAY, day_file, good_rows, row
from tbp_assets_tests.storage.days import lake_in

pytestmark = pytest.mark.integration

MANY = tuple(f"X{n:03}" for n in range(100))
RANGE = ("--from", TUESDAY, "--to", THURSDAY)
SPIKED = row("SPY", WEDNESDAY, high=9.75)  # below open and close


@pytest.fixture
def project(project: Project, tbp: Tbp) -> Project:
    """Three days: two bad rows, one, and a day that is withheld."""
    project.publish(
        {
            TUESDAY: day_file([*good_rows(TUESDAY, ("AAPL", *MANY)), row("B\x1b[2J", TUESDAY), row("MSFT", low=-1)]),
            WEDNESDAY: day_file([*good_rows(WEDNESDAY, ("AAPL", *MANY)), SPIKED]),
            THURSDAY: day_file([*good_rows(THURSDAY, ("AAPL",)), row("MSFT", THURSDAY, close="")]),
        }
    )
    tbp("backfill", TUESDAY, THURSDAY).must_be(1)
    return project


def counted(said: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]]:
    return [tuple(found.values()) for found in said["by_day_and_reason"]]


def test_rows_are_counted_by_day_and_first_reason(project: Project, tbp: Tbp) -> None:
    everything = [
        ("2024-01-02", "price_not_positive", 1), ("2024-01-02", "ticker_malformed", 1),
        ("2024-01-03", "high_below_open", 1), ("2024-01-04", "day_withheld", 1), ("2024-01-04", "price_missing", 1),
    ]  # fmt: skip
    assert counted(tbp("quarantine", "list", *RANGE, "--json").json) == everything
    assert counted(tbp("quarantine", "list", "--json").json) == everything
    assert counted(tbp("quarantine", "list", "--ticker", "SPY", "--json").json) == [everything[2]]
    by_any = tbp("quarantine", "list", "--reason", "high_below_close", "--json").json
    assert counted(by_any) == [everything[2]], "a row counts for every rule that it breaks"
    assert "5 rows of 3 days" in tbp("quarantine", "list").out
    assert "no such row is quarantined" in tbp("quarantine", "list", "--ticker", "IBM").out


def test_rows_are_shown_as_they_stand_with_their_line_and_file(project: Project, tbp: Tbp) -> None:
    said = tbp("quarantine", "show", "--from", WEDNESDAY, "--to", WEDNESDAY)
    assert SPIKED in said.out
    assert "high_below_open, high_below_close" in said.out
    assert "line numbers are of us_stocks_sip/day_aggs_v1/2024/01/2024-01-03.csv.gz" in said.out
    (found,) = tbp("quarantine", "show", "--ticker", "SPY", "--json").json["shown"]
    assert (found["line"], found["reasons"]) == (103, ["high_below_open", "high_below_close"])


def test_a_row_cannot_write_on_the_terminal_what_it_likes(project: Project, tbp: Tbp) -> None:
    out = tbp("quarantine", "show", "--reason", "ticker_malformed").out
    assert "\x1b" not in out
    assert "B\N{REPLACEMENT CHARACTER}[2J" in out


def test_a_limit_says_what_it_hides(project: Project, tbp: Tbp) -> None:
    said = tbp("quarantine", "show", "--limit", 2)
    assert "3 more rows: --limit shows more" in said.err
    assert tbp("quarantine", "show", "--limit", 2, "--json").json["rows"] == 5


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_rows_are_exported_to_a_new_file(project: Project, tbp: Tbp, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    tbp("quarantine", "export", path, *RANGE).must_be(0)
    if suffix == "parquet":
        found = pl.read_parquet(path)
        assert found.schema == QUARANTINE_SCHEMA
    else:
        found = pl.read_csv(path)
        assert found["reasons"][2] == "high_below_open high_below_close"
    assert found["ticker"].to_list() == ["B\x1b[2J", "MSFT", "SPY", "AAPL", "MSFT"]
    tbp("quarantine", "export", path).must_be(2, "is there already")


def test_what_makes_no_sense_is_refused(project: Project, tbp: Tbp, tmp_path: Path) -> None:
    tbp("quarantine", "list", "--reason", "bad_luck").must_be(2, "there is no rule 'bad_luck'", "high_below_low")
    tbp("quarantine", "list", "--from", THURSDAY, "--to", TUESDAY).must_be(2, "is after --to")
    tbp("quarantine", "export", tmp_path / "rows.xlsx").must_be(2, "write .csv or .parquet")
    tbp("quarantine", "export", tmp_path / "nowhere" / "rows.csv").must_be(1, "cannot be written")


def test_a_damaged_day_is_named_and_costs_itself_alone(project: Project, tbp: Tbp) -> None:
    fact = lake_in(project.store).fact(WEDNESDAY)
    assert fact is not None
    assert fact.quarantine is not None
    (project.store / lake_in(project.store).key(WEDNESDAY, fact.quarantine)).write_bytes(b"altered")
    said = tbp("quarantine", "list", "--json")
    said.must_be(1, "2024-01-03", "was altered")
    assert said.json["rows"] == 4


def test_a_rule_that_is_mended_lets_its_rows_in_and_the_books_balance(
    project: Project, tbp: Tbp, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.publish({WEDNESDAY: day_file(good_rows(WEDNESDAY, ("AAPL", "SPY", *MANY)))})
    wrong = Rule("wrong_rule", pl.col("ticker") != "SPY", "Nobody trades SPY.")
    backfill = ("backfill", WEDNESDAY, WEDNESDAY, "--json")
    with monkeypatch.context() as patch:
        patch.setattr(rules_module, "RULES", (*RULES, wrong))
        rules_version.cache_clear()
        tbp(*backfill).must_be(0)
        show = ("quarantine", "show", "--ticker", "SPY", "--from", WEDNESDAY, "--to", WEDNESDAY, "--json")
        assert [found["reason"] for found in tbp(*show).json["shown"]] == ["wrong_rule"]
    rules_version.cache_clear()
    said = tbp(*backfill)
    said.must_be(0)
    assert (said.json["downloads"], said.json["inserted"], said.json["failed_checks"]) == (0, 1, [])
    assert said.json["lines"] == 1 + said.json["accepted"]
    assert tbp(*show).json["rows"] == 0
