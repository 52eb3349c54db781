"""Faults of whole days for `benchmarks.whole_days`: every row is well formed, the day is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from tbp_assets.bars.schema import PRICES

Meant = Literal["hold", "warn", "pass"]
CENTS: Final = 100


@dataclass(frozen=True, slots=True)
class Around:
    """The genuine days that a fault takes its content from."""

    yesterday: pl.DataFrame
    tomorrow: pl.DataFrame
    last_week: pl.DataFrame
    last_year: pl.DataFrame | None


Spoil = Callable[[pl.DataFrame, Around, np.random.Generator], pl.DataFrame | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a genuine day, and what is meant to become of it.

    Attributes:
        restated: As a restatement; where None, the same as a first file.
        first: Whether it can be planted in a first file: a copy of a day that is not stored yet cannot be known.
    """

    spoil: Spoil
    meant: Meant = "hold"
    restated: Meant | None = None
    first: bool = True


def _times(factor: float, columns: tuple[str, ...] = PRICES) -> Spoil:
    return lambda bars, _, __: bars.with_columns((pl.col(name) * factor).round(6) for name in columns)


def _rounded(digits: int) -> Spoil:
    return lambda bars, _, __: bars.with_columns(
        pl.max_horizontal(pl.col(name).round(digits), pl.lit(10.0**-digits)) for name in PRICES
    )


def _with(*columns: pl.Expr) -> Spoil:
    return lambda bars, _, __: bars.with_columns(columns)


def _shifted_share(share: float) -> Spoil:
    def spoil(bars: pl.DataFrame, _: Around, rng: np.random.Generator) -> pl.DataFrame:
        count = int(bars.height * share)
        at = int(rng.integers(0, bars.height - count - 1))
        inside = pl.int_range(pl.len()).is_between(at, at + count)
        return bars.with_columns(
            pl.when(inside).then(pl.col(name).shift(1)).otherwise(pl.col(name)).fill_null(pl.col(name))
            for name in PRICES
        )

    return spoil


def _shuffled(columns: tuple[str, ...]) -> Spoil:
    def spoil(bars: pl.DataFrame, _: Around, rng: np.random.Generator) -> pl.DataFrame:
        order = pl.Series(rng.permutation(bars.height))
        return bars.with_columns(bars[name].gather(order) for name in columns)

    return spoil


def _fewer(keep: Callable[[pl.DataFrame, np.random.Generator], pl.Expr | pl.Series]) -> Spoil:
    return lambda bars, _, rng: bars.filter(keep(bars, rng))


def _largest(bars: pl.DataFrame, count: int) -> pl.Series:
    dollars = bars["close"] * bars["volume"]
    return dollars < dollars.sort(descending=True)[min(count, bars.height) - 1]


def _mix(bars: pl.DataFrame, near: Around, rng: np.random.Generator) -> pl.DataFrame:
    some = pl.Series(rng.random(bars.height) < 0.5)
    old = near.yesterday.join(bars.filter(some), on="ticker", how="semi")
    return pl.concat([bars.join(old, on="ticker", how="anti"), old]).sort("ticker")


def _last_year(_: pl.DataFrame, near: Around, __: np.random.Generator) -> pl.DataFrame | None:
    return near.last_year


def _garbage(bars: pl.DataFrame, _: Around, __: np.random.Generator) -> pl.DataFrame:
    price = pl.lit(1e11)
    strange = bars.head(30).with_columns(
        pl.format("Q~{}", pl.int_range(30)).alias("ticker"), *(price.alias(name) for name in PRICES)
    )
    return pl.concat([bars, strange])


def _tenth_changed(bars: pl.DataFrame, _: Around, rng: np.random.Generator) -> pl.DataFrame:
    return bars.with_columns(
        pl.when(pl.Series(rng.random(bars.height) < 0.1))
        .then(pl.col("volume") + 100)
        .otherwise("volume")
        .alias("volume")
    )


_body_high = pl.max_horizontal("open", "close").alias("high")
_body_low = pl.min_horizontal("open", "close").alias("low")
FAULTS: Final[Mapping[str, Fault]] = {
    "content of the session before": Fault(lambda _, near, __: near.yesterday),
    "content of the session after": Fault(lambda _, near, __: near.tomorrow, first=False),
    "content of five sessions before": Fault(lambda _, near, __: near.last_week),
    "content of a year before": Fault(_last_year),
    "half of the tickers as the session before": Fault(_mix),
    "all prices one row on": Fault(_with(*(pl.col(name).shift(1).fill_null(pl.col(name)) for name in PRICES))),
    "5 % of the prices one row on": Fault(_shifted_share(0.05)),
    "1 % of the prices one row on": Fault(_shifted_share(0.01)),
    "prices shuffled": Fault(_shuffled(PRICES)),
    "closes one row on": Fault(_with(pl.col("close").shift(1).fill_null(pl.col("close")))),
    "open and close exchanged": Fault(_with(pl.col("close").alias("open"), pl.col("open").alias("close")), "warn"),
    "all four prices the close": Fault(_with(*(pl.col("close").alias(name) for name in PRICES))),
    "high and low from open and close": Fault(_with(_body_high, _body_low)),
    "prices x 100": Fault(_times(100)),
    "prices / 100": Fault(_times(0.01)),
    "prices x 2": Fault(_times(2)),
    "prices x 1.1": Fault(_times(1.1)),
    "prices x 0.74": Fault(_times(0.74)),
    "prices rounded to cents": Fault(_rounded(2)),
    "prices rounded to dollars": Fault(_rounded(0)),
    "volume x 2": Fault(_times(2, ("volume",))),
    "volume x 100": Fault(_times(100, ("volume",))),
    "volume in lots": Fault(_with((pl.col("volume") / CENTS).floor().alias("volume"))),
    "volume constant": Fault(_with(pl.lit(1000.0).alias("volume"))),
    "volume 0": Fault(_with(pl.lit(0.0).alias("volume"))),
    "volume shuffled": Fault(_shuffled(("volume",))),
    "volume one row on": Fault(_with(pl.col("volume").shift(1).fill_null(pl.col("volume")))),
    "volume and transactions exchanged": Fault(
        _with(
            pl.col("transactions").cast(pl.Float64).alias("volume"),
            pl.col("volume").cast(pl.Int64).alias("transactions"),
        )
    ),
    "transactions empty": Fault(_with(pl.lit(None, pl.Int64).alias("transactions"))),
    "transactions 0": Fault(_with(pl.lit(0, pl.Int64).alias("transactions"))),
    "transactions volume + 1": Fault(_with((pl.col("volume") + 1).cast(pl.Int64).alias("transactions"))),
    "transactions shuffled": Fault(_shuffled(("transactions",))),
    "first tenth of the lines": Fault(lambda bars, _, __: bars.head(bars.height // 10)),
    "first half of the lines": Fault(lambda bars, _, __: bars.head(bars.height // 2)),
    "three rows": Fault(lambda bars, _, __: bars.head(3)),
    "tickers from M on absent": Fault(lambda bars, _, __: bars.filter(pl.col("ticker") < "M")),
    "every second ticker absent": Fault(lambda bars, _, __: bars.gather_every(2)),
    "5 % of the tickers absent": Fault(_fewer(lambda bars, rng: pl.Series(rng.random(bars.height) >= 0.05))),
    "the 500 largest absent": Fault(_fewer(lambda bars, _: _largest(bars, 500))),
    "the largest absent": Fault(_fewer(lambda bars, _: _largest(bars, 1))),
    "tickers in capitals": Fault(
        lambda bars, _, __: bars.with_columns(pl.col("ticker").str.to_uppercase()).unique(
            "ticker", keep="none", maintain_order=True
        )
    ),
    "30 invented tickers at 1e11 USD": Fault(_garbage),
    "a tenth of the volumes other": Fault(_tenth_changed, "pass", "pass"),
}  # fmt: skip
