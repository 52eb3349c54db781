"""Measures how well bad data is detected in invented markets: `python -m benchmarks.detection --seeds 20`.

Prints recall and precision of each kind of event over all seeds; then, for inspection, the events missed and the splits
that are none, with what the bars of that day say. `--json` prints the same as one object.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import polars as pl

from tbp_assets.bars.continuity import flags_across_days
from tbp_assets.bars.flags import flags_within_day
from tbp_assets.bars.schema import STAMP
from tbp_assets.config_loader import load_settings
from tbp_assets_tests.planted import PlantedMarket, false_flags, market, merge, missed, score

MONTH: Final = 21


@dataclass(frozen=True, slots=True)
class Measured:
    """One market's score, what was missed, which splits are none, and seconds of generating and of detecting."""

    score: pl.DataFrame
    missed: pl.DataFrame
    false_splits: pl.DataFrame
    false_by_rule: pl.DataFrame
    generating: float
    detecting: float


def detected(bars: pl.DataFrame) -> pl.DataFrame:
    """Return the flags of bars: trading_date, ticker, rule, observed, reference, detail."""
    settings = load_settings().pipeline.quality.flag_settings
    stamped = bars.with_columns(pl.col("trading_date").cast(STAMP).alias("timestamp"))
    days = bars["trading_date"].unique().to_list()
    return pl.concat([flags_within_day(stamped, settings), flags_across_days(bars, days, settings)])


def measure(seed: int, detector: Callable[[pl.DataFrame], pl.DataFrame]) -> Measured:
    """Generate a market, detect, and score."""
    started = perf_counter()
    made = market(seed)
    generated = perf_counter()
    flags = detector(made.bars)
    ended = perf_counter()
    false = false_flags(made.planted, flags)
    splits = false.filter(rule="probable_split").select("ticker", "trading_date", "observed", "reference", "detail")
    return Measured(
        score(made.planted, flags),
        with_bars(made, missed(made.planted, flags), "first", seed),
        with_bars(made, splits, "trading_date", seed),
        false.group_by("rule").agg(false=pl.len()),
        generated - started,
        ended - generated,
    )


def with_bars(made: PlantedMarket, listed: pl.DataFrame, day: str, seed: int) -> pl.DataFrame:
    """Add to each ticker and day its bar against the one before, and its volume over the last month's median."""
    typical = pl.col("volume").rolling_median(MONTH, min_samples=1).shift(1).over("ticker", order_by="trading_date")
    facts = made.bars.select(
        "ticker",
        pl.col("trading_date").alias(day),
        pl.col("close").shift(1).over("ticker", order_by="trading_date").alias("close_before"),
        "open", "high", "low", "close",
        (pl.col("volume") / typical).round(2).alias("volume_times"),
    )  # fmt: skip
    joined = listed.join(facts, on=["ticker", day], how="left", maintain_order="left")
    return joined.select(pl.lit(seed).alias("seed"), pl.all())


def main() -> None:
    """Measure the seeds asked for and print."""
    arguments = parsed()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    found = [measure(seed, detected) for seed in seeds]
    parts = {
        "score": merge(one.score for one in found),
        "false flags": pl.concat([one.false_by_rule for one in found]).group_by("rule").sum().sort("rule"),
        "missed": pl.concat([one.missed for one in found]).sort("kind", "seed", maintain_order=True),
        "false splits": pl.concat([one.false_splits for one in found]),
    }
    seconds = {
        "generating": sum(one.generating for one in found) / len(found),
        "detecting": sum(one.detecting for one in found) / len(found),
    }
    (print_json if arguments.json else print_tables)(parts, seconds)


class Arguments(argparse.Namespace):
    """What may be asked for."""

    seeds: int
    first_seed: int
    json: bool


def parsed() -> Arguments:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many markets (20)")
    parser.add_argument("--first-seed", type=int, default=1000, help="the first market's seed (1000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    return parser.parse_args(namespace=Arguments())


def print_tables(parts: dict[str, pl.DataFrame], seconds: dict[str, float]) -> None:
    """Print for a person."""
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, tbl_width_chars=240, fmt_str_lengths=80, float_precision=3,
        tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True,
    ):  # fmt: skip
        for name, frame in parts.items():
            print(f"\n{name} ({frame.height})\n{frame}")
    print("\nseconds a market: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))


def print_json(parts: dict[str, pl.DataFrame], seconds: dict[str, float]) -> None:
    """Print for a program."""
    rows = {name.replace(" ", "_"): frame.to_dicts() for name, frame in parts.items()}
    print(json.dumps({**rows, "seconds": seconds}, default=str))


if __name__ == "__main__":
    main()
