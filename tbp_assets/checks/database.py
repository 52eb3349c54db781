"""What is checked of a loaded day: the books against the ledger, and the table against the lake, bit for bit."""

from dataclasses import dataclass
from datetime import date

import dagster as dg

from tbp_assets.bars.accounting import load_balance
from tbp_assets.bars.facts import LakeFact, LoadFact
from tbp_assets.bars.universe import Universe
from tbp_assets.checks.outcome import CheckOutcome, counts_table, rows_table
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.bars_table import KEY, compare, read_day
from tbp_assets.storage.database import Database
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.ledger import loads

NOTHING_TO_LOAD = CheckOutcome(True, "No bars for this day.")


@dataclass(frozen=True, slots=True)
class LoadedDays:
    """Where loaded days are looked up."""

    lake: Lake
    database: Database
    universe: Universe

    def load(self, day: date) -> LoadFact | None:
        """Return the newest ledger row of a day."""
        with self.database.transaction(read_only=True) as connection:
            return loads(connection, self.lake.dataset, self.lake.data_source, day, day).get(day)


def every_bar_accounted_for(days: LoadedDays, day: date) -> CheckOutcome:
    """Accepted bars of the lake = bars in the database + bars outside the universe, by reason."""
    try:
        lake, load = days.lake.whole_fact(day), days.load(day)
        accepted = days.lake.bars(lake)
    except StoredFileError as error:
        return CheckOutcome(False, str(error))
    if lake is None and load is None:
        return NOTHING_TO_LOAD
    if lake is None or load is None or load.source_sha256 != lake.source_sha256 or lake.status != "validated":
        return CheckOutcome(False, _not_loaded(lake, load))
    stored = read_day(days.database, days.lake.dataset, days.lake.data_source, day)
    wanted = days.universe.select(accepted, day)
    counted = stored.join(wanted.bars, on=KEY, how="semi").height
    balance = load_balance(lake.accepted, counted, wanted.outside)
    metadata: dict[str, dg.MetadataValue] = {
        "accepted": dg.MetadataValue.int(lake.accepted),
        "in the database": dg.MetadataValue.int(counted),
    }
    if wanted.outside:
        metadata["outside the universe"] = counts_table(wanted.outside, "reason")
    return CheckOutcome(balance.holds, f"{balance.sentence} {days.universe.name!r}", metadata)


def _not_loaded(lake: LakeFact | None, load: LoadFact | None) -> str:
    if lake and lake.status != "validated":
        return f"{lake.cause}. " + (f"Batch {load.batch_id} of the older file stays." if load else "Nothing is loaded.")
    if load is None:
        return "The day is validated and not loaded."
    return f"Batch {load.batch_id} was loaded from another file than the lake holds; materialize market_data_raw again."


def database_matches_lake(days: LoadedDays, day: date) -> CheckOutcome:
    """Every bar of the universe is in the database with the lake's values, bit for bit, and no other row is there."""
    try:
        fact = days.lake.whole_fact(day)
        accepted = days.lake.bars(fact)
    except StoredFileError as error:
        return CheckOutcome(False, str(error))
    stored = read_day(days.database, days.lake.dataset, days.lake.data_source, day)
    if fact is not None and fact.status != "validated":
        return CheckOutcome(
            stored.is_empty(), f"{fact.cause}. {stored.height:,} bars of an older file are in the database."
        )
    found = compare(stored, days.universe.valid(accepted, day), days.universe.select(accepted, day).bars)
    frames = {"absent": found.absent, "foreign": found.foreign, "different": found.different}
    metadata: dict[str, dg.MetadataValue] = {name: dg.MetadataValue.int(frame.height) for name, frame in frames.items()}
    metadata |= {f"{name} rows": rows_table(frame) for name, frame in frames.items() if frame.height}
    counts = ", ".join(f"{frame.height:,} {name}" for name, frame in frames.items())
    return CheckOutcome(found.equal, f"{found.compared:,} bars compared bit for bit: {counts}", metadata)
