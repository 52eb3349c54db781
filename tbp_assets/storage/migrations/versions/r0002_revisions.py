"""Create market_data_revisions and the functions that read the table as it stood: by moment and by batch.

The functions return rows of market_data_raw, so a later revision that gives it a column must create them again.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REVISIONS = """
CREATE TABLE market_data_revisions (
    ticker text COLLATE "C" NOT NULL,
    timestamp timestamptz NOT NULL,
    timeframe text COLLATE "C" NOT NULL,
    data_source text COLLATE "C" NOT NULL,
    open double precision NOT NULL,
    high double precision NOT NULL,
    low double precision NOT NULL,
    close double precision NOT NULL,
    volume double precision NOT NULL,
    transactions bigint,
    batch_id bigint NOT NULL,
    ingested_at timestamptz NOT NULL,
    replaced_by bigint NOT NULL,
    valid_to timestamptz NOT NULL,
    change text NOT NULL,
    PRIMARY KEY (ticker, timeframe, data_source, timestamp, batch_id),
    CONSTRAINT change_is_known CHECK (change IN ('changed', 'dropped', 'rejected', 'outside_validity'))
)
"""

# In the standard's form, BEGIN ATOMIC, the body is bound to the tables when the function is made, whatever the caller's
# search_path; and one plain SELECT is inlined, so that a caller's predicates reach the indexes of both tables.
AS_OF = """
CREATE FUNCTION {name}({argument}) RETURNS SETOF market_data_raw LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id,
           ingested_at
    FROM market_data_raw
    WHERE {since}
    UNION ALL
    SELECT ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id,
           ingested_at
    FROM market_data_revisions
    WHERE {since} AND {until};
END
"""
BY_MOMENT = {
    "name": "market_data_as_of",
    "argument": "moment timestamptz",
    "since": "ingested_at <= moment",
    "until": "moment < valid_to",
}
BY_BATCH = {
    "name": "market_data_at_batch",
    "argument": "batch bigint",
    "since": "batch_id <= batch",
    "until": "batch < replaced_by",
}

COMMENTS = {
    "TABLE market_data_revisions": "Every version of a bar that a later load changed or removed, as it was.",
    "COLUMN market_data_revisions.timestamp": "Start of the bar; a day bar starts at midnight in New York.",
    "COLUMN market_data_revisions.batch_id": "The load_ledger row that wrote this version.",
    "COLUMN market_data_revisions.ingested_at": "When it was written: valid from, inclusive.",
    "COLUMN market_data_revisions.replaced_by": "The load_ledger row that changed or removed it.",
    "COLUMN market_data_revisions.valid_to": "loaded_at of that load: valid to, exclusive.",
    "COLUMN market_data_revisions.change": "changed: other values in the newer file. dropped: absent from it. "
    "rejected: quarantined now. outside_validity: the ticker names another instrument on that date.",
    "FUNCTION market_data_as_of(timestamptz)": "market_data_raw as it stood at a moment.",
    "FUNCTION market_data_at_batch(bigint)": "market_data_raw as it stood after a load, and all before it.",
}


def upgrade() -> None:
    """Create table, index and functions."""
    op.execute(REVISIONS)
    op.execute("CREATE INDEX market_data_revisions_replaced_by ON market_data_revisions (replaced_by)")
    for names in (BY_MOMENT, BY_BATCH):
        op.execute(AS_OF.format(**names))
    for thing, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {thing} IS '{comment}'")


def downgrade() -> None:
    """Drop them, and with them what the bars were before."""
    op.execute("DROP FUNCTION market_data_as_of(timestamptz)")
    op.execute("DROP FUNCTION market_data_at_batch(bigint)")
    op.execute("DROP TABLE market_data_revisions")
