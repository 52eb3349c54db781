"""What each step remembers of a day. Facts are stored by their own step; the state of a day is derived from them.

Landing knows what the provider answered, the lake what validation made of the file, the ledger what the database holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tbp_assets.bars.failures import Failure
from tbp_assets.errors import Category

LandingStatus = Literal["landed", "absent", "forbidden", "unusable", "unreachable"]
LakeStatus = Literal["validated", "withheld", "refused", "held"]
FindingSeverity = Literal["hold", "warn"]


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A day file kept unchanged in the landing zone.

    Attributes:
        name: File name in the landing zone, which carries the sha256.
        source: Where the bytes came from, as a URL.
        sha256: Of the compressed bytes, as they were sent.
        etag: The provider's name for this version of the file.
        bytes: Compressed size.
        lines: Lines of the decompressed text, header included, counted without the parser.
        last_modified: When the provider wrote it.
        landed_at: When it was here, whole and verified.
    """

    name: str
    source: str
    sha256: str
    etag: str
    bytes: int
    lines: int
    last_modified: datetime
    landed_at: datetime


@dataclass(frozen=True, slots=True)
class LandingFact:
    """The provider's last answer for a day, and the newest whole file it ever gave.

    Attributes:
        trading_date: Date in New York; the partition key.
        status: `landed`; `absent` (no such file); `forbidden` (HTTP 403); `unusable` (arrived, and is no day file);
            `unreachable` (did not arrive, or could not be listed).
        asked_at: When the answer was recorded.
        cause: Why no file landed, in words; empty where one did.
        file: The newest whole file; null where none ever landed.
        etag: The listed version that was asked for; empty where none was listed.
        error: Why an unreachable file did not arrive.
    """

    trading_date: date
    status: LandingStatus
    asked_at: datetime
    cause: str = ""
    file: LandedFile | None = None
    etag: str = ""
    error: Category | None = None


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A Parquet file of the lake.

    Attributes:
        name: File name, beside the manifest.
        sha256: Of the Parquet file.
        rows: How many it holds.
    """

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class DayFinding:
    """A statistic of a whole day that lies beyond a limit of its band.

    Attributes:
        statistic: Its name, as in pipeline.yml.
        value: What it is.
        limit: The limit it lies beyond.
        severity: `hold`: nothing of the day is loaded until a person approves the file; `warn`: worth a look.
    """

    statistic: str
    value: float
    limit: float
    severity: FindingSeverity


@dataclass(frozen=True, slots=True)
class WholeDay:
    """What was found of a day as a whole when its file was judged.

    Attributes:
        compared_with: The session before; null where none is stored.
        statistics: What the day is beside others, by name.
        levels: What its bars alone say, for the days after it.
        findings: Statistics beyond their bands, those that hold the day first.
        repeats: The stored day whose bars it shares most.
        thin: Why it could not be compared with the session before; empty where it was.
    """

    compared_with: date | None
    statistics: Mapping[str, float]
    levels: Mapping[str, float]
    findings: tuple[DayFinding, ...] = ()
    repeats: date | None = None
    thin: str = ""

    @property
    def holding(self) -> tuple[DayFinding, ...]:
        """The findings for which the day is held."""
        return tuple(finding for finding in self.findings if finding.severity == "hold")


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's decision to let one file in although its day was held.

    Attributes:
        trading_date: Date in New York.
        source_sha256: Of the file; a newer one is judged anew.
        reason: Why, in the person's words.
        approved_by: Who decided.
        approved_at: When it was decided.
        held_for: What the day was held for, as it was told to the person.
    """

    trading_date: date
    source_sha256: str
    reason: str
    approved_by: str
    approved_at: datetime
    held_for: str


@dataclass(frozen=True, slots=True)
class LakeFact:
    """What validation made of one landed file.

    Attributes:
        trading_date: Date in New York; the partition key.
        status: `validated`; `withheld` (too many rows rejected, all of them quarantined); `refused` (unreadable);
            `held` (the day as a whole is implausible, and nobody approved the file).
        source_key: The provider's key of the file.
        source_sha256: Of the landed file that was judged.
        data_source: Whose: `polygon` or `synthetic`.
        rules: Version of the rules that judged it.
        lines: Lines of the landed file, from the landing fact.
        accepted: Rows in the bars file; 0 unless validated.
        rejected: Quarantined rows by the first rule each breaks; a withheld day adds `day_withheld`, a held one
            `day_held`.
        modified: Accepted rows changed by the NaN strategy, by kind.
        extra_columns: Columns the vendor added, under the names they have in the bars file (`vendor_<name>`).
        validated_at: When it was judged.
        cause: Why it was withheld, refused or held, in words; empty where it was not.
        bars: The accepted rows; null where there are none.
        quarantine: The rejected rows; null where there are none.
        modified_lines: Lines of the modified rows in the vendor's file.
        whole_day: What was found of the day as a whole; null where its rows did not get so far.
        approval: Who let the file in although the day was held.
        stands: The validated file before this one, which stays the day's where this one was kept out.
    """

    trading_date: date
    status: LakeStatus
    source_key: str
    source_sha256: str
    data_source: str
    rules: str
    lines: int
    accepted: int
    rejected: Mapping[str, int]
    modified: Mapping[str, int]
    extra_columns: tuple[str, ...]
    validated_at: datetime
    cause: str = ""
    bars: StoredFrame | None = None
    quarantine: StoredFrame | None = None
    modified_lines: tuple[int, ...] = ()
    whole_day: WholeDay | None = None
    approval: Approval | None = None
    stands: LakeFact | None = None

    @property
    def standing(self) -> LakeFact | None:
        """The validated file whose bars are the day's: this one, or where it was kept out the one before, if any."""
        return self if self.status == "validated" else self.stands

    @property
    def quarantined(self) -> int:
        """Rows kept out, over all reasons."""
        return sum(self.rejected.values())


@dataclass(frozen=True, slots=True)
class LoadFact:
    """The newest ledger row of a day.

    Attributes:
        universe_hash: Identity of the universe the day was loaded under.
        selected: Accepted rows inside the universe, all of them in the database after the load.
        outside: Accepted rows outside the universe, by reason.
        partial: Only some tickers were asked for; a whole load of the day is taken before it.
        seconds: From the lock on the day to its ledger row, told by the database; None where it was not measured.
    """

    trading_date: date
    batch_id: int
    source_sha256: str
    rules: str
    universe: str
    universe_hash: str
    run_id: str
    accepted: int
    selected: int
    outside: Mapping[str, int]
    inserted: int
    updated: int
    deleted: int
    unchanged: int
    loaded_at: datetime
    partial: bool = False
    seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class QualityFact:
    """What a day's quality was measured from.

    Attributes:
        judged_by: Identity of the file, its earlier days, the universe and the flag settings.
    """

    trading_date: date
    source_sha256: str
    judged_by: str
    run_id: str
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class DayFacts:
    """All that is known of a day; `failure` where it failed and was not repaired since."""

    trading_date: date
    landing: LandingFact | None = None
    lake: LakeFact | None = None
    load: LoadFact | None = None
    failure: Failure | None = None
    quality: QualityFact | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A day file as the provider lists it; `bytes` is None where listing does not tell."""

    key: str
    etag: str
    bytes: int | None
    last_modified: datetime = field(compare=False)
