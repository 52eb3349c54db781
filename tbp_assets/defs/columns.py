"""The table schemas the UI shows: columns, their meaning, and the rules they keep."""

import dagster as dg

from tbp_assets.bars.rules import STORED_RULES
from tbp_assets.bars.schema import BAR_COLUMNS, BarColumn

IN_THE_LAKE_ONLY = {"trading_date", "line"}
POSTGRES_TYPES = {"String": "text", "Float64": "double precision", "Int64": "bigint"}
OF_THE_TABLE_ONLY = (
    ("timeframe", "text", "Length of the bar: 1d."),
    ("data_source", "text", "Whose bar it is: polygon, or synthetic for invented ones."),
    ("batch_id", "bigint", "The load_ledger row that wrote the bar as it stands."),
    ("ingested_at", "timestamptz", "When it was written."),
)
METRICS = (
    ("ticker", "text", "Ticker; (other tickers): those without a fault in one row; (no ticker): it cannot be read."),
    ("date", "date", "Trading date in New York."),
    ("data_type", "text", "The vendor's dataset."),
    ("data_source", "text", "Whose bars: polygon, or synthetic for invented ones."),
    ("total_rows", "bigint", "Rows of the ticker in the day file: accepted + rejected."),
    ("accepted_rows", "bigint", "Rows that keep every rule."),
    ("rejected_rows", "bigint", "Rows in quarantine; all rows of a file that is refused or withheld."),
    ("modified_rows", "bigint", "Accepted rows whose missing volume became 0."),
    ("rejection_reasons", "jsonb", "Rejected rows by the first rule each breaks."),
    ("flags", "jsonb", "How often each flag was raised; flags never drop a row."),
    ("quality_score", "numeric(5,2)", "100 * accepted / total, rounded down; null without rows."),
    ("created_at", "timestamptz", "When the row was written."),
)


def lake_columns() -> dg.TableSchema:
    """Return the columns of a stored bar."""
    return dg.TableSchema([_column(column, str(column.dtype)) for column in BAR_COLUMNS])


def table_columns() -> dg.TableSchema:
    """Return the columns of market_data_raw."""
    shared = [
        _column(column, POSTGRES_TYPES.get(str(column.dtype), "timestamptz"))
        for column in BAR_COLUMNS
        if column.name not in IN_THE_LAKE_ONLY
    ]
    own = [
        dg.TableColumn(name, type_, text, dg.TableColumnConstraints(nullable=False))
        for name, type_, text in OF_THE_TABLE_ONLY
    ]
    return dg.TableSchema([*shared, *own])


def metrics_columns() -> dg.TableSchema:
    """Return the columns of data_quality_metrics."""
    return dg.TableSchema([dg.TableColumn(name, type_, text) for name, type_, text in METRICS])


def _column(column: BarColumn, type_: str) -> dg.TableColumn:
    rules = [rule.text for rule in STORED_RULES if column.name in rule.holds.meta.root_names()]
    return dg.TableColumn(
        column.name, type_, column.text, dg.TableColumnConstraints(nullable=column.nullable, other=rules)
    )
