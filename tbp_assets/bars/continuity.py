"""Flags that need earlier days: moves, probable splits, volume spikes, stale prices, and bars that are not there.

A day is judged by itself and at most `HISTORY` stored days before it, never by a later one: the same day gives the same
flags whether it is judged alone, within a range or years afterwards. Days that are not stored do not count, so a day
whose earlier days arrive later has to be judged again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Final

import polars as pl

from tbp_assets.bars.flags import FLAG_SCHEMA, FlagRule, FlagSettings, flagged, raised
from tbp_assets.bars.schema import PRICES
from tbp_assets.bars.splits import moved_far, with_split_factor

LOOK_BACK: Final = 20  # stored trading days
HISTORY: Final = LOOK_BACK + 1  # the oldest day looked back on is compared with the one before it
LONGEST_BREAK: Final = timedelta(days=10)  # between stored days; those before a longer one say nothing of those after
FEWEST_BARS: Final = 5  # for a median, and to call a ticker's trading regular
SPLIT_PROOF: Final = 0.5  # of the limit in shares that is asked for in dollars, which no split changes
REGULAR_SHARE: Final = 0.95  # of the days looked back
MOST_ROWS: Final = 40_000  # judged at a time
LOOKED_AT: Final = ("trading_date", "ticker", *PRICES, "volume")


def flags_across_days(bars: pl.DataFrame, days: Collection[date], settings: FlagSettings) -> pl.DataFrame:
    """Return the flags of some days as `FLAG_SCHEMA`, by trading date, ticker (as bytes) and rule.

    Args:
        bars: Accepted bars (`LOOKED_AT`) of these days and of the `HISTORY` stored days before the first of them.
        days: The days to judge.
        settings: What is looked for and from where on.
    """
    looked_at = bars.select(LOOKED_AT)
    numbered = _numbered(looked_at)
    every = [_flags_of(part, numbered, days, settings) for part in _by_tickers(looked_at)]
    found = pl.concat([pl.DataFrame(schema=FLAG_SCHEMA), *every])
    return found.filter(pl.col("trading_date").is_in(list(days))).sort("trading_date", "ticker", "rule")


def _by_tickers(bars: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Give the bars in parts of bounded size, all of a ticker in one: no flag looks at another ticker."""
    count = bars.height // MOST_ROWS + 1
    if count == 1:
        yield bars
        return
    part = bars["ticker"].hash() % count
    for n in range(count):
        yield bars.filter(part == n)


def _flags_of(
    bars: pl.DataFrame, numbered: pl.DataFrame, days: Collection[date], settings: FlagSettings
) -> pl.DataFrame:
    known = _with_history(bars, numbered)
    split = settings.limits["probable_split"] if settings.on("probable_split") else float("inf")
    # The days before are there to be looked back on: by now each bar carries what they say.
    own = pl.col("trading_date").is_in(list(days))
    judged = with_split_factor(_with_rare_medians(known, own, settings, split), split)
    found = raised(judged, _rules(settings))
    return pl.concat([found, _vanished(known, numbered)]) if settings.on("vanished") else found


def _with_history(bars: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """Add to each bar its day's number, and what the ticker's earlier bars say.

    earlier_*: the bar before, if it is in the look-back; bars_before: bars in the look-back; usual_volume: their
    median; move_overnight: the absolute log move from the close of the day before to the open; repeats: days in a row,
    `LOOK_BACK` at most, on which all prices were as on the day before; days_before: stored days there are to look back
    on.
    """
    # By one number, since comparing the names of 400,000 bars takes longer than all the rest.
    of_ticker = pl.col("ticker").cast(pl.Categorical).to_physical().cast(pl.Int64).alias("code")
    days = bars.join(numbered, on="trading_date", how="left", maintain_order="left").with_columns(of_ticker)
    ordered = days.sort(pl.col("code") * (numbered["number"].max() or 0) + pl.col("code") + pl.col("number"))
    again = pl.col("code") == pl.col("code").shift(1)
    before = {name: pl.when(again).then(pl.col(name).shift(1)) for name in ("number", *PRICES)}
    within = pl.col("number") - before["number"] <= LOOK_BACK
    rows = ordered.with_columns(pl.when(within).then(was).alias(f"earlier_{name}") for name, was in before.items())
    adjacent = pl.col("number") - pl.col("earlier_number") == 1
    overnight = (pl.col("open") / pl.col("earlier_close")).log().abs()
    rows = rows.with_columns(pl.when(adjacent).then(overnight).alias("move_overnight"), _repeats(adjacent))
    windows = _windows(
        rows, pl.col("volume").median().alias("usual_volume"), pl.len().cast(pl.Int64).alias("bars_before")
    )
    return pl.concat([rows, windows], how="horizontal")


def _with_rare_medians(known: pl.DataFrame, own: pl.Expr, settings: FlagSettings, split: float) -> pl.DataFrame:
    """Return the bars to judge with what few of them are asked for, null in the others.

    usual_dollars: the median of the dollars traded; overnight: that of the moves overnight.
    """
    asked = known.filter(own & (_many(settings) | moved_far(split)))["code"].unique()
    medians = (
        (pl.col("volume") * pl.col("close")).median().alias("usual_dollars"),
        pl.col("move_overnight").median().alias("overnight"),
    )
    of_asked = known.filter(pl.col("code").is_in(asked.implode()))
    found = pl.concat([of_asked.select("code", "number"), _windows(of_asked, *medians)], how="horizontal")
    return known.filter(own).join(found, on=["code", "number"], how="left", maintain_order="left")


def _numbered(bars: pl.DataFrame) -> pl.DataFrame:
    """Return trading_date, number and days_before of each day; numbers lie far apart where days break off too long."""
    days = bars.select(pl.col("trading_date").unique().sort()).with_row_index("rank").cast({"rank": pl.Int64})
    broken = (pl.col("trading_date").diff() > LONGEST_BREAK).fill_null(value=False)
    days = days.with_columns(broken.cum_sum().cast(pl.Int64).alias("stretch"))
    return days.select(
        "trading_date",
        (pl.col("rank") + 2 * HISTORY * pl.col("stretch")).alias("number"),
        pl.min_horizontal(pl.col("rank") - pl.col("rank").min().over("stretch"), LOOK_BACK).alias("days_before"),
    )


def _windows(rows: pl.DataFrame, *said: pl.Expr) -> pl.DataFrame:
    """Return what the bars in the look-back of each row say, in the order of the rows."""
    windows = rows.rolling("number", period=f"{LOOK_BACK}i", closed="left", group_by="code")
    return windows.agg(*said).drop("code", "number")


def _repeats(adjacent: pl.Expr) -> pl.Expr:
    same = pl.all_horizontal(pl.col(price) == pl.col(f"earlier_{price}") for price in PRICES)
    row = pl.int_range(pl.len())
    newest_other = pl.when((same & adjacent).fill_null(value=False)).then(None).otherwise(row).forward_fill()
    return (row - newest_other).clip(upper_bound=LOOK_BACK).alias("repeats")


def _rules(settings: FlagSettings) -> Iterator[FlagRule]:
    """Give the rules of every flag that a bar can have and that is looked for."""
    limits = settings.limits
    split = pl.col("factor").is_not_null()
    dear = pl.col("volume") * pl.col("close") > limits["volume_spike"] * SPLIT_PROOF * pl.col("usual_dollars")
    absent = pl.col("number") - pl.col("earlier_number") - 1
    rules = (
        FlagRule(
            "price_move",
            ~split & ((pl.col("close") / pl.col("earlier_close") - 1).abs() > limits["price_move"]),
            pl.col("close"), pl.col("earlier_close"), _percent("close", "earlier_close"),
        ),
        FlagRule("probable_split", split, pl.col("open"), pl.col("earlier_close"), _split_in_words()),
        FlagRule(
            "volume_spike",
            (pl.col("bars_before") >= FEWEST_BARS) & _many(settings) & dear,
            pl.col("volume"), pl.col("usual_volume"),
        ),
        FlagRule(
            "stale_price",
            pl.col("repeats") >= limits["stale_price"],
            pl.col("repeats"), pl.lit(limits["stale_price"]),
        ),
        FlagRule("gap", (absent > 0) & _regular(pl.col("days_before") - absent), absent, pl.lit(LOOK_BACK)),
        FlagRule(
            "appeared",
            pl.col("earlier_number").is_null() & (pl.col("days_before") == LOOK_BACK),
            pl.lit(0), pl.lit(LOOK_BACK),
        ),
    )  # fmt: skip
    return (rule for rule in rules if settings.on(rule.name))


def _many(settings: FlagSettings) -> pl.Expr:
    return pl.col("volume") > settings.limits["volume_spike"] * pl.col("usual_volume")


def _regular(days: pl.Expr) -> pl.Expr:
    """Whether a ticker had bars on most of the days looked back on."""
    return (days >= FEWEST_BARS) & (pl.col("bars_before") >= REGULAR_SHARE * days)


def _percent(of: str, reference: str) -> pl.Expr:
    return pl.format("{} %", ((pl.col(of) / pl.col(reference) - 1) * 100).round(1))


def _split_in_words() -> pl.Expr:
    price = (pl.col("open") / pl.col("earlier_close")).round_sig_figs(4)
    shares = (pl.col("volume") / pl.col("usual_volume")).round_sig_figs(3)
    return pl.format(
        "{}: the price opened at {} times the close before, {} times as many shares", "ratio", price, shares
    )


def _vanished(known: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the tickers that traded regularly until the day before and have no bar."""
    there = (pl.col("code") == pl.col("code").shift(-1)) & (pl.col("number").shift(-1) == pl.col("number") + 1)
    gone = known.filter(~there.fill_null(value=False)).with_columns(
        pl.col("bars_before") + 1, pl.col("days_before") + 1, pl.col("number") + 1
    )
    days = numbered.select("number", "trading_date")
    absent = gone.filter(_regular(pl.col("days_before"))).drop("trading_date").join(days, on="number")
    return absent.select(flagged("vanished", pl.col("bars_before"), pl.col("days_before")))
