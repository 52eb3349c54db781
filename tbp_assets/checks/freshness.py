"""Whether the newest expected session is in the database; asked on a tick of its own, because nothing may have run."""

from datetime import datetime, timedelta

import dagster as dg

from tbp_assets.bars.day_state import Expectation
from tbp_assets.bars.sessions import exchange_date
from tbp_assets.checks.outcome import CheckOutcome
from tbp_assets.datasets import Dataset
from tbp_assets.storage.database import Database
from tbp_assets.storage.ledger import stored_rows


def latest_session_present(
    database: Database, dataset: Dataset, data_source: str, expectation: Expectation, now: datetime
) -> CheckOutcome:
    """The newest session whose file is due has bars in the database."""
    due = [day for day in expectation.sessions if expectation.due(day) <= now]
    if not due:
        return CheckOutcome(True, "No session is due yet.")
    newest = max(due)
    counts = stored_rows(database, dataset, data_source, newest - timedelta(days=31), exchange_date(now))
    rows, last = counts.get(newest, 0), max(counts, default=None)
    metadata = {
        "newest session due": dg.MetadataValue.text(str(newest)),
        "newest session in the database": dg.MetadataValue.text(str(last or "none in the last month")),
    }
    sentence = (
        f"{newest}: {rows:,} bars"
        if rows
        else f"{newest} is due and not in the database: run `tbp backfill {newest} {newest}`"
    )
    return CheckOutcome(rows > 0, sentence, metadata)
