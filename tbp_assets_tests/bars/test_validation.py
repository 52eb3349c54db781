"""A whole day judged: accepted, withheld where too much of it is bad, refused where it cannot be read."""

from __future__ import annotations

import gzip

import pytest

from tbp_assets.bars.accounting import lake_balance
from tbp_assets.bars.rules import rules_version
from tbp_assets.bars.schema import BAR_SCHEMA, QUARANTINE_SCHEMA
from tbp_assets_tests.bars.judging import validated, validated_content
from tbp_assets_tests.day_files import HEADER, TUESDAY, day_file, row

pytestmark = pytest.mark.unit

KEY = "us_stocks_sip/day_aggs_v1/2024/01/2024-01-02.csv.gz"


def rows(good: int, bad: int) -> list[str]:
    return [row(f"G{n}") for n in range(good)] + [row(f"B{n}", low=-1) for n in range(bad)]


def test_a_good_day_is_validated() -> None:
    fact = validated(rows(3, 0)).fact
    assert (fact.status, fact.accepted, fact.quarantined, fact.lines, fact.cause) == ("validated", 3, 0, 4, "")


def test_the_fact_says_what_was_judged_by_what() -> None:
    fact = validated(rows(3, 0)).fact
    assert (fact.trading_date, fact.source_key, fact.source_sha256) == (TUESDAY, KEY, "ab" * 32)
    assert (fact.data_source, fact.rules) == ("polygon", rules_version())


def test_a_day_at_the_threshold_is_not_withheld() -> None:
    day = validated(rows(19, 1), max_rejected_share=0.05)
    assert (day.fact.status, day.fact.accepted, day.fact.rejected) == ("validated", 19, {"price_not_positive": 1})


def test_a_day_above_the_threshold_is_withheld() -> None:
    assert validated(rows(18, 1), max_rejected_share=0.05).fact.status == "withheld"


def test_a_threshold_of_zero_withholds_a_day_with_one_bad_row() -> None:
    assert validated(rows(10_000, 1), max_rejected_share=0).fact.status == "withheld"
    assert validated(rows(10, 0), max_rejected_share=0).fact.status == "validated"


def test_all_rows_of_a_withheld_day_are_quarantined_with_their_reasons() -> None:
    day = validated(rows(2, 1))
    assert day.bars.height == 0
    assert day.quarantine.select("line", "ticker", "reason").rows() == [
        (2, "G0", "day_withheld"), (3, "G1", "day_withheld"), (4, "B0", "price_not_positive")
    ]  # fmt: skip
    assert day.fact.rejected == {"price_not_positive": 1, "day_withheld": 2}


def test_the_books_of_a_withheld_day_balance() -> None:
    fact = validated(rows(2, 1)).fact
    assert lake_balance(fact).holds
    assert (fact.accepted, fact.quarantined) == (0, 3)


def test_a_withheld_day_names_file_share_limit_and_worst_reason() -> None:
    bad = [*rows(2, 2), row("V", volume=-1)]
    cause = validated(bad).fact.cause
    assert cause.startswith(f"{KEY}: 60.0% of the rows were rejected, more than 5.0%")
    assert "mostly price_not_positive (2 rows)" in cause


def test_a_withheld_day_counts_no_modified_rows() -> None:
    assert validated([row("A", volume=""), row("B", low=-1)]).fact.modified == {}


def test_a_day_of_bad_rows_only_has_no_withheld_good_ones() -> None:
    assert validated(rows(0, 3)).fact.rejected == {"price_not_positive": 3}


def test_a_file_that_cannot_be_read_is_refused_with_its_key() -> None:
    day = validated_content(day_file([row()])[:-4], 2)
    assert day.fact.status == "refused"
    assert day.fact.cause.startswith(f"{KEY}: not a whole gzip file")


def test_a_refused_day_has_no_rows_anywhere() -> None:
    day = validated_content(gzip.compress(b"other,layout\n1,2\n"), 2)
    assert (day.bars.schema, day.bars.height) == (BAR_SCHEMA, 0)
    assert (day.quarantine.schema, day.quarantine.height) == (QUARANTINE_SCHEMA, 0)
    assert (day.fact.accepted, day.fact.quarantined) == (0, 0)


@pytest.mark.parametrize("bad", [0, 1, 30])
def test_the_quarantine_always_has_the_stored_schema(bad: int) -> None:
    assert validated(rows(30, bad)).quarantine.schema == QUARANTINE_SCHEMA


def test_quarantined_rows_say_which_file_they_came_from() -> None:
    quarantine = validated(rows(30, 1)).quarantine
    assert quarantine.select("trading_date", "source_key", "source_sha256", "text").rows() == [
        (TUESDAY, KEY, "ab" * 32, row("B0", low=-1))
    ]


def test_extra_columns_are_in_the_fact() -> None:
    day = validated([row("A") + ",x"], header=HEADER + ",otc")
    assert day.fact.extra_columns == ("vendor_otc",)
    assert day.bars["vendor_otc"].to_list() == ["x"]
