"""What happened, kept for good: a fact says how a day stands now, an event that something was done once.

Landing and lake keep theirs in journals, the database its loads in the ledger; what is counted from them never falls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tbp_assets.bars.facts import LakeStatus
from tbp_assets.errors import Category


@dataclass(frozen=True, slots=True)
class Request:
    """A download of a day file, asked of the provider once; what its client repeats inside is not told apart.

    Attributes:
        trading_date: Date in New York of the file.
        asked_at: When it was asked for.
        source: Kind of source: `s3`, `file` or `synthetic`.
        seconds: From the request to the last byte, or to the fault.
        error: Why it brought no whole day file; None where it did.
        bytes: Compressed size of the file that landed; 0 where none did.
        sha256: Of the file that landed; empty where none did.
    """

    trading_date: date
    asked_at: datetime
    source: str
    seconds: float
    error: Category | None = None
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """A landed file, parsed and judged once.

    Attributes:
        trading_date: Date in New York of the file.
        validated_at: When it was judged.
        source_sha256: Of the landed file.
        status: `validated`, `withheld`, `refused` or `held`, as in the manifest.
        rejected: Its rejected rows by reason, as in the lake's manifest; `file_refused` for those of a refused file.
        seconds: For parsing and judging; None where it was not measured.
    """

    trading_date: date
    validated_at: datetime
    source_sha256: str
    status: LakeStatus
    rejected: Mapping[str, int]
    seconds: float | None = None
