"""The landing zone: the vendor's bytes, unchanged, under a name that carries their sha256, and a manifest a day.

A file counts once its manifest, written last, names it. Lines are counted here, without the parser, so that the parser
can be held to the count. A journal beside them keeps every download that was asked of the provider.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO, BinaryIO, cast

from tbp_assets.bars.compression import Limits
from tbp_assets.bars.events import Request
from tbp_assets.bars.facts import LandedFile, LandingFact, LandingStatus, Listed
from tbp_assets.datasets import Dataset
from tbp_assets.errors import (
    Category,
    ConfigError,
    CredentialsError,
    FileAbsentError,
    FileUnusableError,
    NotEntitledError,
    RefusedError,
    SourceUnavailableError,
    StoredFileError,
    TbpError,
)
from tbp_assets.storage.files import Files, sha256_of
from tbp_assets.storage.journal import Journal
from tbp_assets.storage.manifests import Manifests
from tbp_assets.storage.receiving import Bounded, count_lines
from tbp_assets.storage.requests import Download, Timed, fault_of, requests_journal


@dataclass(frozen=True, slots=True)
class LandingZone:
    """Landed files and manifests of one dataset from one data source.

    Args:
        store: Where `landing/<data_source>/<prefix>/YYYY/MM/` is kept.
        dataset: Which day files.
        data_source: Whose: `polygon` or `synthetic`; the two never mix.
        limits: How large a day file may be.
    """

    store: Files
    dataset: Dataset
    data_source: str
    limits: Limits

    @property
    def root(self) -> str:
        """What the keys of all its files begin with."""
        return f"landing/{self.data_source}/{self.dataset.prefix}"

    def directory(self, day: date) -> str:
        """Return what the keys of a day's files begin with."""
        return f"{self.root}/{day:%Y/%m}"

    def fact(self, day: date) -> LandingFact | None:
        """Return what is known of a day, or None where the provider was never asked or the manifest is damaged."""
        return self._manifests.usable(self.manifest(day))

    def facts(self, days: Sequence[date]) -> Mapping[date, LandingFact | None]:
        """Return what is known of several days, as `fact` does of one."""
        return dict(zip(days, self._manifests.all_usable([self.manifest(day) for day in days]), strict=True))

    def holds(self, fact: LandingFact | None, listed: Listed) -> bool:
        """Whether the listed version of a file is landed already, and undamaged."""
        if fact is None or fact.file is None or fact.status != "landed":
            return False
        # Where a provider names versions in one of its answers alone, the file is known by both.
        if listed.etag not in {fact.file.etag, fact.etag}:
            return False
        if listed.bytes is not None and listed.bytes != fact.file.bytes:
            return False
        try:
            self.read(fact.trading_date, fact.file)
        except StoredFileError:
            return False
        return True

    @property
    def requests(self) -> Journal[Request]:
        """Every download that was asked of the provider."""
        return requests_journal(self.store, self.data_source, self.dataset)

    def land(self, day: date, download: Download, source: str, etag: str = "") -> LandingFact:
        """Download a day's file, verify it and record the answer.

        Args:
            day: Trading date.
            download: Writes the bytes to the given stream and returns what the provider said of them.
            source: URL of the object, for the manifest.
            etag: The listed version.

        Returns:
            The fact as recorded, keeping the newest whole file there was.
        """
        timed = Timed(download)
        try:
            fact = self._land(day, timed, source, etag)
        except TbpError as error:
            self._keep(timed.request(day, source, error.category))
            raise
        self._keep(timed.request(day, source, fault_of(fact), fact.file))
        return fact

    def _keep(self, request: Request | None) -> None:
        if request:
            self.requests.add(request)

    def _land(self, day: date, download: Download, source: str, etag: str) -> LandingFact:
        try:
            with self.store.writing() as stream:
                try:
                    answer = download(cast("BinaryIO", Bounded(stream, self.limits)))
                except (ConfigError, CredentialsError, RefusedError) as error:
                    # Of this file alone, as far as anybody knows: the other days are asked for all the same.
                    return self.record(day, "unreachable", str(error), etag=etag, error=error.category)
                file = self._verified(day, stream, answer, source)
                self.store.commit(stream, self._key(day, file))
        except FileAbsentError as error:
            return self.record(day, "absent", str(error), etag=etag)
        except NotEntitledError as error:
            return self.record(day, "forbidden", str(error), etag=etag)
        except FileUnusableError as error:
            return self.record(day, "unusable", f"{source}: {error}", etag=etag)
        except SourceUnavailableError as error:
            return self.record(day, "unreachable", str(error), etag=etag, error=error.category)
        landed = LandingFact(day, "landed", datetime.now(UTC), file=file, etag=etag or file.etag)
        return self._manifests.update(self.manifest(day), lambda _: landed)[1]

    def record(
        self, day: date, status: LandingStatus, cause: str, *, etag: str = "", error: Category | None = None
    ) -> LandingFact:
        """Record an answer that brought no file; the newest whole file there was stays known."""
        now = datetime.now(UTC)

        def answered(known: LandingFact | None) -> LandingFact:
            return LandingFact(day, status, now, cause, known.file if known else None, etag, error)

        return self._manifests.update(self.manifest(day), answered)[1]

    def not_listed(self, day: date, error: TbpError) -> None:
        """Record why it is not known whether there is a file, so that no older answer is taken for the newest.

        A day whose file is landed stays as it is.
        """
        known = self.fact(day)
        if known is None or known.status != "landed":
            self.record(day, "unreachable", str(error), etag=known.etag if known else "", error=error.category)

    def read(self, day: date, file: LandedFile) -> bytes:
        """Return the bytes of a landed file.

        Raises:
            StoredFileError: The file is gone or was altered.
        """
        key = self._key(day, file)
        found, place = self.store.read(key), self.store.address(key)
        if found is None:
            raise StoredFileError(f"{day}: landed file {place} cannot be read; materialize raw_day_file again")
        if sha256_of(found.content) != file.sha256:
            raise StoredFileError(
                f"{day}: landed file {place} was altered; delete it and materialize raw_day_file again"
            )
        return found.content

    @property
    def _manifests(self) -> Manifests[LandingFact]:
        return Manifests(self.store, LandingFact)

    def manifest(self, day: date) -> str:
        """Return the key of a day's manifest."""
        return f"{self.directory(day)}/{day}.json"

    def _key(self, day: date, file: LandedFile) -> str:
        return f"{self.directory(day)}/{file.name}"

    def _verified(self, day: date, stream: IO[bytes], answer: Listed, source: str) -> LandedFile:
        size = stream.seek(0, os.SEEK_END)
        if answer.bytes is not None and size != answer.bytes:
            raise SourceUnavailableError(f"{source}: {size:,} of {answer.bytes:,} bytes arrived")
        stream.seek(0)
        lines = count_lines(stream, self.dataset, self.limits)
        stream.seek(0)
        digest = hashlib.file_digest(cast("io.BufferedRandom", stream), "sha256").hexdigest()
        return LandedFile(
            name=f"{day}.{digest}.csv.gz",
            source=source,
            sha256=digest,
            etag=answer.etag,
            bytes=size,
            lines=lines,
            last_modified=answer.last_modified,
            landed_at=datetime.now(UTC),
        )
