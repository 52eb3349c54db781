"""The set of rules as a set: names, which of them hold for stored bars, and the version that changes with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl
import pytest

from tbp_assets.bars import rules
from tbp_assets.bars.rules import RULES, STORED_RULES, Rule, rules_version
from tbp_assets.bars.schema import BAR_SCHEMA
from tbp_assets_tests.bars.judging import judge
from tbp_assets_tests.day_files import row

pytestmark = pytest.mark.unit


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let a test replace the rules; the version is computed anew before and after."""
    rules_version.cache_clear()
    yield monkeypatch
    rules_version.cache_clear()


def version_with(monkeypatch: pytest.MonkeyPatch, changed: Sequence[Rule]) -> str:
    monkeypatch.setattr(rules, "RULES", tuple(changed))
    rules_version.cache_clear()
    return rules_version()


def with_expression(rule_id: str, expression: pl.Expr) -> list[Rule]:
    assert rule_id in {rule.id for rule in RULES}
    return [replace(rule, holds=expression) if rule.id == rule_id else rule for rule in RULES]


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert sorted(set(ids)) == sorted(ids)


def test_every_rule_explains_itself() -> None:
    assert [rule.id for rule in RULES if not rule.text.endswith(".")] == []


def test_rules_on_the_text_of_a_line_cannot_be_checked_on_stored_bars() -> None:
    assert {rule.id for rule in RULES} - {rule.id for rule in STORED_RULES} == {
        "line_too_long", "not_utf8", "wrong_field_count", "not_a_number"
    }  # fmt: skip


def test_stored_rules_use_columns_of_a_stored_bar_only() -> None:
    columns = {name for rule in STORED_RULES for name in rule.holds.meta.root_names()}
    assert columns <= set(BAR_SCHEMA)


def test_every_stored_float_has_a_finiteness_rule() -> None:
    bars = judge([row("AAPL"), row("MSFT")]).accepted
    floats = [name for name, dtype in BAR_SCHEMA.items() if dtype == pl.Float64]
    for name in floats:
        for value in (float("inf"), float("nan")):
            bad = bars.with_columns(pl.lit(value).alias(name))
            kept = bad.select(pl.all_horizontal(rule.holds for rule in STORED_RULES)).to_series()
            assert not kept.any(), f"{value} passes in {name}"


def test_accepted_bars_keep_every_stored_rule() -> None:
    bars = judge([row("AAPL"), row("MSFT", volume="", transactions=""), row("BAD", low=-1)]).accepted
    kept = bars.select(pl.all_horizontal(rule.holds.fill_null(value=True) for rule in STORED_RULES)).to_series()
    assert kept.to_list() == [True, True]


def test_the_version_is_twelve_hexadecimal_digits() -> None:
    assert len(rules_version()) == 12
    assert int(rules_version(), 16) > 0


def test_the_version_is_the_same_in_another_process() -> None:
    code = "from tbp_assets.bars.rules import rules_version; print(rules_version())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == rules_version()


def test_the_version_changes_when_a_rule_is_dropped(version: pytest.MonkeyPatch) -> None:
    assert version_with(version, RULES[:-1]) != version_with(version, RULES)


def test_the_version_changes_when_a_rule_is_renamed(version: pytest.MonkeyPatch) -> None:
    renamed = [replace(RULES[0], id="another_name"), *RULES[1:]]
    assert version_with(version, renamed) != version_with(version, RULES)


@pytest.mark.parametrize(
    ("rule_id", "expression"),
    [
        ("volume_negative", pl.col("volume") >= 1),
        ("volume_negative", pl.col("volume") > 0),
        ("ticker_malformed", pl.col("ticker").str.contains(r"\A[\x21\x23-\x7e]{1,31}\z").fill_null(value=False)),
        ("high_below_low", pl.col("high") >= pl.col("open")),
    ],
)
def test_the_version_changes_with_a_detail_of_an_expression(
    version: pytest.MonkeyPatch, rule_id: str, expression: pl.Expr
) -> None:
    assert version_with(version, with_expression(rule_id, expression)) != version_with(version, RULES)


def test_the_version_stays_when_only_the_wording_changes(version: pytest.MonkeyPatch) -> None:
    reworded = [replace(RULES[0], text="Said differently."), *RULES[1:]]
    assert version_with(version, reworded) == version_with(version, RULES)
