"""The result of looking at one day, before it becomes a Dagster event."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import dagster as dg
import polars as pl

WORST_ROWS = 20


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """Passed or not, the sentence a trader reads, the tables behind it, and how bad it is not to pass."""

    passed: bool
    description: str
    metadata: Mapping[str, dg.MetadataValue] = field(default_factory=dict[str, dg.MetadataValue])
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR


def counts_text(counts: Mapping[str, int]) -> dg.MetadataValue:
    """Return counts by name in words, largest first: the table stands in a check."""
    return dg.MetadataValue.text(", ".join(f"{name} {count:,}" for name, count in _largest_first(counts)))


def rows_table(frame: pl.DataFrame, limit: int = WORST_ROWS) -> dg.MetadataValue:
    """Return the first rows of a frame as a table for the UI."""
    records = [
        dg.TableRecord({name: value if isinstance(value, int | float) else _text(value) for name, value in row.items()})
        for row in frame.head(limit).to_dicts()
    ]
    columns = [dg.TableColumn(name, _type(dtype)) for name, dtype in frame.schema.items()]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns))


def _type(dtype: pl.DataType) -> str:
    return "int" if dtype.is_integer() else "float" if dtype.is_float() else "string"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def counts_table(counts: Mapping[str, int], label: str) -> dg.MetadataValue:
    """Return counts by name as a table for the UI, largest first."""
    return rows_table(
        pl.DataFrame(_largest_first(counts), schema={label: pl.String(), "rows": pl.Int64()}, orient="row"), limit=100
    )


def _largest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
