"""What is checked of a validated day, on the Parquet as it lies on disk."""

from collections.abc import Iterable, Iterator
from datetime import date

import dagster as dg
import polars as pl

from tbp_assets.bars.accounting import lake_balance
from tbp_assets.bars.facts import LakeFact
from tbp_assets.checks.bar_schema import schema_failures
from tbp_assets.checks.outcome import CheckOutcome, counts_table, rows_table
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.lake import Lake

DAYS_IN_A_FRAME = 20
NO_FILE = CheckOutcome(True, "No file for this day, so no bars.")


def bars_match_schema(lake: Lake, days: Iterable[date]) -> Iterator[tuple[date, CheckOutcome]]:
    """Every stored bar has the types and keeps the rules, re-read from disk.

    Days are validated together, which costs a tenth of one by one, and apart only where something is wrong.
    """
    timeframe = lake.dataset.timeframe
    for batch in batched_days(days):
        read = {day: _read(lake, day) for day in batch}
        frames = [bars for bars in read.values() if isinstance(bars, pl.DataFrame)]
        good = _same_columns(frames) and schema_failures(pl.concat(frames), timeframe).is_empty()
        for day, bars in read.items():
            yield day, bars if isinstance(bars, CheckOutcome) else _outcome(bars, timeframe, known_good=good)


def batched_days(days: Iterable[date]) -> Iterator[list[date]]:
    """Cut days into frames of a bounded size, whatever the length of the range."""
    ordered = list(days)
    return (ordered[n : n + DAYS_IN_A_FRAME] for n in range(0, len(ordered), DAYS_IN_A_FRAME))


def _read(lake: Lake, day: date) -> pl.DataFrame | CheckOutcome:
    try:
        fact = lake.whole_fact(day)
        if fact is None:
            return NO_FILE
        return CheckOutcome(False, fact.cause) if fact.status != "validated" else lake.bars(fact)
    except StoredFileError as error:
        return CheckOutcome(False, str(error))


def _same_columns(frames: list[pl.DataFrame]) -> bool:
    return bool(frames) and all(frame.schema == frames[0].schema for frame in frames)


def _outcome(bars: pl.DataFrame, timeframe: str, *, known_good: bool) -> CheckOutcome:
    failures = pl.DataFrame() if known_good else schema_failures(bars, timeframe)
    size = {"bars": dg.MetadataValue.int(bars.height)}
    if failures.is_empty():
        return CheckOutcome(True, f"{bars.height:,} bars keep every rule.", size)
    counts = dict(failures.group_by("rule").len().iter_rows())
    return CheckOutcome(
        False,
        f"{failures.height:,} faults in {bars.height:,} stored bars; materialize validated_bars again.",
        size | {"faults": counts_table(counts, "rule"), "worst rows": rows_table(failures)},
    )


def every_line_accounted_for(lake: Lake, day: date) -> CheckOutcome:
    """Lines of the file, less the header = accepted + quarantined rows, counted in the stored files."""
    try:
        fact = lake.whole_fact(day)
        if fact is None:
            return NO_FILE
        quarantine = lake.quarantine(fact)
        stored = fact.accepted == lake.bars(fact).height and fact.quarantined == quarantine.height
    except StoredFileError as error:
        return CheckOutcome(False, str(error))
    balance = lake_balance(fact)
    return CheckOutcome(
        stored and balance.holds, _sentence(fact, balance.sentence, stored=stored), _metadata(fact, quarantine)
    )


def _sentence(fact: LakeFact, books: str, *, stored: bool) -> str:
    if fact.cause:
        return f"{books}. {fact.cause}"
    return books if stored else f"{books}, but the stored files hold other counts"


def _metadata(fact: LakeFact, quarantine: pl.DataFrame) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {
        "accepted": dg.MetadataValue.int(fact.accepted),
        "quarantined": dg.MetadataValue.int(fact.quarantined),
    }
    if fact.rejected:
        metadata["quarantined by reason"] = counts_table(fact.rejected, "reason")
    if fact.modified:
        metadata["modified"] = counts_table(fact.modified, "change")
    if not quarantine.is_empty():
        metadata["worst rows"] = rows_table(quarantine.select("line", "ticker", "reason", "text"))
    return metadata
