"""Tables of a check are short, ordered, and hold only what the UI can show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import cast

import dagster as dg
import polars as pl
import pytest

from tbp_assets.checks.outcome import WORST_ROWS, counts_table, rows_table

pytestmark = pytest.mark.unit


def records(value: dg.MetadataValue) -> list[dict[str, object]]:
    return [dict(record.data) for record in cast("dg.TableMetadataValue", value).records]


def test_only_the_first_rows_are_shown() -> None:
    shown = records(rows_table(pl.DataFrame({"n": range(WORST_ROWS + 5)})))
    assert [row["n"] for row in shown] == list(range(WORST_ROWS))


def test_values_of_every_type_can_be_shown() -> None:
    frame = pl.DataFrame(
        {"day": [date(2024, 1, 2)], "at": [datetime(2024, 1, 2, tzinfo=UTC)], "x": [1.5], "n": [None], "l": [["a"]]}
    )
    assert records(rows_table(frame)) == [
        {"day": "2024-01-02", "at": "2024-01-02 00:00:00+00:00", "x": 1.5, "n": "", "l": "['a']"}
    ]


def test_columns_say_what_is_a_number() -> None:
    table = cast("dg.TableMetadataValue", counts_table({"price_missing": 2}, "reason"))
    assert [(column.name, column.type) for column in table.schema.columns] == [("reason", "string"), ("rows", "int")]
    shares = cast("dg.TableMetadataValue", rows_table(pl.DataFrame({"share": [0.5]})))
    assert shares.schema.columns[0].type == "float"


def test_empty_frame_keeps_its_columns() -> None:
    table = cast("dg.TableMetadataValue", rows_table(pl.DataFrame({"a": [], "b": []})))
    assert [column.name for column in table.schema.columns] == ["a", "b"]
    assert table.records == []


def test_counts_are_shown_largest_first() -> None:
    shown = records(counts_table({"few": 1, "many": 20, "some": 3}, "reason"))
    assert shown == [{"reason": "many", "rows": 20}, {"reason": "some", "rows": 3}, {"reason": "few", "rows": 1}]
