"""Judge a whole day: parse the landed file, split its rows, withhold the day where too many are bad."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import polars as pl

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.facts import LakeFact, LandedFile
from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.bars.rules import rules_version
from tbp_assets.bars.schema import BAR_SCHEMA, QUARANTINE_SCHEMA
from tbp_assets.bars.splitting import SplitDay, split
from tbp_assets.datasets import Dataset
from tbp_assets.errors import FileUnusableError

DAY_WITHHELD: Final = "day_withheld"


@dataclass(frozen=True, slots=True)
class ValidatedDay:
    """A day on its way into the lake: the frames and the fact that will name them.

    Attributes:
        seconds: It took to parse and judge the file; None where nobody measured it.
    """

    fact: LakeFact
    bars: pl.DataFrame
    quarantine: pl.DataFrame
    seconds: float | None = None


def validate(
    content: bytes,
    file: LandedFile,
    dataset: Dataset,
    day: date,
    *,
    data_source: str,
    max_rejected_share: float,
    limits: Limits,
) -> ValidatedDay:
    """Parse and judge a landed file.

    Args:
        content: The landed file's bytes.
        file: Its manifest entry.
        dataset: Layout of the file.
        day: Trading date it must be of.
        data_source: Recorded with the day.
        max_rejected_share: Share of rejected rows above which the whole day is withheld.
        limits: How large the file may be.
    """
    outcome = LakeFact(
        trading_date=day, status="validated", source_key=dataset.key(day), source_sha256=file.sha256,
        data_source=data_source, rules=rules_version(), lines=file.lines, accepted=0, rejected={}, modified={},
        extra_columns=(), validated_at=datetime.now(UTC),
    )  # fmt: skip
    try:
        parsed = parse_day_file(content, dataset, day, limits)
    except FileUnusableError as error:
        refused = replace(outcome, status="refused", cause=f"{dataset.key(day)}: {error}")
        return ValidatedDay(refused, pl.DataFrame(schema=BAR_SCHEMA), pl.DataFrame(schema=QUARANTINE_SCHEMA))
    result = split(parsed)
    outcome = replace(
        outcome,
        accepted=result.accepted.height,
        rejected=result.rejected,
        modified=result.modified,
        modified_lines=result.modified_lines,
        extra_columns=parsed.extra_columns,
    )
    share = result.quarantined.height / parsed.rows.height
    if share > max_rejected_share:
        return _withheld(outcome, result, share, max_rejected_share)
    return ValidatedDay(outcome, result.accepted, _quarantine(result.quarantined, outcome))


def _withheld(outcome: LakeFact, result: SplitDay, share: float, limit: float) -> ValidatedDay:
    worst, rows = next(iter(result.rejected.items()))
    cause = (
        f"{outcome.source_key}: {share:.1%} of the rows were rejected, more than {limit:.1%}; "
        f"mostly {worst} ({rows:,} rows). The whole day is withheld"
    )
    others = result.accepted.select(
        "trading_date", "line", "ticker",
        pl.lit(None, pl.String).alias("text"),
        pl.lit([DAY_WITHHELD]).alias("reasons"),
        pl.lit(DAY_WITHHELD).alias("reason"),
    )  # fmt: skip
    rejected = dict(result.rejected) | ({DAY_WITHHELD: others.height} if others.height else {})
    fact = replace(
        outcome, status="withheld", cause=cause, accepted=0, rejected=rejected, modified={}, modified_lines=()
    )
    everything = pl.concat([result.quarantined.select(others.columns), others]).sort("line")
    return ValidatedDay(fact, pl.DataFrame(schema=BAR_SCHEMA), _quarantine(everything, fact))


def _quarantine(rows: pl.DataFrame, fact: LakeFact) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(fact.source_key).alias("source_key"), pl.lit(fact.source_sha256).alias("source_sha256")
    ).select(pl.col(name).cast(dtype) for name, dtype in QUARANTINE_SCHEMA.items())
