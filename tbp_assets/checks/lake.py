"""What is checked of a validated day, on the Parquet as it lies on disk."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import dagster as dg
import polars as pl

from tbp_assets.bars.accounting import lake_balance
from tbp_assets.bars.facts import LakeFact
from tbp_assets.checks.frames import in_frames
from tbp_assets.checks.outcome import CheckOutcome, counts_table, rows_table
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.lake import Lake

NO_FILE = CheckOutcome(True, "No file for this day, so no bars.")


@dataclass(frozen=True, slots=True)
class StoredDay:
    """A day as it lies on disk.

    Attributes:
        fact: What the manifest says, or why it cannot be read.
        bars, quarantine: The stored rows, or why they cannot be read.
        frame: The days it was read with.
    """

    trading_date: date
    fact: LakeFact | StoredFileError | None
    bars: pl.DataFrame | StoredFileError
    quarantine: pl.DataFrame | StoredFileError
    frame: "_Frame"


class _Frame:
    """Days read together, which are validated together where nothing is wrong."""

    def __init__(self, lake: Lake, days: Iterable[date]) -> None:
        self.timeframe = lake.dataset.timeframe
        self.days = [self._read(lake, day) for day in days]

    @cached_property
    def keeps_every_rule(self) -> bool:
        frames = [day.bars for day in self.days if isinstance(day.bars, pl.DataFrame) and _judged(day.fact)]
        return _same_columns(frames) and _failures(pl.concat(frames), self.timeframe).is_empty()

    def _read(self, lake: Lake, day: date) -> StoredDay:
        try:
            fact = lake.whole_fact(day)
        except StoredFileError as error:
            return StoredDay(day, error, error, error, self)
        return StoredDay(day, fact, _attempt(lake.bars, fact), _attempt(lake.quarantine, fact), self)


def _attempt(read: Callable[[LakeFact | None], pl.DataFrame], fact: LakeFact | None) -> pl.DataFrame | StoredFileError:
    try:
        return read(fact)
    except StoredFileError as error:
        return error


def _judged(fact: LakeFact | StoredFileError | None) -> bool:
    return isinstance(fact, LakeFact) and fact.status == "validated"


def stored_days(lake: Lake, days: Iterable[date]) -> Iterator[StoredDay]:
    """Give each day, re-read from disk."""
    return (day for frame in in_frames(days) for day in _Frame(lake, frame).days)


def bars_match_schema(day: StoredDay) -> CheckOutcome:
    """Every stored bar has the types and keeps the rules.

    Days are validated together, which costs a tenth of one by one, and apart only where something is wrong.
    """
    if day.fact is None:
        return NO_FILE
    if isinstance(day.fact, LakeFact) and not _judged(day.fact):
        return CheckOutcome(False, day.fact.cause)
    if isinstance(day.bars, StoredFileError):
        return CheckOutcome(False, str(day.bars))
    return _outcome(day.bars, day.frame.timeframe, known_good=day.frame.keeps_every_rule)


def _failures(bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    from tbp_assets.checks.bar_schema import schema_failures  # noqa: PLC0415  # a second of pandera, for checks alone

    return schema_failures(bars, timeframe)


def _same_columns(frames: list[pl.DataFrame]) -> bool:
    return bool(frames) and all(frame.schema == frames[0].schema for frame in frames)


def _outcome(bars: pl.DataFrame, timeframe: str, *, known_good: bool) -> CheckOutcome:
    failures = pl.DataFrame() if known_good else _failures(bars, timeframe)
    size = {"bars": dg.MetadataValue.int(bars.height)}
    if failures.is_empty():
        return CheckOutcome(True, f"{bars.height:,} bars keep every rule.", size)
    counts = dict(failures.group_by("rule").len().iter_rows())
    return CheckOutcome(
        False,
        f"{failures.height:,} faults in {bars.height:,} stored bars; materialize validated_bars again.",
        size | {"faults": counts_table(counts, "rule"), "worst rows": rows_table(failures)},
    )


def every_line_accounted_for(day: StoredDay) -> CheckOutcome:
    """Lines of the file, less the header = accepted + quarantined rows, counted in the stored files."""
    fact, bars, quarantine = day.fact, day.bars, day.quarantine
    for found in (fact, bars, quarantine):
        if isinstance(found, StoredFileError):
            return CheckOutcome(False, str(found))
    if not isinstance(fact, LakeFact) or isinstance(bars, StoredFileError) or isinstance(quarantine, StoredFileError):
        return NO_FILE
    stored = fact.accepted == bars.height and fact.quarantined == quarantine.height
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
