"""The few numbers at the top of a quality report, each with whether it is good."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from tbp_assets.bars.coverage import Coverage
from tbp_assets.bars.universe import few
from tbp_assets.reports.contents import Headline, Verdict

NAMED = 5


@dataclass(frozen=True, slots=True)
class Targets:
    """What days and tickers are held to: a score (0 to 100) and a coverage (0 to 1)."""

    score: float
    coverage: float


def headlines(
    days: pl.DataFrame, coverage: Coverage, flags: pl.DataFrame, failures: pl.DataFrame, targets: Targets
) -> tuple[Headline, ...]:
    """Return the headlines of a report's frames.

    Args:
        days: `DAYS_SCHEMA`.
        coverage: Of the range.
        flags: `FLAGS_SCHEMA`, all of them.
        failures: `FAILURES_SCHEMA`.
        targets: What days and tickers are held to.
    """
    return (
        _loaded(days),
        _score(days, targets.score),
        _accounted(days),
        _coverage(coverage, targets.coverage),
        _flags(flags),
        _failures(failures),
    )


def _loaded(days: pl.DataFrame) -> Headline:
    states = dict(days["state"].value_counts().iter_rows())
    loaded, late = states.get("loaded", 0), states.get("late", 0)
    trading = days.height - states.get("holiday", 0)
    missing = trading - loaded - late
    verdict: Verdict = "bad" if missing else ("warning" if late else "good")
    others = ", ".join(f"{n:,} {state}" for state, n in sorted(states.items()) if state not in {"loaded", "holiday"})
    return Headline(
        "Days loaded", f"{loaded:,} of {trading:,}", verdict if trading else "neutral",
        f"{others or 'no day is open'}; {states.get('holiday', 0):,} holidays",
    )  # fmt: skip


def _score(days: pl.DataFrame, target: float) -> Headline:
    total = int((days["accepted"].fill_null(0) + days["rejected"].fill_null(0)).sum())
    if not total:
        return Headline("Quality score", "none", "neutral", "no file was read")
    accepted = int(days["accepted"].sum())
    low = days.filter(pl.col("score") < target).height
    score = 10_000 * accepted // total / 100
    verdict: Verdict = "bad" if score < target else ("warning" if low else "good")
    return Headline(
        "Quality score", f"{score:.2f}", verdict,
        f"100 x {accepted:,} accepted / {total:,} rows, rounded down; {low:,} days below the target of {target:g}",
    )  # fmt: skip


def _accounted(days: pl.DataFrame) -> Headline:
    read = days.filter(pl.col("lines").is_not_null())
    header = pl.min_horizontal("lines", pl.lit(1))
    unbalanced = read.filter(pl.col("lines") - header != pl.col("accepted") + pl.col("rejected"))
    lines = int(read["lines"].sum())
    if not read.height:
        return Headline("Rows accounted for", "none", "neutral", "no file was read")
    if unbalanced.height:
        found = few([str(day) for day in unbalanced["trading_date"]], NAMED)
        return Headline(
            "Rows accounted for", f"{unbalanced.height:,} days off", "bad", f"the books do not balance: {found}"
        )
    return Headline("Rows accounted for", "all", "good", f"{lines:,} lines = headers + accepted + rejected, every day")


def _coverage(coverage: Coverage, target: float) -> Headline:
    share = coverage.share
    if share is None:
        return Headline("Coverage", "none", "neutral", "no bar was to be expected")
    below = coverage.below(target)
    verdict: Verdict = "bad" if share < target else ("warning" if below else "good")
    said = (
        f"below the target of {100 * target:g}%: {few(below, NAMED)}"
        if below
        else f"every ticker reaches {100 * target:g}%"
    )
    shown = 10_000 * coverage.present // coverage.expected / 100
    return Headline("Coverage", f"{shown:.2f} %", verdict, said)


def _flags(flags: pl.DataFrame) -> Headline:
    counts = dict(flags["severity"].value_counts().iter_rows())
    warned, errors, told = counts.get("warn", 0), counts.get("error", 0), counts.get("info", 0)
    verdict: Verdict = "bad" if errors else ("warning" if warned else "good")
    return Headline(
        "Worth a look", f"{warned + errors:,}", verdict,
        f"bars and absences of the universe that are flagged; {told:,} more for information only",
    )  # fmt: skip


def _failures(failures: pl.DataFrame) -> Headline:
    days = failures["trading_date"].n_unique()
    said = few([str(day) for day in failures["trading_date"].unique().sort()], NAMED)
    return Headline(
        "Failed, not repaired", f"{days:,} days", "bad" if days else "good", said or "no day that failed is left"
    )
