"""The partitions: one a weekday, keyed by the trading date in New York. Holidays are partitions that load no rows."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from tbp_assets.bars.schema import NEW_YORK

SATURDAYS_AND_SUNDAYS = ("0 0 * * 6", "0 0 * * 0")


def trading_days(start: date) -> dg.DailyPartitionsDefinition:
    """Return daily partitions from a date on; a day is there from midnight of the next."""
    return dg.DailyPartitionsDefinition(
        start_date=start.isoformat(), timezone=NEW_YORK, exclusions=list(SATURDAYS_AND_SUNDAYS)
    )


def dates(keys: Sequence[str]) -> list[date]:
    """Return partition keys as dates."""
    return [date.fromisoformat(key) for key in keys]
