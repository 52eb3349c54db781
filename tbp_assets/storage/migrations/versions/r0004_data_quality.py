"""Create data_quality_metrics, data_quality_flags and data_quality_days; time loads in load_ledger."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

METRICS = """
CREATE TABLE data_quality_metrics (
    ticker text COLLATE "C" NOT NULL,
    date date NOT NULL,
    data_type text COLLATE "C" NOT NULL,
    data_source text COLLATE "C" NOT NULL,
    total_rows bigint NOT NULL CHECK (total_rows >= 0),
    accepted_rows bigint NOT NULL CHECK (accepted_rows >= 0),
    rejected_rows bigint NOT NULL CHECK (rejected_rows >= 0),
    modified_rows bigint NOT NULL CHECK (modified_rows BETWEEN 0 AND accepted_rows),
    rejection_reasons jsonb NOT NULL,
    flags jsonb NOT NULL,
    quality_score numeric(5, 2) GENERATED ALWAYS AS (trunc(100.0 * accepted_rows / NULLIF(total_rows, 0), 2)) STORED,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticker, date, data_type, data_source),
    CONSTRAINT every_row_is_accepted_or_rejected CHECK (total_rows = accepted_rows + rejected_rows)
)
"""

FLAGS = """
CREATE TABLE data_quality_flags (
    ticker text COLLATE "C" NOT NULL,
    date date NOT NULL,
    data_type text COLLATE "C" NOT NULL,
    data_source text COLLATE "C" NOT NULL,
    rule text COLLATE "C" NOT NULL,
    observed double precision,
    reference double precision,
    detail text NOT NULL,
    PRIMARY KEY (ticker, date, rule, data_type, data_source)
)
"""

DAYS = """
CREATE TABLE data_quality_days (
    date date NOT NULL,
    data_type text COLLATE "C" NOT NULL,
    data_source text COLLATE "C" NOT NULL,
    source_sha256 text NOT NULL,
    judged_by text NOT NULL,
    run_id text NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (data_type, data_source, date)
)
"""

STATEMENTS = (
    "CREATE INDEX data_quality_metrics_day ON data_quality_metrics (data_type, data_source, date)",
    "CREATE INDEX data_quality_flags_day ON data_quality_flags (data_type, data_source, date)",
    # Of loads before this revision nobody knows it.
    "ALTER TABLE load_ledger ADD COLUMN seconds double precision",
)

COMMENTS = {
    "TABLE data_quality_metrics": "Rows of a day file by ticker; those of a day add up to its lines less the header.",
    "COLUMN data_quality_metrics.ticker": (
        "(other tickers): those without a fault, in one row; (no ticker): rows of which it cannot be read."
    ),
    "COLUMN data_quality_metrics.quality_score": (
        "100 * accepted / total, rounded down: 100.00 means every row. Null where the file has no row of the ticker."
    ),
    "COLUMN data_quality_metrics.flags": "How often each flag was raised; flags never drop a row.",
    "TABLE data_quality_flags": "Bars of the universe, and absences, that are worth a look.",
    "TABLE data_quality_days": "What each day was measured from, committed together with its metrics.",
    "COLUMN data_quality_days.judged_by": (
        "Identity of the file, its earlier days, the universe and the flag settings: another one calls for a new look."
    ),
    "COLUMN load_ledger.seconds": "From the lock on the day to its ledger row.",
}


def upgrade() -> None:
    """Create the tables."""
    for statement in (METRICS, FLAGS, DAYS, *STATEMENTS):
        op.execute(statement)
    for place, words in COMMENTS.items():
        op.execute(f"COMMENT ON {place} IS '{words}'")


def downgrade() -> None:
    """Drop the tables."""
    op.execute("ALTER TABLE load_ledger DROP COLUMN seconds")
    for table in ("data_quality_days", "data_quality_flags", "data_quality_metrics"):
        op.execute(f"DROP TABLE {table}")
