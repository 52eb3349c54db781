"""Judge a day: parse the landed file, split its rows, keep out a day with too many bad ones or odd as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import polars as pl

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.facts import Approval, LakeFact, LandedFile, WholeDay
from tbp_assets.bars.parsing import parse_day_file
from tbp_assets.bars.rules import rules_version
from tbp_assets.bars.schema import BAR_SCHEMA, QUARANTINE_SCHEMA
from tbp_assets.bars.splitting import split
from tbp_assets.bars.whole_day import sentence
from tbp_assets.datasets import Dataset
from tbp_assets.errors import FileUnusableError

DAY_WITHHELD: Final = "day_withheld"
DAY_HELD: Final = "day_held"


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
    day_ = ValidatedDay(outcome, result.accepted, _quarantine(result.quarantined, outcome))
    share = result.quarantined.height / parsed.rows.height
    if share <= max_rejected_share:
        return day_
    worst, rows = next(iter(result.rejected.items()))
    cause = (
        f"{outcome.source_key}: {share:.1%} of the rows were rejected, more than {max_rejected_share:.1%}; "
        f"mostly {worst} ({rows:,} rows). The whole day is withheld"
    )
    return _kept_out(day_, replace(outcome, status="withheld", cause=cause), DAY_WITHHELD)


def judged_as_a_whole(day: ValidatedDay, whole: WholeDay, approval: Approval | None) -> ValidatedDay:
    """Return a validated day with what was found of it as a whole; held where that is grave and nobody approved it.

    Args:
        day: The day, of status `validated`.
        whole: What was found.
        approval: A person's decision to let exactly this file in, if there is one.
    """
    fact = replace(day.fact, whole_day=whole)
    if not whole.holding:
        return replace(day, fact=fact)
    if approval:
        return replace(day, fact=replace(fact, approval=approval))
    said = "; ".join(sentence(finding, whole) for finding in whole.holding)
    return _kept_out(day, replace(fact, status="held", cause=f"{fact.source_key}: {said}. The day is held"), DAY_HELD)


def _kept_out(day: ValidatedDay, fact: LakeFact, reason: str) -> ValidatedDay:
    """Return a day whose accepted rows are quarantined as well, for a reason of the whole day."""
    others = day.bars.select(
        "trading_date", "line", "ticker",
        pl.lit(None, pl.String).alias("text"),
        pl.lit([reason]).alias("reasons"),
        pl.lit(reason).alias("reason"),
    )  # fmt: skip
    rejected = dict(fact.rejected) | ({reason: others.height} if others.height else {})
    fact = replace(fact, accepted=0, rejected=rejected, modified={}, modified_lines=())
    everything = pl.concat([day.quarantine.select(others.columns), others]).sort("line")
    return ValidatedDay(fact, pl.DataFrame(schema=BAR_SCHEMA), _quarantine(everything, fact), day.seconds)


def _quarantine(rows: pl.DataFrame, fact: LakeFact) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(fact.source_key).alias("source_key"), pl.lit(fact.source_sha256).alias("source_sha256")
    ).select(pl.col(name).cast(dtype) for name, dtype in QUARANTINE_SCHEMA.items())
