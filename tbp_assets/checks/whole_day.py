"""What is checked of a day as a whole: whether its statistics lie inside their bands."""

import dagster as dg
import polars as pl

from tbp_assets.bars.facts import LakeFact, WholeDay
from tbp_assets.bars.whole_day import STATISTICS, sentence
from tbp_assets.checks.lake import NO_FILE, StoredDay
from tbp_assets.checks.outcome import CheckOutcome, rows_table
from tbp_assets.errors import StoredFileError

WARN = dg.AssetCheckSeverity.WARN


def day_is_plausible(day: StoredDay) -> CheckOutcome:
    """As a whole the day is of this market: every statistic lies inside its band."""
    fact = day.fact
    if isinstance(fact, StoredFileError):
        return CheckOutcome(False, str(fact))
    if fact is None:
        return NO_FILE
    if fact.whole_day is None:
        return _not_judged(fact)
    return _outcome(fact, fact.whole_day)


def _outcome(fact: LakeFact, whole: WholeDay) -> CheckOutcome:
    metadata = _metadata(fact, whole)
    if fact.status == "held":
        return CheckOutcome(False, fact.cause, metadata)
    said = "; ".join(sentence(finding, whole) for finding in whole.findings)
    if fact.approval and whole.holding:
        approved = f"Approved by {fact.approval.approved_by}: {fact.approval.reason}. {said}."
        return CheckOutcome(True, approved, metadata, WARN)
    if whole.findings:
        return CheckOutcome(False, f"{said}.", metadata, WARN)
    inside = f"{len(whole.statistics):,} statistics lie inside their bands"
    beside = f", beside {whole.compared_with}" if whole.compared_with and not whole.thin else ""
    thin = f"; not compared with the session before: {whole.thin}" if whole.thin else ""
    return CheckOutcome(True, f"{inside}{beside}{thin}.", metadata, WARN)


def _not_judged(fact: LakeFact) -> CheckOutcome:
    if fact.status == "validated":
        return CheckOutcome(True, "Validated by a release that did not judge whole days.", severity=WARN)
    return CheckOutcome(False, fact.cause)


def _metadata(fact: LakeFact, whole: WholeDay) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {}
    if whole.compared_with:
        metadata["session before"] = dg.MetadataValue.text(str(whole.compared_with))
    if whole.thin:
        metadata["not compared"] = dg.MetadataValue.text(whole.thin)
    if whole.findings:
        rows = [
            (each.severity, each.statistic, each.value, each.limit, STATISTICS[each.statistic].text)
            for each in whole.findings
            if each.statistic in STATISTICS
        ]
        columns = {"severity": pl.String, "statistic": pl.String, "value": pl.Float64, "limit": pl.Float64}
        metadata["findings"] = rows_table(pl.DataFrame(rows, schema={**columns, "what it is": pl.String}, orient="row"))
    metadata["file sha256"] = dg.MetadataValue.text(fact.source_sha256)
    return metadata
