"""What is said of a validated day, on the files as they lie on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import dagster as dg
import polars as pl
import pytest

from tbp_assets.checks import bar_schema
from tbp_assets.checks.frames import DAYS_IN_A_FRAME, in_frames
from tbp_assets.checks.lake import bars_match_schema, every_line_accounted_for, stored_days
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.storage.lake import Lake
from tbp_assets_tests.day_files import FRIDAY, HEADER, THURSDAY, TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import lake_in, validated

pytestmark = pytest.mark.unit

DAYS = [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]


def filled(root: Path) -> Lake:
    lake = lake_in(root)
    for day in DAYS:
        lake.write(validated(good_rows(day), day))
    return lake


def matches(lake: Lake, days: list[date]) -> dict[date, CheckOutcome]:
    return {day.trading_date: bars_match_schema(day) for day in stored_days(lake, days)}


def books_of(lake: Lake) -> CheckOutcome:
    return every_line_accounted_for(next(stored_days(lake, [TUESDAY])))


def overwrite(lake: Lake, day: date, bars: pl.DataFrame) -> None:
    """Put other bars where a day's lie, and a manifest that vouches for them."""
    good = validated(good_rows(day), day)
    lake.write(replace(good, bars=bars))


def table(outcome: CheckOutcome, name: str) -> list[dict[str, object]]:
    return [dict(record.data) for record in cast("dg.TableMetadataValue", outcome.metadata[name]).records]


def test_good_days_pass(tmp_path: Path) -> None:
    found = matches(filled(tmp_path), DAYS)
    assert {day: (outcome.passed, outcome.description) for day, outcome in found.items()} == dict.fromkeys(
        DAYS, (True, "4 bars keep every rule.")
    )


def test_damaged_parquet_fails_its_day_and_no_other(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    fact = lake.fact(WEDNESDAY)
    assert fact is not None
    assert fact.bars is not None
    lake.store.write(lake.key(WEDNESDAY, fact.bars), b"PAR1")
    found = matches(lake, DAYS)
    assert [day for day, outcome in found.items() if not outcome.passed] == [WEDNESDAY]
    assert found[WEDNESDAY].description.startswith("2024-01-03: lake file ")
    assert found[WEDNESDAY].description.endswith("was altered; materialize validated_bars again")


def test_bad_value_fails_its_day_and_shows_rule_and_row(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    bars = validated(good_rows(THURSDAY), THURSDAY).bars
    overwrite(lake, THURSDAY, bars.with_columns(close=bars["close"].scatter([0, 2], 99.0)))
    found = matches(lake, DAYS)
    assert [day for day, outcome in found.items() if not outcome.passed] == [THURSDAY]
    assert found[THURSDAY].description.startswith("2 faults in 4 stored bars")
    assert table(found[THURSDAY], "faults") == [{"rule": "high_below_close", "rows": 2}]
    assert [each["ticker"] for each in table(found[THURSDAY], "worst rows")] == ["AAPL", "SPY"]


@pytest.mark.parametrize("older", [pl.col("close").cast(pl.Float32), pl.lit(1.0).alias("vwap")])
def test_file_of_another_schema_fails_its_day_and_no_other(tmp_path: Path, older: pl.Expr) -> None:
    lake = filled(tmp_path)
    overwrite(lake, FRIDAY, validated(good_rows(FRIDAY), FRIDAY).bars.with_columns(older))
    assert [day for day, outcome in matches(lake, DAYS).items() if not outcome.passed] == [FRIDAY]


def test_day_with_added_columns_passes_among_others(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    lake.write(validated([row("AAPL", FRIDAY) + ",x"], FRIDAY, header=HEADER + ",otc"))
    assert all(outcome.passed for outcome in matches(lake, DAYS).values())


def test_same_tickers_on_two_days_are_no_duplicates(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    assert all(outcome.passed for outcome in matches(lake, DAYS[:2]).values())


def test_damaged_manifest_fails_its_day_and_no_other(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    lake.store.write(f"{lake.directory(TUESDAY)}/{TUESDAY}.json", b"{")
    found = matches(lake, DAYS)
    assert [day for day, outcome in found.items() if not outcome.passed] == [TUESDAY]
    assert "is damaged (1 faults): run the day again" in found[TUESDAY].description
    assert not books_of(lake).passed


def test_withheld_and_refused_days_fail_with_their_cause(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    lake.write(validated([*good_rows(TUESDAY), row("BAD", low="")]))
    lake.write(validated([], WEDNESDAY, header="ticker,price"))
    found = matches(lake, [TUESDAY, WEDNESDAY])
    assert not any(outcome.passed for outcome in found.values())
    assert "The whole day is withheld" in found[TUESDAY].description
    assert "the header lacks volume" in found[WEDNESDAY].description


def test_day_without_a_file_passes(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    assert matches(lake, [TUESDAY])[TUESDAY].passed
    assert books_of(lake).passed


def test_days_are_read_a_bounded_number_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [TUESDAY + timedelta(days=n) for n in range(2 * DAYS_IN_A_FRAME + 1)]
    assert [len(batch) for batch in in_frames(days)] == [DAYS_IN_A_FRAME, DAYS_IN_A_FRAME, 1]
    frames = list[int]()

    def counting(bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
        assert timeframe == "1d"
        frames.append(bars.height)
        return pl.DataFrame()

    monkeypatch.setattr(bar_schema, "schema_failures", counting)
    assert list(matches(filled(tmp_path), days)) == days
    assert frames == [16]


def test_books_that_balance_pass_and_show_what_was_kept_out(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    rows = [row(f"T{n}") for n in range(58)]
    lake.write(validated([*rows, row("BAD", low=""), row("WORSE", open=-1), row("VOID", volume="")]))
    outcome = books_of(lake)
    assert (outcome.passed, outcome.description) == (True, "62 lines - 1 header = 59 accepted + 2 quarantined")
    assert table(outcome, "quarantined by reason") == [
        {"reason": "price_missing", "rows": 1},
        {"reason": "price_not_positive", "rows": 1},
    ]
    assert table(outcome, "modified") == [{"change": "volume_missing", "rows": 1}]
    assert [(each["line"], each["ticker"]) for each in table(outcome, "worst rows")] == [(60, "BAD"), (61, "WORSE")]


@pytest.mark.parametrize("lines", [5, 7, 0])
def test_books_that_do_not_balance_fail(tmp_path: Path, lines: int) -> None:
    lake, day = lake_in(tmp_path), validated(good_rows(TUESDAY))
    fact = lake.write(replace(day, fact=replace(day.fact, lines=lines)))
    outcome = books_of(lake)
    assert outcome.passed is (lines == 5)
    assert outcome.description.startswith(f"{lines} lines - 1 header = {fact.accepted} accepted")


def test_manifest_that_counts_other_rows_than_are_stored_fails(tmp_path: Path) -> None:
    lake, day = lake_in(tmp_path), validated(good_rows(TUESDAY))
    lake.write(replace(day, bars=day.bars.head(3)))
    outcome = books_of(lake)
    assert not outcome.passed
    assert outcome.description.endswith("but the stored files hold other counts")


def test_withheld_day_still_accounts_for_every_row(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    lake.write(validated([*good_rows(TUESDAY), row("BAD", low="")]))
    outcome = books_of(lake)
    assert outcome.passed
    assert outcome.description.startswith("6 lines - 1 header = 0 accepted + 5 quarantined. us_stocks_sip/")


def test_refused_file_accounts_for_none_of_its_rows_and_fails(tmp_path: Path) -> None:
    lake = lake_in(tmp_path)
    lake.write(validated([*good_rows(TUESDAY)], header="ticker,price"))
    outcome = books_of(lake)
    assert not outcome.passed
    assert "the header lacks" in outcome.description
