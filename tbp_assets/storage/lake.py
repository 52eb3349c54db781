"""The lake: one Parquet file of accepted bars a day, the quarantined rows beside it, and a manifest that names both.

The manifest is replaced last, and only by who saw the one before it; a file is never written over, and removed only by
who replaced the manifest that named it. So a reader sees the old day or the new one, never a mixture, also where
several processes write a day at once (docs/decisions/0018-lake-on-s3.md). A journal beside them keeps every validation.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from typing import Final

import polars as pl

from tbp_assets.bars.events import Validation
from tbp_assets.bars.facts import LakeFact, LandedFile, StoredFrame
from tbp_assets.bars.metrics import reasons_of
from tbp_assets.bars.rules import rules_version
from tbp_assets.bars.schema import BAR_SCHEMA, QUARANTINE_SCHEMA
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import Dataset
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.files import Files, sha256_of
from tbp_assets.storage.journal import Journal
from tbp_assets.storage.manifests import Manifests

# Longer than anybody takes from a day's first file to its manifest.
LONGEST_WRITE: Final = timedelta(days=1)


def validations_journal(files: Files, data_source: str, dataset: Dataset) -> Journal[Validation]:
    """Return the journal of a lake: every validation of a landed file."""
    return Journal(files, f"lake/{data_source}/{dataset.prefix}/validations.jsonl", Validation)


@dataclass(frozen=True, slots=True)
class Lake:
    """Validated bars and quarantined rows of one dataset from one data source."""

    store: Files
    dataset: Dataset
    data_source: str

    @property
    def root(self) -> str:
        """What the keys of all its files begin with."""
        return f"lake/{self.data_source}/{self.dataset.prefix}"

    def directory(self, day: date) -> str:
        """Return what the keys of a day's files begin with."""
        return f"{self.root}/{day:%Y/%m}"

    @property
    def validations(self) -> Journal[Validation]:
        """Every validation of a landed file."""
        return validations_journal(self.store, self.data_source, self.dataset)

    def fact(self, day: date) -> LakeFact | None:
        """Return what validation made of a day, or None where it was never validated or the manifest is damaged."""
        return self._manifests.usable(self.manifest(day))

    def facts(self, days: Sequence[date]) -> Mapping[date, LakeFact | None]:
        """Return what validation made of several days, as `fact` does of one."""
        return dict(zip(days, self._manifests.all_usable([self.manifest(day) for day in days]), strict=True))

    def whole_fact(self, day: date) -> LakeFact | None:
        """Return what validation made of a day, for checks: there a damaged manifest is a fault of its own.

        Raises:
            StoredFileError: The manifest is damaged.
        """
        return self._manifests.read(self.manifest(day))

    def is_current(self, fact: LakeFact | None, file: LandedFile) -> bool:
        """Whether the lake holds this landed file validated by today's rules, undamaged."""
        if fact is None or fact.source_sha256 != file.sha256 or fact.rules != rules_version():
            return False
        if sum(fact.modified.values()) != len(fact.modified_lines):
            return False
        return all(self._undamaged(fact.trading_date, frame) for frame in _frames(fact))

    def write(self, day: ValidatedDay) -> LakeFact:
        """Store a day: both files, then the manifest; then remove what no manifest names any more.

        A file that was kept out replaces no bars: those of the validated file before it stay, named by the manifest.
        """
        date_ = day.fact.trading_date
        bars, quarantine = _Packed("bars", day.bars), _Packed("quarantine", day.quarantine)

        def named(known: LakeFact | None) -> LakeFact:
            standing = known.standing if known else None
            return replace(
                day.fact,
                bars=self._stored(date_, bars, standing.bars if standing else None),
                quarantine=self._stored(date_, quarantine, known.quarantine if known else None),
                stands=None if day.fact.status == "validated" else standing,
            )

        replaced, fact = self._manifests.update(self.manifest(date_), named)
        self.validations.add(
            Validation(date_, fact.validated_at, fact.source_sha256, fact.status, reasons_of(fact), day.seconds)
        )
        others = _frames(replaced) + [packed.stored for packed in (bars, quarantine) if packed.stored]
        self._clean_up(date_, {frame.name for frame in _frames(fact)}, {frame.name for frame in others})
        return fact

    def bars(self, fact: LakeFact | None) -> pl.DataFrame:
        """Return the accepted bars of a day (`BAR_SCHEMA`, then `vendor_*`); no rows where nothing was accepted."""
        return self.read(fact.trading_date, fact.bars) if fact and fact.bars else pl.DataFrame(schema=BAR_SCHEMA)

    def quarantine(self, fact: LakeFact | None) -> pl.DataFrame:
        """Return the quarantined rows of a day (`QUARANTINE_SCHEMA`)."""
        stored = fact.quarantine if fact else None
        return self.read(fact.trading_date, stored) if fact and stored else pl.DataFrame(schema=QUARANTINE_SCHEMA)

    def quarantined_tickers(self, fact: LakeFact | None) -> frozenset[str]:
        """Return the tickers of a day's quarantined rows, as far as a row could be read that far."""
        return frozenset(self.quarantine(fact)["ticker"].drop_nulls())

    def read(self, day: date, frame: StoredFrame) -> pl.DataFrame:
        """Return a stored frame exactly as it lies there.

        Raises:
            StoredFileError: The file is gone, was altered since it was written, or is no Parquet.
        """
        found = self.store.read(self.key(day, frame))
        if found is None:
            raise StoredFileError(
                f"{day}: lake file {self.address(day, frame)} is gone; materialize validated_bars again"
            )
        if sha256_of(found.content) != frame.sha256:
            raise StoredFileError(
                f"{day}: lake file {self.address(day, frame)} was altered; materialize validated_bars again"
            )
        return pl.read_parquet(found.content)

    def key(self, day: date, frame: StoredFrame) -> str:
        """Return the key of a stored frame."""
        return f"{self.directory(day)}/{frame.name}"

    def address(self, day: date, frame: StoredFrame) -> str:
        """Return where a stored frame lies, for people: a path or an s3:// URL."""
        return self.store.address(self.key(day, frame))

    @property
    def _manifests(self) -> Manifests[LakeFact]:
        return Manifests(self.store, LakeFact)

    def manifest(self, day: date) -> str:
        """Return the key of a day's manifest."""
        return f"{self.directory(day)}/{day}.json"

    def _stored(self, day: date, packed: _Packed, known: StoredFrame | None) -> StoredFrame | None:
        """Write a frame under a name that nobody else ever gives, unless the day has it already or it is empty."""
        if not packed.content:
            return None
        if known and known.sha256 == packed.sha256 and self._undamaged(day, known):
            return known
        if packed.stored is None:
            name = f"{day}.{packed.kind}.{packed.sha256[:16]}-{token_hex(4)}.parquet"
            self.store.write(f"{self.directory(day)}/{name}", packed.content)
            packed.stored = StoredFrame(name, packed.sha256, packed.rows)
        return packed.stored

    def _clean_up(self, day: date, named: set[str], superseded: set[str]) -> None:
        """Remove files of a day that the manifest does not name: superseded ones, and those of writers that died."""
        start, oldest = f"{self.directory(day)}/", datetime.now(UTC) - LONGEST_WRITE
        for entry in self.store.list(f"{start}{day}."):
            name = entry.key.removeprefix(start)
            unnamed = name.endswith(".parquet") and name not in named
            if unnamed and (name in superseded or entry.modified < oldest):
                self.store.delete(entry.key)

    def _undamaged(self, day: date, frame: StoredFrame) -> bool:
        found = self.store.read(self.key(day, frame))
        return found is not None and sha256_of(found.content) == frame.sha256


@dataclass(slots=True)
class _Packed:
    """A frame as Parquet, on its way into the lake; of no bytes where it has no rows.

    Attributes:
        stored: What was written of it.
    """

    kind: str
    frame: pl.DataFrame
    rows: int = field(init=False)
    content: bytes = field(init=False)
    sha256: str = field(init=False)
    stored: StoredFrame | None = None

    def __post_init__(self) -> None:
        buffer = io.BytesIO()
        if not self.frame.is_empty():
            self.frame.write_parquet(buffer, compression="zstd")
        self.rows, self.content = self.frame.height, buffer.getvalue()
        self.sha256 = sha256_of(self.content)


def _frames(fact: LakeFact | None) -> list[StoredFrame]:
    """Return the stored frames that a manifest names, those of the file that stands as well."""
    if fact is None:
        return []
    return [frame for frame in (fact.bars, fact.quarantine) if frame] + _frames(fact.stands)
