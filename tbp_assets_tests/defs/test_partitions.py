"""One partition a weekday; a trading date is there from midnight of the next day in New York."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from tbp_assets.defs.partitions import dates, trading_days

pytestmark = pytest.mark.unit
NEW_YORK = ZoneInfo("America/New_York")
PARTITIONS = trading_days(date(2024, 1, 1))


def keys_at(moment: datetime) -> list[str]:
    """Return the partition keys that exist at a moment."""
    with dg.partition_loading_context(effective_dt=moment):
        return list(PARTITIONS.get_partition_keys())


def test_weekends_are_no_partitions_and_holidays_are() -> None:
    keys = keys_at(datetime(2024, 1, 17, 12, tzinfo=NEW_YORK))
    assert keys[:6] == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
    assert {date.fromisoformat(key).weekday() for key in keys} == {0, 1, 2, 3, 4}
    assert "2024-01-15" in keys, "Martin Luther King Day"


def test_fridays_key_appears_on_saturday() -> None:
    assert keys_at(datetime(2024, 1, 5, 23, 59, tzinfo=NEW_YORK))[-1] == "2024-01-04"
    assert keys_at(datetime(2024, 1, 6, 0, 1, tzinfo=NEW_YORK))[-1] == "2024-01-05"
    assert keys_at(datetime(2024, 1, 8, 23, 59, tzinfo=NEW_YORK))[-1] == "2024-01-05"


def test_the_day_changes_at_midnight_in_new_york_not_utc() -> None:
    assert keys_at(datetime(2024, 1, 4, 4, 59, tzinfo=ZoneInfo("UTC")))[-1] == "2024-01-02"
    assert keys_at(datetime(2024, 1, 4, 5, 1, tzinfo=ZoneInfo("UTC")))[-1] == "2024-01-03"


@pytest.mark.parametrize("key", ["2024-01-05", "2024-01-08", "2024-03-08", "2024-03-11"])
def test_a_partition_is_one_day_long_also_before_a_weekend(key: str) -> None:
    window = PARTITIONS.time_window_for_partition_key(key)
    assert (window.start.date(), window.start.hour) == (date.fromisoformat(key), 0)
    assert (window.end.date() - window.start.date()).days == 1


def test_the_first_partition_is_the_configured_start() -> None:
    later = trading_days(date(2024, 1, 6))
    with dg.partition_loading_context(effective_dt=datetime(2024, 1, 20, tzinfo=NEW_YORK)):
        assert later.get_first_partition_key() == "2024-01-08"


def test_keys_are_trading_dates() -> None:
    assert dates(["2024-01-02", "2024-02-29"]) == [date(2024, 1, 2), date(2024, 2, 29)]
