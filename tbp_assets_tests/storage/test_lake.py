"""What validation made of a day comes back from the lake exactly, and the manifest speaks for what lies there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tbp_assets.bars.facts import LakeFact
from tbp_assets.bars.schema import BAR_SCHEMA, QUARANTINE_SCHEMA
from tbp_assets.errors import StorageError
from tbp_assets.storage.files import Files
from tbp_assets.storage.lake import Lake
from tbp_assets_tests.day_files import HEADER, TUESDAY, WEDNESDAY, good_rows, row
from tbp_assets_tests.storage.days import lake_in, names_in, validated
from tbp_assets_tests.storage.stores import Deviating


class FullAtTheEnd(Deviating):
    """Files whose disk is full once a manifest is written."""

    def replace(self, key: str, content: bytes, version: str | None) -> bool:  # noqa: ARG002
        raise StorageError("full")


AWKWARD = ("NA", "NAN", "TRUE", "BRK.A", "BCPC", "BCpC", "A'B", "\\N")


def files_of(lake: Lake) -> set[str]:
    return set(names_in(lake.store))


def named_by(fact: LakeFact) -> set[str]:
    return {frame.name for frame in (fact.bars, fact.quarantine) if frame} | {f"{fact.trading_date}.json"}


def test_bars_come_back_equal_in_value_dtype_and_order(store: Files) -> None:
    lake, day = lake_in(store), validated([row(ticker) for ticker in AWKWARD])
    assert day.bars.height == len(AWKWARD)
    assert_frame_equal(lake.bars(lake.write(day)), day.bars)


def test_columns_that_the_vendor_added_come_back_as_text(store: Files) -> None:
    lake = lake_in(store)
    day = validated([row("AAPL") + ",007", row("MSFT") + ","], header=HEADER + ",otc")
    stored = lake.bars(lake.write(day))
    assert stored["vendor_otc"].to_list() == ["007", ""]
    assert_frame_equal(stored, day.bars)


@pytest.mark.unit
@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**62), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_nanoseconds_and_floats_survive(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[int, float]]
) -> None:
    lake, day = lake_in(tmp_path_factory.mktemp("lake")), validated([row(f"T{n}") for n in range(len(values))])
    stamps, prices = zip(*values, strict=True)
    drawn = pl.Series("timestamp", stamps, pl.Int64).cast(BAR_SCHEMA["timestamp"]), pl.Series("open", prices)
    stored = lake.bars(lake.write(replace(day, bars=day.bars.with_columns(*drawn))))
    assert stored["timestamp"].to_physical().to_list() == list(stamps)
    assert [price.hex() for price in stored["open"]] == [price.hex() for price in prices]


def test_rejected_rows_keep_reasons_source_and_line(store: Files) -> None:
    lake = lake_in(store)
    good = [row(f"T{n}") for n in range(40)]
    day = validated([*good, row("BAD", high=1.0, open=-1)])
    stored = lake.quarantine(lake.write(day))
    assert stored.schema == QUARANTINE_SCHEMA
    assert stored.select("line", "ticker", "source_key", "source_sha256", "text").row(0) == (
        42, "BAD", day.fact.source_key, day.fact.source_sha256, row("BAD", high=1.0, open=-1)
    )  # fmt: skip
    assert stored["reason"].item() == "price_not_positive"
    assert stored["reasons"].item().to_list() == [
        "price_not_positive",
        "high_below_low",
        "high_below_close",
        "low_above_open",
    ]


def test_fact_comes_back_with_the_frames_it_names(store: Files) -> None:
    lake = lake_in(store)
    fact = lake.write(validated([*good_rows(TUESDAY, [f"T{n}" for n in range(40)]), row("BAD", low="")]))
    assert lake.fact(TUESDAY) == fact
    assert fact.bars is not None
    assert fact.quarantine is not None
    assert (fact.bars.rows, fact.quarantine.rows) == (40, 1)
    assert files_of(lake) == named_by(fact)


@pytest.mark.unit
def test_day_never_validated_has_no_fact_and_no_rows() -> None:
    lake = lake_in(Path("/nowhere"))
    assert lake.fact(TUESDAY) is None
    assert (lake.bars(None).schema, lake.bars(None).height) == (BAR_SCHEMA, 0)
    assert (lake.quarantine(None).schema, lake.quarantine(None).height) == (QUARANTINE_SCHEMA, 0)


def test_day_without_rejected_rows_has_no_quarantine_file(store: Files) -> None:
    lake = lake_in(store)
    fact = lake.write(validated(good_rows(TUESDAY)))
    assert fact.quarantine is None
    assert lake.quarantine(fact).schema == QUARANTINE_SCHEMA


def test_withheld_day_has_no_bars_file_and_all_its_rows_in_quarantine(store: Files) -> None:
    lake = lake_in(store)
    fact = lake.write(validated([*good_rows(TUESDAY), row("BAD", close="")]))
    assert (fact.status, fact.bars, lake.bars(fact).height) == ("withheld", None, 0)
    assert lake.quarantine(fact)["reason"].to_list() == [*["day_withheld"] * 4, "price_missing"]


def test_superseded_files_are_removed_and_other_days_stay(store: Files) -> None:
    lake = lake_in(store)
    other = lake.write(validated(good_rows(WEDNESDAY), WEDNESDAY))
    lake.write(validated(good_rows(TUESDAY)))
    newer = lake.write(validated(good_rows(TUESDAY)[:2]))
    assert files_of(lake) == named_by(newer) | named_by(other)


def test_manifest_is_written_last(store: Files) -> None:
    whole = lake_in(store)
    older = whole.write(validated(good_rows(TUESDAY)))
    interrupted = replace(whole, store=FullAtTheEnd(store))
    with pytest.raises(StorageError):
        interrupted.write(validated(good_rows(TUESDAY)[:2]))
    assert whole.fact(TUESDAY) == older
    assert whole.bars(older).height == 4


def test_same_content_is_the_same_file(store: Files) -> None:
    lake, day = lake_in(store), validated(good_rows(TUESDAY))
    later = replace(day, fact=replace(day.fact, validated_at=datetime(2030, 1, 1, tzinfo=UTC)))
    assert lake.write(day).bars == lake.write(later).bars
