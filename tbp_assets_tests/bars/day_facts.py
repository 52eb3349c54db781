"""Builds the facts of days by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from tbp_assets.bars.facts import (
    DayFacts,
    LakeFact,
    LakeStatus,
    LandedFile,
    LandingFact,
    LandingStatus,
    Listed,
    LoadFact,
)

AT = datetime(2024, 1, 3, 16, tzinfo=UTC)
FIRST, SECOND = "first", "second"


def landed_file(version: str = FIRST) -> LandedFile:
    """Return a landed file whose sha256 and ETag are its version."""
    return LandedFile("name", "s3://flatfiles/key", version, version, 100, 4, AT, AT)


def landing_fact(
    day: date, status: LandingStatus = "landed", version: str | None = FIRST, cause: str = ""
) -> LandingFact:
    """Return the provider's last answer; version None: it never gave a whole file."""
    return LandingFact(day, status, AT, cause, landed_file(version) if version else None, version or "")


def lake_fact(day: date, status: LakeStatus = "validated", version: str = FIRST, cause: str = "") -> LakeFact:
    """Return what validation made of a version of the day's file."""
    return LakeFact(
        trading_date=day, status=status, source_key="key", source_sha256=version, data_source="polygon", rules="rules",
        lines=4, accepted=3, rejected={}, modified={}, extra_columns=(), validated_at=AT, cause=cause,
    )  # fmt: skip


def load_fact(
    day: date, version: str = FIRST, *, selected: int = 3, outside: Mapping[str, int] | None = None
) -> LoadFact:
    """Return the ledger row of a version of the day's file."""
    return LoadFact(
        trading_date=day, batch_id=1, source_sha256=version, rules="rules", universe="configured", universe_hash="hash",
        run_id="run", accepted=3, selected=selected, outside=outside or {}, inserted=selected, updated=0, deleted=0,
        unchanged=0, loaded_at=AT,
    )  # fmt: skip


def loaded(day: date) -> DayFacts:
    """Return the facts of a day that went all the way."""
    return DayFacts(day, landing_fact(day), lake_fact(day), load_fact(day))


def restated(day: date, status: LakeStatus | None) -> DayFacts:
    """Return a loaded day whose second file is landed and, with a status, validated so."""
    lake = lake_fact(day, status, SECOND, cause="too many bad rows") if status else lake_fact(day)
    return replace(loaded(day), landing=landing_fact(day, version=SECOND), lake=lake)


def listed(version: str = FIRST) -> Listed:
    """Return a file as the provider lists it."""
    return Listed("key", version, 100, AT)
