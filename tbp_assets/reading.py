"""The public way to read bars in Python: of the configured database, or of one that is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from tbp_assets.storage import reading
from tbp_assets.storage.database import Database
from tbp_assets.storage.reading import AsOf

if TYPE_CHECKING:
    import polars as pl


def load_bars(
    symbols: str | Sequence[str] | None,
    start: date | str,
    end: date | str,
    *,
    as_of: AsOf = None,
    timeframe: str = "1d",
    data_source: str | None = None,
    database: Database | None = None,
) -> pl.DataFrame:
    """Return the bars of some symbols over a range of trading dates, as they are or as they stood.

    Args:
        symbols: One, several, or None for all; case-sensitive.
        start: First trading date, included.
        end: Last trading date, included.
        as_of: None: as they are now. A batch id: as they stood after that load, exactly. An aware datetime or an ISO
            text with its offset: as they stood at that moment. A date, or a text of only a date: at its start in UTC.
        timeframe: Length of the bars.
        data_source: Whose bars; not needed where the database holds those of one source.
        database: Where to read; by default the one that config/ and the environment name.

    Returns:
        Sorted by ticker (as bytes) and timestamp: ticker String, trading_date Date (New York), timestamp
        Datetime("ns", "UTC"), open, high, low, close Float64 (USD, unadjusted), volume Float64 (shares), transactions
        Int64 (null where the vendor gave none), batch_id Int64, ingested_at Datetime("us", "UTC"). No rows only where
        the symbols have bars, but none in the range, or none yet at `as_of`.

    Raises:
        UsageError: A symbol of which the database never held a bar, an `as_of` without offset, an empty database.
        ConfigError: The configured database lacks a setting.
    """
    target = database or _configured()
    return reading.load_bars(target, symbols, start, end, as_of=as_of, timeframe=timeframe, data_source=data_source)


def _configured() -> Database:
    # Not needed where a database is given.
    from tbp_assets.config_loader import load_settings  # noqa: PLC0415
    from tbp_assets.resources.opening import open_database  # noqa: PLC0415
    from tbp_assets.resources.stand_ins import refuse_stand_ins  # noqa: PLC0415

    settings = load_settings()
    refuse_stand_ins(settings)
    return open_database(settings.database, settings.home)
