"""Builds validated days, landing zones and lakes, and looks at what the database holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import text

from tbp_assets.bars.facts import LandedFile, Listed, LoadFact
from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.bars.validation import ValidatedDay, validate
from tbp_assets.datasets import US_STOCKS_DAY_AGGS
from tbp_assets.storage.database import Database
from tbp_assets.storage.files import Files, sha256_of
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import Download, LandingZone
from tbp_assets.storage.load import DayToLoad, load_day
from tbp_assets.storage.local_files import LocalFiles
from tbp_assets_tests.day_files import HEADER, LIMITS, TUESDAY, day_file

ALL = Universe("all", (), everything=True)
PUBLISHED = datetime(2024, 1, 3, 16, tzinfo=UTC)
SOURCE = "s3://flatfiles/day.csv.gz"


def universe(*tickers: str) -> Universe:
    """Return a universe of the given tickers."""
    return Universe("chosen", tuple(Listing(ticker) for ticker in sorted(tickers)))


def files_in(place: Path | Files) -> Files:
    """Return the files of a directory, or those given."""
    return LocalFiles(place) if isinstance(place, Path) else place


def landing_zone(place: Path | Files) -> LandingZone:
    """Return a landing zone of the provider's day files."""
    return LandingZone(files_in(place), US_STOCKS_DAY_AGGS, "polygon", LIMITS)


def lake_in(place: Path | Files) -> Lake:
    """Return a lake of the provider's day files."""
    return Lake(files_in(place), US_STOCKS_DAY_AGGS, "polygon")


def names_in(files: Files, prefix: str = "") -> list[str]:
    """Return the names of every file whose key starts with the prefix, sorted; journals are left out."""
    keys = [entry.key for entry in files.list(prefix) if ".jsonl" not in entry.key]
    return sorted(key.rpartition("/")[2] for key in keys)


def matching(files: Files, directory: str, pattern: str = "*") -> list[str]:
    """Return the keys of a directory whose names match a pattern of the shell."""
    keys = [entry.key for entry in files.list(f"{directory}/")]
    return [key for key in keys if fnmatch(key.removeprefix(f"{directory}/"), pattern)]


def sending(content: bytes, etag: str = "v1", announced: int | None = None) -> Download:
    """Return a download that writes the bytes; `announced` is the size the provider claims."""

    def download(stream: BinaryIO) -> Listed:
        stream.write(content)
        return Listed("key", etag, len(content) if announced is None else announced, PUBLISHED)

    return download


def failing(error: BaseException) -> Download:
    """Return a download that writes half a file and fails."""

    def download(stream: BinaryIO) -> Listed:
        stream.write(b"half a file")
        raise error

    return download


def landed_file(content: bytes, lines: int) -> LandedFile:
    """Return the manifest entry of a file as landing would write it."""
    sha256 = sha256_of(content)
    return LandedFile("name", SOURCE, sha256, "v1", len(content), lines, PUBLISHED, PUBLISHED)


def validated(
    rows: Sequence[str], day: date = TUESDAY, *, header: str = HEADER, data_source: str = "polygon", share: float = 0.05
) -> ValidatedDay:
    """Return a day file's rows as validation judges them."""
    content = day_file(rows, header)
    return validate(
        content,
        landed_file(content, len(rows) + 1),
        US_STOCKS_DAY_AGGS,
        day,
        data_source=data_source,
        max_rejected_share=share,
        limits=LIMITS,
    )


def to_load(day: ValidatedDay, chosen: Universe = ALL) -> DayToLoad:
    """Return the universe's part of a day."""
    selected = chosen.select(day.bars, day.fact.trading_date)
    return DayToLoad(day.fact, day.bars, selected, chosen, lambda: frozenset(day.quarantine["ticker"].drop_nulls()))


def load(database: Database, day: ValidatedDay, chosen: Universe = ALL, *, run_id: str = "run") -> LoadFact:
    """Load the universe's part of a day."""
    return load_day(database, US_STOCKS_DAY_AGGS, to_load(day, chosen), run_id)


def query(database: Database, sql: str, **values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, which is committed."""
    with database.transaction() as connection:
        result = connection.execute(text(sql), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def stored(database: Database, columns: str = "*") -> dict[str, tuple[Any, ...]]:
    """Return columns of every stored bar by ticker."""
    rows = query(database, f"SELECT ticker, {columns} FROM market_data_raw ORDER BY ticker")
    return {row[0]: row[1:] for row in rows}


def count(database: Database, table: str = "market_data_raw") -> int:
    """Return how many rows a table holds."""
    return query(database, f"SELECT count(*) FROM {table}")[0][0]
