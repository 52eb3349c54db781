"""The lake: one Parquet file of accepted bars a day, the quarantined rows beside it, and a manifest that names both.

File names carry the content's sha256 and the manifest is replaced last, so that a reader sees the old day or the
new one, never a mixture. A journal beside them keeps every validation.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from tbp_assets.bars.events import Validation
from tbp_assets.bars.facts import LakeFact, LandedFile, StoredFrame
from tbp_assets.bars.metrics import reasons_of
from tbp_assets.bars.rules import rules_version
from tbp_assets.bars.schema import BAR_SCHEMA, QUARANTINE_SCHEMA
from tbp_assets.bars.validation import ValidatedDay
from tbp_assets.datasets import Dataset
from tbp_assets.errors import StoredFileError
from tbp_assets.storage.files import FileStore, sha256_of
from tbp_assets.storage.journal import Journal


def validations_journal(root: Path, data_source: str, dataset: Dataset) -> Path:
    """Return the journal of a lake, given the directory of the store."""
    return root / "lake" / data_source / dataset.prefix / "validations.jsonl"


@dataclass(frozen=True, slots=True)
class Lake:
    """Validated bars and quarantined rows of one dataset from one data source."""

    store: FileStore
    dataset: Dataset
    data_source: str

    def directory(self, day: date) -> Path:
        """Return the directory of a day's files."""
        return self.store.root / f"lake/{self.data_source}/{self.dataset.prefix}/{day:%Y/%m}"

    @property
    def validations(self) -> Journal[Validation]:
        """Every validation of a landed file."""
        return Journal(self.store, validations_journal(self.store.root, self.data_source, self.dataset), Validation)

    def fact(self, day: date) -> LakeFact | None:
        """Return what validation made of a day, or None where it was never validated or the manifest is damaged."""
        return self.store.usable_fact(self._manifest(day), LakeFact)

    def whole_fact(self, day: date) -> LakeFact | None:
        """Return what validation made of a day, for checks: there a damaged manifest is a fault of its own.

        Raises:
            StoredFileError: The manifest is damaged.
        """
        return self.store.read_fact(self._manifest(day), LakeFact)

    def is_current(self, fact: LakeFact | None, file: LandedFile) -> bool:
        """Whether the lake holds this landed file validated by today's rules, undamaged."""
        if fact is None or fact.source_sha256 != file.sha256 or fact.rules != rules_version():
            return False
        if sum(fact.modified.values()) != len(fact.modified_lines):
            return False
        return all(self._undamaged(fact.trading_date, frame) for frame in (fact.bars, fact.quarantine) if frame)

    def write(self, day: ValidatedDay) -> LakeFact:
        """Store a day: both files, then the manifest; then remove what the manifest no longer names."""
        date_ = day.fact.trading_date
        fact = replace(
            day.fact,
            bars=self._write_frame(date_, "bars", day.bars),
            quarantine=self._write_frame(date_, "quarantine", day.quarantine),
        )
        self.store.write_fact(self._manifest(date_), fact)
        self.validations.add(
            Validation(date_, fact.validated_at, fact.source_sha256, fact.status, reasons_of(fact), day.seconds)
        )
        named = {frame.name for frame in (fact.bars, fact.quarantine) if frame}
        for path in self.directory(date_).glob(f"{date_}.*.parquet"):
            if path.name not in named:
                path.unlink(missing_ok=True)
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
        """Return a stored frame exactly as it lies on disk.

        Raises:
            StoredFileError: The file is gone, was altered since it was written, or is no Parquet.
        """
        path = self.path(day, frame)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StoredFileError(f"{day}: lake file {path} is gone; materialize validated_bars again") from error
        if sha256_of(content) != frame.sha256:
            raise StoredFileError(f"{day}: lake file {path} was altered; materialize validated_bars again")
        return pl.read_parquet(content)

    def path(self, day: date, frame: StoredFrame) -> Path:
        """Return where a stored frame lies."""
        return self.directory(day) / frame.name

    def _manifest(self, day: date) -> Path:
        return self.directory(day) / f"{day}.json"

    def _write_frame(self, day: date, kind: str, frame: pl.DataFrame) -> StoredFrame | None:
        if frame.is_empty():
            return None
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd")
        content = buffer.getvalue()
        digest = sha256_of(content)
        name = f"{day}.{kind}.{digest[:16]}.parquet"
        self.store.write(self.directory(day) / name, content)
        return StoredFrame(name, digest, frame.height)

    def _undamaged(self, day: date, frame: StoredFrame) -> bool:
        try:
            return sha256_of(self.path(day, frame).read_bytes()) == frame.sha256
        except OSError:
            return False
