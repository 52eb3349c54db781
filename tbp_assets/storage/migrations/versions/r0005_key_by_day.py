"""Keep the rows of a day together in the primary key of a plain table, where the server can skip through such an index.

A key that begins with the ticker scatters each day over the whole index: loads slow down as the table grows. From
PostgreSQL 18 on, which skips over a leading column, one that begins with the time also serves a single ticker. A
hypertable is cut by time already, and older servers would read the whole index for one ticker: both keep their key.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIRST_WITH_SKIP_SCAN = 180000
SERVER_VERSION = "SELECT current_setting('server_version_num')::integer"
HYPERTABLES_KNOWN = "SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL"
IS_HYPERTABLE = (
    "SELECT count(*) FROM timescaledb_information.hypertables "
    "WHERE hypertable_schema = current_schema() AND hypertable_name = 'market_data_raw'"
)


def upgrade() -> None:
    """Make the key begin with the time; the index on the time alone is no longer needed then."""
    if not _keeps_its_key():
        _set_key("timestamp, ticker, timeframe, data_source")
        op.execute("DROP INDEX market_data_raw_timestamp")


def downgrade() -> None:
    """Make the key begin with the ticker again."""
    if not _keeps_its_key():
        _set_key("ticker, timeframe, data_source, timestamp")
        op.execute("CREATE INDEX market_data_raw_timestamp ON market_data_raw USING brin (timestamp)")


def _set_key(columns: str) -> None:
    op.execute("ALTER TABLE market_data_raw DROP CONSTRAINT market_data_raw_pkey")
    op.execute(f"ALTER TABLE market_data_raw ADD PRIMARY KEY ({columns})")


def _keeps_its_key() -> bool:
    connection = op.get_bind()
    if connection.execute(text(SERVER_VERSION)).scalar_one() < FIRST_WITH_SKIP_SCAN:
        return True
    known = connection.execute(text(HYPERTABLES_KNOWN)).scalar_one()
    return bool(known and connection.execute(text(IS_HYPERTABLE)).scalar_one())
