"""The set of rules as a set: names, which of them hold for stored bars, and the version that changes with them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tbp_assets.bars import rules
from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.rules import RULES, STORED_RULES, Rule, judged_otherwise, rules_version
from tbp_assets.bars.schema import BAR_SCHEMA
from tbp_assets_tests.bars.judging import judge, validated
from tbp_assets_tests.day_files import TUESDAY, row

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


def expression_digest(rule: Rule) -> str:
    return hashlib.sha256(str(rule.holds).encode()).hexdigest()[:8]


# Version of each rule, and the digest of its expression as the locked polars prints it.
PINNED = {
    "line_too_long": (1, "2c96f813"),
    "not_utf8": (1, "a9e7b06a"),
    "wrong_field_count": (1, "b834ff74"),
    "not_a_number": (1, "5a792b8a"),
    "ticker_malformed": (1, "26ce41d3"),
    "timestamp_missing": (1, "488d073c"),
    "timestamp_not_nanoseconds": (1, "6b40e34a"),
    "timestamp_of_another_date": (1, "b5eb558a"),
    "timestamp_off_minute": (1, "50cb4e9c"),
    "timestamp_not_of_a_day": (1, "4236bcd7"),
    "price_missing": (1, "cd13ff25"),
    "price_not_finite": (1, "79e04232"),
    "price_not_positive": (1, "3aaa4b73"),
    "high_below_low": (1, "1494b278"),
    "high_below_open": (1, "a85aa971"),
    "high_below_close": (1, "419b1e42"),
    "low_above_open": (1, "fb3663ad"),
    "low_above_close": (1, "4249d60c"),
    "volume_not_finite": (1, "1cfe1273"),
    "volume_negative": (1, "5dfc4618"),
    "transactions_negative": (1, "a56d7bd3"),
    "duplicate_key": (1, "c02ffb96"),
    "second_bar_of_day": (1, "67f6e355"),
}


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


@pytest.mark.parametrize("change", [{"version": 2}, {"severity": "warn"}])
def test_the_version_changes_with_a_rules_own(version: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    changed = [replace(RULES[0], **change), *RULES[1:]]
    assert version_with(version, changed) != version_with(version, RULES)


def test_the_version_does_not_depend_on_how_polars_words_an_expression(version: pytest.MonkeyPatch) -> None:
    # It did: an upgrade of polars would have made every stored day one that was judged by other rules.
    said_otherwise = [replace(rule, holds=rule.holds & pl.lit(True)) for rule in RULES]
    assert version_with(version, said_otherwise) == version_with(version, RULES)


def test_an_expression_does_not_change_without_its_version() -> None:
    found = {rule.id: (rule.version, expression_digest(rule)) for rule in RULES}
    changed = {name: pin for name, pin in found.items() if PINNED.get(name) != pin}
    assert found == PINNED, (
        f"raise the version of the rules whose expression changed, then pin {changed}. Where only the wording of a new "
        "polars changed, pin the new digests and leave the versions"
    )


@pytest.mark.parametrize(
    ("rule_id", "expression"),
    [
        ("volume_negative", pl.col("volume") >= 1),
        ("volume_negative", pl.col("volume") > 0),
        ("ticker_malformed", pl.col("ticker").str.contains(r"\A[\x21\x23-\x7e]{1,31}\z").fill_null(value=False)),
        ("high_below_low", pl.col("high") >= pl.col("open")),
    ],
)
def test_the_pin_notices_a_detail_of_an_expression(rule_id: str, expression: pl.Expr) -> None:
    changed = next(replace(rule, holds=expression) for rule in RULES if rule.id == rule_id)
    assert expression_digest(changed) != PINNED[rule_id][1]


def test_a_day_is_judged_otherwise_where_the_lake_says_so() -> None:
    lake = validated([row("AAPL")]).fact
    assert not judged_otherwise(DayFacts(TUESDAY))
    assert not judged_otherwise(DayFacts(TUESDAY, lake=lake))
    assert judged_otherwise(DayFacts(TUESDAY, lake=replace(lake, rules="other")))


def test_the_version_stays_when_only_the_wording_changes(version: pytest.MonkeyPatch) -> None:
    reworded = [replace(RULES[0], text="Said differently."), *RULES[1:]]
    assert version_with(version, reworded) == version_with(version, RULES)
