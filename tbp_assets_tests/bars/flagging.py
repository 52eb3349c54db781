"""Builds accepted bars by hand, and looks for flags in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import polars as pl

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.bars.flags import FLAG_NAMES, FlagName, FlagSettings, flags_within_day
from tbp_assets.bars.schema import BAR_SCHEMA
from tbp_assets.bars.sessions import day_bounds, weekdays
from tbp_assets_tests.day_files import TUESDAY

Flag = tuple[date, str, str]
Bar = dict[str, object]
LIMITS: Final[dict[FlagName, float]] = {
    "price_below_minimum": 0.01, "price_above_maximum": 10_000, "price_spike": 0.5, "volume_above_maximum": 1e9,
    "price_move": 0.5, "probable_split": 0.3, "volume_spike": 10, "stale_price": 3,
}  # fmt: skip
DAYS: Final = weekdays(date(2024, 1, 1), date(2024, 3, 29))


def flag_settings(
    *names: FlagName, test_tickers: tuple[str, ...] = ("ZTEST*",), limits: dict[FlagName, float] | None = None
) -> FlagSettings:
    """Return settings under which these flags are looked for, or all where none is named."""
    wanted = names or FLAG_NAMES
    severities = {name: "warn" if name in wanted else "off" for name in FLAG_NAMES}
    return FlagSettings(severities, LIMITS | (limits or {}), test_tickers)  # pyright: ignore[reportArgumentType]  # a literal a key


def bar(ticker: str = "AAPL", day: date = TUESDAY, **values: object) -> Bar:
    """Return an accepted bar; values replace those of a plain one."""
    plain: Bar = {
        "trading_date": day, "ticker": ticker, "timestamp": day_bounds(day)[0], "open": 10.0, "high": 11.0, "low": 9.5,
        "close": 10.5, "volume": 1000.0, "transactions": 7, "line": 2,
    }  # fmt: skip
    return plain | values


def frame(bars: Sequence[Bar]) -> pl.DataFrame:
    """Return bars as `BAR_SCHEMA`."""
    return pl.DataFrame(bars, schema=BAR_SCHEMA)


def quiet(days: Sequence[date] = DAYS, ticker: str = "AAPL", **values: object) -> list[Bar]:
    """Return a plain bar a day; the high is another one each day, so that no price is stale."""
    return [bar(ticker, day, **{"high": 11 + day.toordinal() % 7 / 100, **values}) for day in days]


def within(settings: FlagSettings | None = None, **values: object) -> list[str]:
    """Return the flags of one bar."""
    return flags_within_day(frame([bar(**values)]), settings or flag_settings())["rule"].to_list()  # pyright: ignore[reportArgumentType]  # ticker and day are values too


def across(
    bars: Sequence[Bar], settings: FlagSettings | None = None, days: Collection[date] = DAYS, *, ticker: str = "AAPL"
) -> list[tuple[date, str]]:
    """Return day and rule of the flags across days of one ticker."""
    found = flags_across_days(frame(bars), days, settings or flag_settings())
    return found.filter(pl.col("ticker") == ticker).select("trading_date", "rule").rows()
