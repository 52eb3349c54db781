"""Say in the database what every column, and Alembic's own table, holds; what had a comment before keeps it.

A comment locks its table against other changes of the schema only: rows are read and written meanwhile, and neither
chunks nor compressed ones of a hypertable are touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOSE: Final = "Whose bars: polygon, or synthetic for invented ones; a database holds only one of the two."
DATA_TYPE: Final = "Dataset of the day files: us_stocks_day_aggs."
RUN: Final = "Dagster run that wrote the row."

BAR: Final = {
    "ticker": "Ticker as the vendor spells it; case-sensitive, ordered as bytes.",
    "timeframe": "Length of the bar: 1d.",
    "data_source": WHOSE,
    "open": "First price, USD, unadjusted.",
    "high": "Highest price, USD, unadjusted.",
    "low": "Lowest price, USD, unadjusted.",
    "close": "Last price, USD, unadjusted.",
    "volume": "Shares traded, unadjusted; may be fractional. A volume the vendor left out is 0.",
    "transactions": "Number of trades; null where the vendor gave none.",
}

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "market_data_raw": BAR | {"ingested_at": "When it was written as it stands: loaded_at of its load."},
    "market_data_revisions": BAR,
    "load_ledger": {
        "batch_id": "Number of the load: later loads have larger ones; numbers may be left out.",
        "dataset": DATA_TYPE,
        "data_source": WHOSE,
        "trading_date": "Trading date in New York.",
        "source_sha256": "Of the compressed day file as the provider sent it.",
        "rules": "Version of the rules that judged the file.",
        "universe": "Its name: configured, a group of instruments.yml, or all; of a partial load also the tickers.",
        "universe_hash": "Identity of its tickers and their dates, whatever the name.",
        "run_id": RUN,
        "accepted": "Bars of the day in the lake, whole market.",
        "selected": "Those of them inside the universe: all are in market_data_raw after the load.",
        "outside": "The others by reason: not_in_universe, outside_validity.",
        "inserted": "Bars that were new.",
        "updated": "Bars that got other values; what they were is in market_data_revisions.",
        "deleted": "Bars that were taken away; what they were is in market_data_revisions.",
        "unchanged": "Bars that were there with the same values.",
        "loaded_at": "When the load began to write, after the lock on the day: later than every earlier load of it.",
        "partial": "Only some tickers were asked for: a load that does not stand for the day.",
    },
    "failed_downloads": {
        "id": "Number of the row.",
        "data_type": DATA_TYPE,
        "data_source": WHOSE,
        "date": "Trading date in New York.",
        "error_type": (
            "Kind of the newest fault: network, rate_limit, auth, not_entitled, not_published, parsing, quality, "
            "database, storage or configuration."
        ),
        "error_message": "The newest fault in words, cut to 2,000 characters; secrets are masked.",
        "created_at": "First fault.",
        "last_attempt_at": "Newest fault.",
        "resolved_at": "When the day was repaired; null while it is not.",
    },
    "data_quality_metrics": {
        "date": "Trading date in New York.",
        "data_type": DATA_TYPE,
        "data_source": WHOSE,
        "total_rows": "Rows in the day file: accepted + rejected.",
        "accepted_rows": "Rows that keep every rule.",
        "rejected_rows": "Rows in quarantine; all rows of a file that is refused or withheld.",
        "modified_rows": "Accepted rows whose missing volume became 0.",
        "rejection_reasons": "Rejected rows by the first rule each breaks; file_refused, day_withheld for whole files.",
        "created_at": "When the row was written.",
    },
    "data_quality_flags": {
        "ticker": BAR["ticker"],
        "date": "Trading date in New York.",
        "data_type": DATA_TYPE,
        "data_source": WHOSE,
        "rule": "Name of the flag, as in quality.flags of pipeline.yml, where its severity is set.",
        "observed": "What was seen, in the unit of the flag.",
        "reference": "What it is compared with; null where the flag compares with nothing.",
        "detail": "What the two numbers do not say, such as the ratio of a split; empty where they say all.",
    },
    "data_quality_days": {
        "date": "Trading date in New York.",
        "data_type": DATA_TYPE,
        "data_source": WHOSE,
        "source_sha256": "Of the compressed day file that was measured.",
        "run_id": RUN,
        "measured_at": "When it was measured.",
    },
    "alerts_sent": {
        "id": "Number of the row.",
        "data_type": DATA_TYPE,
        "data_source": WHOSE,
        "channel": "Who told it: webhook or email.",
        "kind": (
            "What kind of trouble it is, as in alerts.events of pipeline.yml: run_failure, missing_day, check_failure, "
            "restatement or retries_exhausted."
        ),
        "what": "A line for people.",
        "sent_at": "When the row was written, just before the message was handed over.",
    },
    "alert_channels": {
        "data_type": DATA_TYPE,
        "data_source": WHOSE,
        "channel": "webhook or email.",
    },
}
OF_ALEMBIC: Final = {
    "TABLE {}": "Revision of this schema; the command migrate brings it to the release that runs.",
    "COLUMN {}.version_num": "Four digits, as in tbp_assets/storage/migrations/versions.",
}


def upgrade() -> None:
    """Comment on what has no comment yet."""
    for place, words in _comments().items():
        op.execute(f"COMMENT ON {place} IS '{words}'")


def downgrade() -> None:
    """Take the comments away again."""
    for place in _comments():
        op.execute(f"COMMENT ON {place} IS NULL")


def _comments() -> dict[str, str]:
    of_columns = {
        f"COLUMN {table}.{column}": words for table, columns in COLUMNS.items() for column, words in columns.items()
    }
    version_table = context.config.attributes["version_table"]
    return of_columns | {place.format(version_table): words for place, words in OF_ALEMBIC.items()}
