"""Rows the vendor got wrong: which securities, which fault, on which day.

Twelve in 10,400, the kinds taking turns, always invented securities that trade well, and for a quarter the same few:
that is how real feeds err. Nothing here decides what is to be done about a bad row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from tbp_assets.embedded.market.hashing import mix_one, salted
from tbp_assets.embedded.market.securities import Securities

Row = dict[str, str]

_ROWS_IN_TEN_THOUSAND: Final = 11.5
_CLEAN_DAY_IN: Final = 9
_QUARTER: Final = 65
_LEAST_TRADES: Final = 100.0
_LEAST_PRICE: Final = 5.0
_LEAST_TICKERS_FOR_TWINS: Final = 200


def _having(column: str, text: str) -> Callable[[Row], list[Row]]:
    return lambda row: [row | {column: text}]


def _negated(column: str) -> Callable[[Row], list[Row]]:
    return lambda row: [row | {column: f"-{row[column]}"}]


def _priced(*, opened: int, close: int, high: int, low: int) -> Callable[[Row], list[Row]]:
    """Set the four prices to percentages of the close, in whole cents for a price of at least a dollar."""

    def apply(row: Row) -> list[Row]:
        cents = max(100, int(float(row["close"]) * 100))
        percent = {"open": opened, "close": close, "high": high, "low": low}
        return [row | {column: f"{cents * share // 100 / 100:.2f}" for column, share in percent.items()}]

    return apply


def _twice(row: Row) -> list[Row]:
    return [row, row | {"transactions": str(int(row["transactions"]) + 1)}]


# `negative_price` and `zero_price` strike the low alone, so that no other rule sees the row.
FAULTS: Final = MappingProxyType[str, Callable[[Row], list[Row]]](
    {
        "missing_open": _having("open", ""),
        "nan_text": _having("open", "NaN"),
        "infinite_price": _having("high", "inf"),
        "negative_price": _negated("low"),
        "zero_price": _having("low", "0"),
        "high_below_low": _priced(opened=100, close=100, high=98, low=102),
        "high_below_close": _priced(opened=100, close=104, high=102, low=98),
        "low_above_open": _priced(opened=96, close=100, high=102, low=98),
        "empty_ticker": _having("ticker", ""),
        "text_price": _having("close", "n/a"),
        "duplicate_key": _twice,
        "missing_volume": _having("volume", ""),
        "missing_transactions": _having("transactions", ""),
        "negative_volume": _negated("volume"),
    }
)


def faults_on(securities: Securities, weekday: int, *, seed: int, tickers: int) -> Mapping[int, str]:
    """Return the rows to spoil, as positions in `securities`, each with a kind from FAULTS; none on a clean day."""
    # Now and then a day without faults, or the path that handles one would never be walked.
    if weekday % _CLEAN_DAY_IN == seed % _CLEAN_DAY_IN:
        return {}
    # Two bad rows of one key would be 5 % of the smallest market.
    kinds = [kind for kind in FAULTS if kind != "duplicate_key" or tickers >= _LEAST_TICKERS_FOR_TWINS]
    count = max(1, round(tickers * _ROWS_IN_TEN_THOUSAND / 10_000))
    # Bars with several trades at several prices, so that each kind of fault is the only one in its row.
    fit = securities.invented & (securities.trades >= _LEAST_TRADES) & (securities.price >= _LEAST_PRICE)
    candidates = np.flatnonzero(fit)
    draws = salted(securities.key[candidates], mix_one(weekday // _QUARTER) >> 1)
    rows = candidates[np.argsort(draws, kind="stable")[:count]]
    positions: list[int] = rows.tolist()
    return {row: kinds[(weekday * count + place) % len(kinds)] for place, row in enumerate(positions)}


def spoiled(row: Row, kind: str) -> list[Row]:
    """Return the row, or rows, that the vendor writes instead of `row`."""
    return FAULTS[kind](row)


def rows_written(kind: str) -> int:
    """Return how many bad rows one fault of a kind leaves in the file: both copies of a duplicated key are bad."""
    return 2 if kind == "duplicate_key" else 1
