"""What is worth a look in an accepted bar: flags, which never drop a row. Severity and limit come from config.

Flags of a bar alone are made here from one table of rules; those that need earlier days are made in `continuity`. Both
give `FLAG_SCHEMA`, and `FLAGS` says of every flag what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Final, Literal, NamedTuple, get_args

import polars as pl

from tbp_assets.bars.schema import NEW_YORK

FlagName = Literal[
    "price_below_minimum",
    "price_above_maximum",
    "price_spike",
    "zero_volume_moved",
    "volume_above_maximum",
    "stamped_at_close",
    "test_ticker",
    "price_move",
    "probable_split",
    "volume_spike",
    "stale_price",
    "gap",
    "vanished",
    "appeared",
]
Severity = Literal["off", "info", "warn", "error"]
FLAG_NAMES: Final[tuple[FlagName, ...]] = get_args(FlagName)
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)  # in ascending order
LOUD: Final[tuple[Severity, ...]] = ("warn", "error")  # those of which a check speaks

FLAG_SCHEMA: Final = pl.Schema(
    {
        "trading_date": pl.Date(),
        "ticker": pl.String(),
        "rule": pl.String(),
        "observed": pl.Float64(),
        "reference": pl.Float64(),
        "detail": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Flag:
    """What a flag means.

    Attributes:
        text: What it says of a bar, or of a ticker on a day without one.
        observed, reference: What the two numbers beside it are.
        limit: What the limit in pipeline.yml is; empty where there is none.
    """

    text: str
    observed: str
    reference: str
    limit: str = ""


FLAGS: Final[Mapping[FlagName, Flag]] = {
    "price_below_minimum": Flag("low is below the minimum.", "low", "the limit", "USD"),
    "price_above_maximum": Flag("high is above the maximum.", "high", "the limit", "USD"),
    "price_spike": Flag(
        "high is far above, or low far below, both open and close.",
        "the high or low",
        "the open or close next to it",
        "share beyond them; the same factor counts downwards",
    ),
    "zero_volume_moved": Flag("Volume is 0, and yet open and close differ.", "close", "open"),
    "volume_above_maximum": Flag("Volume is above the maximum.", "volume", "the limit", "shares"),
    "stamped_at_close": Flag("The day bar is stamped 16:00 New York, not midnight.", "16", "0"),
    "test_ticker": Flag("An exchange's test symbol: nobody trades it.", "close", "nothing"),
    "price_move": Flag(
        "close is far from the close before, and no split explains it.",
        "close",
        "the close before",
        "share of the close before",
    ),
    "probable_split": Flag(
        "The price opened near a small fraction of the close before, and the number of shares traded changed to match.",
        "open",
        "the close before",
        "share of the close before that the open is at least away",
    ),
    "volume_spike": Flag(
        "Volume is far above its median of the 20 trading days before: in shares, and by half as much in dollars.",
        "volume",
        "the median",
        "times the median",
    ),
    "stale_price": Flag(
        "Open, high, low and close are all as they were on the day before, again and again.",
        "days in a row, 20 at most",
        "the limit",
        "days in a row",
    ),
    "gap": Flag(
        "A bar after days without, of a ticker that traded regularly.", "days without a bar", "days looked back"
    ),
    "vanished": Flag(
        "No bar, of a ticker that traded regularly until the day before.",
        "days with a bar among the last",
        "days looked back",
    ),
    "appeared": Flag("The first bar in 20 trading days.", "days with a bar among the last", "days looked back"),
}


@dataclass(frozen=True, slots=True)
class FlagSettings:
    """How severe each flag is and where it begins.

    Attributes:
        severities: For every flag; `off` ones are not looked for.
        limits: For the flags that have one, in the unit `FLAGS` names.
        test_tickers: Patterns of symbols: `?` stands for one character, `*` for any number.
    """

    severities: Mapping[FlagName, Severity]
    limits: Mapping[FlagName, float]
    test_tickers: tuple[str, ...]

    def on(self, name: FlagName) -> bool:
        """Whether a flag is looked for."""
        return self.severities[name] != "off"

    @property
    def identity(self) -> str:
        """Text that changes when what is flagged does; severities above `off` only say how loudly."""
        limits = [f"{name} {limit!r}" for name, limit in sorted(self.limits.items())]
        looked_for = [name for name in FLAG_NAMES if self.on(name)]
        return "\n".join([*limits, *looked_for, *self.test_tickers])


class FlagRule(NamedTuple):
    """When a flag is raised, and the numbers and words beside it."""

    name: FlagName
    condition: pl.Expr
    observed: pl.Expr
    reference: pl.Expr
    detail: pl.Expr | None = None


def flags_within_day(bars: pl.DataFrame, settings: FlagSettings) -> pl.DataFrame:
    """Return what is worth a look in accepted bars (`BAR_SCHEMA`), each looked at alone, as `FLAG_SCHEMA`."""
    return raised(bars, (rule for rule in _rules(settings.limits, settings.test_tickers) if settings.on(rule.name)))


def raised(bars: pl.DataFrame, rules: Iterable[FlagRule]) -> pl.DataFrame:
    """Return the flags that some rules raise on bars, as `FLAG_SCHEMA`."""
    known = list(rules)
    # All conditions in one pass; most flags are raised on few bars, or on none.
    raised_on = bars.select(rule.condition.alias(rule.name) for rule in known)
    found = [
        bars.filter(raised_on[rule.name]).select(flagged(rule.name, rule.observed, rule.reference, rule.detail))
        for rule in known
        if raised_on[rule.name].any()
    ]
    return pl.concat([pl.DataFrame(schema=FLAG_SCHEMA), *found])


def flagged(name: FlagName, observed: pl.Expr, reference: pl.Expr, detail: pl.Expr | None = None) -> list[pl.Expr]:
    """Return the columns of `FLAG_SCHEMA` for rows that a flag is raised on."""
    values = (
        pl.col("trading_date"),
        pl.col("ticker"),
        pl.lit(name),
        observed,
        reference,
        pl.lit("") if detail is None else detail,
    )
    return [value.cast(dtype).alias(column) for value, (column, dtype) in zip(values, FLAG_SCHEMA.items(), strict=True)]


def by_severity(flags: pl.DataFrame, severities: Mapping[FlagName, Severity]) -> pl.DataFrame:
    """Add the column severity to flags (`FLAG_SCHEMA`), and order them: the severest first, of these the newest."""
    with_severity = flags.with_columns(
        pl.col("rule").replace_strict(dict(severities), default="off").cast(pl.Enum(SEVERITIES)).alias("severity")
    ).filter(pl.col("severity") != "off")
    ordered = with_severity.sort(["severity", "trading_date", "ticker", "rule"], descending=[True, True, False, False])
    return ordered.with_columns(pl.col("severity").cast(pl.String))


TOP, BOTTOM = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
AT_CLOSE: Final = time(16)
NO_NUMBER: Final = pl.lit(None, pl.Float64)


def _rules(limits: Mapping[FlagName, float], test_tickers: tuple[str, ...]) -> list[FlagRule]:
    """Return the rules of every flag of a bar alone."""
    lowest, highest = pl.lit(limits["price_below_minimum"]), pl.lit(limits["price_above_maximum"])
    factor, most = 1 + limits["price_spike"], pl.lit(limits["volume_above_maximum"])
    up, down = pl.col("high") / TOP, BOTTOM / pl.col("low")
    upwards = up >= down
    stamp = pl.col("timestamp").dt.convert_time_zone(NEW_YORK).dt.time()
    return [
        FlagRule("price_below_minimum", pl.col("low") < lowest, pl.col("low"), lowest),
        FlagRule("price_above_maximum", pl.col("high") > highest, pl.col("high"), highest),
        FlagRule(
            "price_spike",
            pl.max_horizontal(up, down) > factor,
            pl.when(upwards).then("high").otherwise("low"),
            pl.when(upwards).then(TOP).otherwise(BOTTOM),
        ),
        FlagRule(
            "zero_volume_moved",
            (pl.col("volume") == 0) & (pl.col("open") != pl.col("close")),
            pl.col("close"),
            pl.col("open"),
        ),
        FlagRule("volume_above_maximum", pl.col("volume") > most, pl.col("volume"), most),
        FlagRule("stamped_at_close", stamp == AT_CLOSE, pl.lit(AT_CLOSE.hour), pl.lit(0)),
        FlagRule("test_ticker", pl.col("ticker").str.contains(_pattern(test_tickers)), pl.col("close"), NO_NUMBER),
    ]


def _pattern(globs: tuple[str, ...]) -> str:
    parts = [re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".") for glob in globs]
    return rf"\A(?:{'|'.join(parts)})\z" if parts else r"\A\z"
