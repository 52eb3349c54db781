"""Divide parsed rows into accepted bars and quarantined rows with their reasons, and count both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tbp_assets.bars.parsing import ParsedFile
from tbp_assets.bars.rules import Rule, rules_of
from tbp_assets.bars.schema import BAR_SCHEMA, PRICES


@dataclass(frozen=True, slots=True)
class SplitDay:
    """A day's rows, judged.

    Attributes:
        accepted: Bars (`BAR_SCHEMA`, then `vendor_*` columns), sorted by ticker as bytes, then by time.
        quarantined: line, ticker, reason (the first rule broken), reasons (all), text (the line as it stands).
        rejected: Quarantined rows by `reason`; the counts add up to the quarantined rows.
        modified: Accepted rows changed by the NaN strategy, by kind of change.
        modified_lines: Their lines in the vendor's file.
    """

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    rejected: Mapping[str, int]
    modified: Mapping[str, int]
    modified_lines: tuple[int, ...]


def split(parsed: ParsedFile) -> SplitDay:
    """Apply every rule of the timeframe to every row.

    A missing volume becomes 0 and is counted as modified; missing transactions stay null; a missing price rejects.
    """
    rows = parsed.rows.with_columns(pl.col(*PRICES, "volume").fill_nan(None))
    rules = rules_of(parsed.timeframe)
    verdicts = rows.select(rule.holds.fill_null(value=True).alias(rule.id) for rule in rules)
    kept = verdicts.select(pl.all_horizontal(pl.all()))[:, 0]
    quarantined = _with_reasons(rules, rows.filter(~kept), verdicts.filter(~kept))
    candidates = rows.filter(kept)
    no_volume = candidates.filter(pl.col("volume").is_null())["line"]
    # -0 is the same number, and not the same bits.
    no_shares = pl.col("volume").is_null() | (pl.col("volume") == 0)
    filled = candidates.with_columns(pl.when(no_shares).then(0.0).otherwise("volume").alias("volume"))
    accepted = filled.select(*BAR_SCHEMA, *parsed.extra_columns).sort("ticker", "timestamp")
    return SplitDay(
        accepted=accepted,
        quarantined=quarantined,
        rejected=_counts(quarantined),
        modified={"volume_missing": no_volume.len()} if no_volume.len() else {},
        modified_lines=tuple(no_volume),
    )


def _with_reasons(rules: tuple[Rule, ...], rows: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    broken = [pl.when(~pl.col(rule.id)).then(pl.lit(rule.id)) for rule in rules]
    reasons = verdicts.select(pl.concat_list(broken).list.drop_nulls().alias("reasons"))
    return rows.select("trading_date", "line", "ticker", "text").with_columns(
        reasons["reasons"], reasons["reasons"].list.first().alias("reason")
    )


def _counts(quarantined: pl.DataFrame) -> dict[str, int]:
    counts = quarantined.group_by("reason").len().sort(["len", "reason"], descending=[True, False])
    return dict(counts.iter_rows())
