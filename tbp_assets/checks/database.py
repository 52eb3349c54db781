"""What is checked of a loaded day: the books against the ledger, and the table against the lake, bit for bit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import dagster as dg
import polars as pl

from tbp_assets.bars.accounting import load_balance
from tbp_assets.bars.facts import LakeFact, LoadFact
from tbp_assets.bars.universe import SelectedBars, Universe
from tbp_assets.checks.frames import in_frames
from tbp_assets.checks.outcome import CheckOutcome, counts_table, rows_table
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.bars_table import NO_ROWS, Comparison, compare, read_days
from tbp_assets.storage.database import Database
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.ledger import loads

NOTHING_TO_LOAD = CheckOutcome(True, "No bars for this day.")


@dataclass(frozen=True, slots=True)
class LoadedDay:
    """A day as the lake and the database have it.

    Attributes:
        fact: What the lake's manifest says.
        load: The newest ledger row.
        stored: The day's rows of the database.
        selected: The bars that must be there, and the counts outside the universe.
        difference: How the two differ.
        fault: Why the lake cannot be read; empty where it can.
    """

    trading_date: date
    fact: LakeFact | None
    load: LoadFact | None
    stored: pl.DataFrame
    selected: SelectedBars
    difference: Comparison
    fault: str = ""


@dataclass(frozen=True, slots=True)
class LoadedDays:
    """Where loaded days are looked up."""

    lake: Lake
    database: Database
    universe: Universe

    def each(self, days: Iterable[date]) -> Iterator[LoadedDay]:
        """Give each day; the database is asked for a frame of days at a time, the lake day by day."""
        whose = self.lake.dataset, self.lake.data_source
        for frame in in_frames(days):
            stored = read_days(self.database, *whose, frame[0], frame[-1])
            with self.database.transaction(read_only=True) as connection:
                known = loads(connection, *whose, frame[0], frame[-1])
            for day in frame:
                yield self._day(day, known.get(day), stored.get(day, NO_ROWS))

    def _day(self, day: date, load: LoadFact | None, stored: pl.DataFrame) -> LoadedDay:
        try:
            fact, fault = self.lake.whole_fact(day), ""
            accepted = self.lake.bars(fact)
        except StoredFileError as error:
            fact, fault, accepted = None, str(error), self.lake.bars(None)
        selected = self.universe.select(accepted, day)
        difference = compare(stored, self.universe.valid(accepted, day), selected.bars)
        return LoadedDay(day, fact, load, stored, selected, difference, fault)


def every_bar_accounted_for(day: LoadedDay, universe: str) -> CheckOutcome:
    """Accepted bars of the lake = bars in the database + bars outside the universe, by reason."""
    lake, load, outside = day.fact, day.load, day.selected.outside
    if day.fault:
        return CheckOutcome(False, day.fault)
    if lake is None and load is None:
        return NOTHING_TO_LOAD
    if lake is None or load is None or load.source_sha256 != lake.source_sha256 or lake.status != "validated":
        return CheckOutcome(False, _not_loaded(lake, load))
    counted = day.difference.compared - day.difference.absent.height
    balance = load_balance(lake.accepted, counted, outside)
    metadata: dict[str, dg.MetadataValue] = {
        "accepted": dg.MetadataValue.int(lake.accepted),
        "in the database": dg.MetadataValue.int(counted),
    }
    if outside:
        metadata["outside the universe"] = counts_table(outside, "reason")
    return CheckOutcome(balance.holds, f"{balance.sentence} {universe!r}", metadata)


def _not_loaded(lake: LakeFact | None, load: LoadFact | None) -> str:
    if lake and lake.status != "validated":
        return f"{lake.cause}. " + (f"Batch {load.batch_id} of the older file stays." if load else "Nothing is loaded.")
    if load is None:
        return "The day is validated and not loaded."
    return f"Batch {load.batch_id} was loaded from another file than the lake holds; materialize market_data_raw again."


def database_matches_lake(day: LoadedDay) -> CheckOutcome:
    """Every bar of the universe is in the database with the lake's values, bit for bit, and no other row is there."""
    if day.fault:
        return CheckOutcome(False, day.fault)
    if day.fact is not None and day.fact.status != "validated":
        return CheckOutcome(
            day.stored.is_empty(), f"{day.fact.cause}. {day.stored.height:,} bars of an older file are in the database."
        )
    found = day.difference
    frames = {"absent": found.absent, "foreign": found.foreign, "different": found.different}
    metadata: dict[str, dg.MetadataValue] = {name: dg.MetadataValue.int(frame.height) for name, frame in frames.items()}
    metadata |= {f"{name} rows": rows_table(frame) for name, frame in frames.items() if frame.height}
    counts = ", ".join(f"{frame.height:,} {name}" for name, frame in frames.items())
    return CheckOutcome(found.equal, f"{found.compared:,} bars compared bit for bit: {counts}", metadata)
